"""What lies at a path: raw archives, a finished or unfinished dataset, or a shard."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from wizard.engine import journal, manifest
from wizard.engine.events import Event, Preparing
from wizard.errors import InputError, reading
from wizard.folders import cache_folder
from wizard.formats import example, tfrecord
from wizard.ilsvrc2012.archives import BOXES, CLASSES, IMAGES
from wizard.sources import archives
from wizard.sources.locate import human_bytes, image_archives, sniff

Facts = dict[str, Any]
"""What was found, by name; values are JSON's own types."""


def inspect(path: Path, report: Callable[[Event], None]) -> Facts:
    """Looks at what lies at `path`.

    Raises:
        InputError: nothing is there, or nothing that this program knows.
    """
    if path.is_file():
        return _archive(path, report) if path.name in _archive_names() else _shard(path)
    if not path.is_dir():
        raise InputError(f"{path} does not exist.")
    if (path / manifest.MANIFEST).is_file():
        return _dataset(path)
    header, done = journal.read(path)
    shards = journal.shard_files(path)
    if header is not None:
        return {
            "what": "an unfinished build of imagenet-setup",
            "plan": header.get("plan_id", ""),
            **header.get("ingredients", {}),
            "shards done": f"{len(done):,} of {_planned_shards(header):,}; the command that began it goes on with it",
        }
    if shards:
        return {"what": f"{len(shards):,} shards, not known to be imagenet-setup's"} | _first_record(path / shards[0])
    found = [path / name for name in sorted(_archive_names()) if (path / name).is_file()]
    if found:
        return {"what": f"{len(found)} archives"} | {
            f"{archive.name}: {key}": value for archive in found for key, value in _archive(archive, report).items()
        }
    raise InputError(
        f"{path} holds no ImageNet data that this version knows.",
        f"Looked for: {', '.join(sorted(_archive_names()))}, {manifest.MANIFEST}, train-* and validation-* shards",
    )


def as_text(facts: Facts) -> str:
    """The facts as aligned lines."""
    width = min(44, max(map(len, facts)))
    return "\n".join(
        f"{key:<{width}}  {value:,}" if isinstance(value, int) else f"{key:<{width}}  {value}"
        for key, value in facts.items()
    )


def _planned_shards(header: Facts) -> int:
    ingredients = header.get("ingredients", {})
    return sum(int(value) for key, value in ingredients.items() if key.endswith(" shards"))


def _archive_names() -> set[str]:
    return {archive.name for archive in IMAGES.values()} | {name for boxes in BOXES.values() for name in boxes.names}


def _archive(path: Path, report: Callable[[Event], None]) -> Facts:
    size = path.stat().st_size
    split = next((split for split, archive in IMAGES.items() if archive.name == path.name), None)
    if split is None:
        with reading(path):
            sniff(path)
        return {"what": "bounding boxes", "size": human_bytes(size)}
    image_archives(path.parent, [split])
    step = f"headers of {path.name}"
    table = archives.read_table(
        path,
        split,
        cache_folder(),
        lambda done, total: report(Preparing(step=step, done=done, total=total)),
        skip_bad=True,
    )
    official = IMAGES[split]
    return {
        "what": f"{split} images",
        "size": human_bytes(size)
        + (", the official size" if size == official.bytes else f", not the official {human_bytes(official.bytes)}"),
        "images": f"{len(table):,} of {official.images:,}",
        "classes": f"{len(np.unique(table.label)):,} of {CLASSES:,}",
    }


def _dataset(folder: Path) -> Facts:
    known = manifest.read(folder)
    facts: Facts = {
        "what": "a finished dataset",
        "made by": known.created_by,
        "plan": known.plan_id,
        **known.ingredients,
    }
    for split in known.splits:
        mine = [shard for shard in known.shards if shard.split == split]
        facts[split] = (
            f"{sum(shard.images for shard in mine):,} images, {sum(shard.boxes for shard in mine):,} boxes, "
            f"{len(mine):,} shards, {human_bytes(sum(shard.bytes_out for shard in mine))}"
        )
    facts["converted"] = len(known.converted)
    facts["skipped"] = len(known.skipped)
    return facts | _first_record(folder / known.shards[0].shard)


def _shard(path: Path) -> Facts:
    try:
        with reading(path), path.open("rb") as file:
            count = sum(1 for _ in tfrecord.records(file))
    except tfrecord.RecordDamage as damage:
        if not damage.record:
            raise InputError(
                f"{path} is neither an archive with an official name nor a TFRecord file: {damage}.",
                "Give an archive, a shard, or the folder that holds them",
            ) from damage
        raise InputError(
            f"{path} is no whole TFRecord file: record {damage.record} at byte {damage.offset:,}: {damage}.",
            "Where it is a shard of a dataset, imagenet-setup verify FOLDER says more",
        ) from damage
    return {"what": f"a TFRecord file of {human_bytes(path.stat().st_size)}", "records": count} | _first_record(path)


def _first_record(path: Path) -> Facts:
    try:
        with path.open("rb") as file:
            record = next(tfrecord.records(file), None)
        features = {} if record is None else example.decode(record.payload)
    except (OSError, tfrecord.RecordDamage, example.ExampleDamage) as error:
        return {f"first record of {path.name}": f"cannot be read: {error}"}
    return {f"first record, {key}": _shown(value) for key, value in sorted(features.items())}


def _shown(value: example.Feature) -> str:
    if isinstance(value, bytes):
        return value.decode(errors="replace") if len(value) < 200 else f"{len(value):,} bytes"
    return ", ".join(f"{item:.4f}" if isinstance(value, np.ndarray) else str(item) for item in value) or "(none)"
