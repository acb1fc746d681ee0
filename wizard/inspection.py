"""What lies at a path: raw data in any of its forms, a finished or unfinished dataset, an archive, or a shard."""

import gzip
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from wizard.engine import journal, manifest
from wizard.engine.events import Event, Preparing
from wizard.errors import InputError, reading
from wizard.folders import cache_folder
from wizard.formats import example, tfrecord
from wizard.ilsvrc2012.archives import CLASSES, IMAGES
from wizard.preflight.examine import is_short
from wizard.sources import archives
from wizard.sources.classes import Classes, imagenet
from wizard.sources.contents import contents
from wizard.sources.detect import open_raw
from wizard.sources.locate import human_bytes, sniff
from wizard.sources.official import archive_names
from wizard.sources.parts import missed
from wizard.sources.raw import Progress, RawData, Survey
from wizard.sources.records.files import packing_of
from wizard.sources.remarks import remarks
from wizard.sources.samples import SampleTable

Facts = dict[str, Any]
"""What was found, by name; values are JSON's own types."""
_NAMED = 10
"""Classes that are named."""


def inspect(path: Path, report: Callable[[Event], None]) -> Facts:
    """Looks at what lies at `path`.

    Raises:
        InputError: nothing is there, or nothing that this program knows.
    """
    if path.is_file():
        return _archive(path, report) if path.name in archive_names() else _shard(path)
    if not path.is_dir():
        raise InputError(f"{path} does not exist.")
    if (path / manifest.MANIFEST).is_file():
        return _dataset(path)
    header, done = journal.read(path)
    if header is not None:
        planned = journal.planned_shards(header)
        return {
            "what": "an unfinished build of imagenet-setup",
            "plan": header.get("plan_id", ""),
            **header.get("ingredients", {}),
            "shards done": f"{len(done):,} of {planned:,}; the command that began it goes on with it",
        }
    return _raw_data(open_raw(path), report)


def as_text(facts: Facts) -> str:
    """The facts as aligned lines."""
    width = min(44, max(map(len, facts)))
    return "\n".join(
        f"{key:<{width}}  {value:,}" if isinstance(value, int) else f"{key:<{width}}  {value}"
        for key, value in facts.items()
    )


def _raw_data(raw: RawData, report: Callable[[Event], None]) -> Facts:
    """Which form of raw data it is, why, what each part holds, and what is missing."""
    facts: Facts = {"what": raw.what, "why": " ".join(raw.why)}
    classes = None
    for part in raw.parts:
        name = part.split if part.kind == "images" else f"boxes of {part.split}"
        if part.path is None:
            if missed(raw, part):
                facts[name] = f"missing; it would be {part.name}"
        elif part.problem:
            facts[name] = " ".join([part.problem, part.hint]).strip()
        elif part.kind == "boxes":
            facts[name] = f"{part.path}" + (f", {human_bytes(part.bytes)}" if part.bytes else "")
        else:
            try:
                survey = raw.survey(part.split, cache_folder(), _progress(part.split, report))
            except InputError as error:
                facts[name] = str(error)
                continue
            facts[name] = _surveyed(survey)
            facts |= _remarked(name, survey.table)
            classes = survey.table.classes if survey.table is not None else imagenet()
    if classes is not None:
        facts["labels"] = _labels(classes)
        if raw.layout == "tfrecords":
            facts |= _first_of(raw)
    return facts


def _surveyed(survey: Survey) -> str:
    images = f"{survey.images:,} images"
    if survey.official or is_short(survey):
        images += f" of {IMAGES[survey.split].images:,}"
    classes = f", {survey.classes:,} classes" if survey.classes else ", without labels"
    size = human_bytes(survey.bytes) + (", the official size" if survey.official else "")
    files = f" in {survey.shards:,} files" if survey.shards else ""
    return f"{images}{classes}, {size}{files}: {survey.path}"


def _remarked(name: str, table: SampleTable | None) -> Facts:
    return {} if table is None else {f"{name}, {each.about}": each.text for each in remarks(table)}


def _labels(classes: Classes) -> str:
    if classes.whole_imagenet:
        return f"those of ImageNet's {len(classes):,} classes"
    some = ", ".join(classes.names[:_NAMED])
    return f"the source's own, {len(classes):,}: {some}{' …' if len(classes) > _NAMED else ''}"


def _first_of(raw: RawData) -> Facts:
    split = next((part.split for part in raw.parts if part.sound), None)
    if split is None:
        return {}
    try:
        table = raw.table(split, cache_folder(), lambda _done, _total: None, skip_bad=True)
        content = next(contents(table.take(np.array([0]))))
        return _features(content.features or {})
    except (InputError, example.ExampleDamage) as error:
        return {"first record": f"cannot be read: {error}"}


def _features(features: Mapping[str, bytes]) -> Facts:
    return {f"first record, {name}": _listed(example.values(value)) for name, value in sorted(features.items())}


def _listed(values: list[bytes] | tuple[int, ...] | example.Floats) -> str:
    if isinstance(values, list):
        return ", ".join(_shown(value) for value in values) or "(none)"
    return _shown(values)


def _progress(split: str, report: Callable[[Event], None]) -> Progress:
    return lambda done, total: report(Preparing(step=f"a look at {split}", done=done, total=total))


def _archive(path: Path, report: Callable[[Event], None]) -> Facts:
    split = next((split for split, archive in IMAGES.items() if path.name in archive.names), None)
    with reading(path):
        sniff(path)
        size = human_bytes(path.stat().st_size)
    if split is None:
        return {"what": "bounding boxes", "size": size}
    step = _progress(split, report)
    table = archives.read_table(path, split, cache_folder(), step, skip_bad=True)
    official = IMAGES[split]
    if official.bytes:
        is_official = path.stat().st_size == official.bytes
        size += ", the official size" if is_official else f", not the official {human_bytes(official.bytes)}"
    facts: Facts = {"what": f"{split} images", "size": size, "images": f"{len(table):,} of {official.images:,}"}
    if split != "test":
        facts["classes"] = f"{len(np.unique(table.label)):,} of {CLASSES:,}"
    return facts | _remarked(split, table)


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
    if known.target.format != "tfrecord":
        return facts
    return facts | _first_record(folder / known.target.file(known.shards[0].shard))


def _shard(path: Path) -> Facts:
    try:
        with reading(path), _unpacked(path) as file:
            count = sum(1 for _ in tfrecord.records(file))
    except (EOFError, zlib.error) as error:
        raise InputError(
            f"{path} cannot be unpacked to its end: {error}.", "Build it anew, or fetch it again"
        ) from error
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
        with _unpacked(path) as file:
            record = next(tfrecord.records(file), None)
        return {} if record is None else _features(example.entries(record.payload))
    except (OSError, tfrecord.RecordDamage, example.ExampleDamage) as error:
        return {f"first record of {path.name}": f"cannot be read: {error}"}


def _unpacked(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path)) if packing_of(path) == "gzip" else path.open("rb")


def _shown(value: example.Feature) -> str:
    if isinstance(value, bytes):
        return value.decode(errors="replace") if len(value) < 200 else f"{len(value):,} bytes"
    return ", ".join(f"{item:.4f}" if isinstance(value, np.ndarray) else str(item) for item in value) or "(none)"
