"""dataset.json and images.csv.gz: how a finished dataset was made, and which image belongs in which shard."""

import csv
import dataclasses
import gzip
import hashlib
import io
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import chain, groupby, repeat
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import wizard
from wizard.commit_record import CommitRecord, ConvertedImage, Outcomes, SkippedImage, checks_of, outcomes_by_split
from wizard.engine.plan import Plan
from wizard.errors import InputError, VerifyFailed, reading
from wizard.running_builds import next_step
from wizard.sources.class_counts import ClassCounts, counted
from wizard.sources.classes import UNLABELED, Classes, imagenet, numbered
from wizard.sources.samples import LeftOut
from wizard.storage import write_whole
from wizard.targets import names, registry
from wizard.targets.dataset import BuiltDataset
from wizard.targets.target import Target

MANIFEST = names.MANIFEST
IMAGES = "images.csv.gz"


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A finished dataset, as it describes itself.

    Attributes:
        ingredients: what its plan is made of, by name.
        profile: the answers that led to it.
        label_base: stored label of rank 0.
        shards: in the order of splits and indexes.
        images_sha256: of images.csv.gz, in hex.
        created_by: program and version.
        sidecars: sha256 in hex of the small files beside the shards that describe them, by name.
        left_out: files beside the images of each split that were not read.
        box_repairs: what was wrong with the boxes of each split, and what was done about it.
    """

    plan_id: str
    ingredients: dict[str, str]
    profile: dict[str, Any]
    label_base: int
    shards: tuple[CommitRecord, ...]
    images_sha256: str
    created_by: str
    target: Target
    classes: Classes
    sidecars: dict[str, str]
    left_out: dict[str, tuple[LeftOut, ...]] = field(default_factory=dict)
    box_repairs: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def splits(self) -> list[str]:
        """The splits, in the order in which they were built."""
        return list(dict.fromkeys(shard.split for shard in self.shards))

    @property
    def checks(self) -> dict[str, tuple[str, ...]]:
        """How the images of each split were checked, as in `transform.Check`."""
        return {split: checks_of(shard for shard in self.shards if shard.split == split) for split in self.splits}

    @property
    def outcomes(self) -> dict[str, Outcomes]:
        """What became of the images of each split."""
        return outcomes_by_split(self.splits, self.shards)

    @property
    def converted(self) -> tuple[ConvertedImage, ...]:
        """All images that had to be converted."""
        return tuple(chain.from_iterable(shard.converted for shard in self.shards))

    @property
    def skipped(self) -> tuple[SkippedImage, ...]:
        """All images that were left out."""
        return tuple(chain.from_iterable(shard.skipped for shard in self.shards))


@dataclass(frozen=True, kw_only=True, eq=False)
class PlannedShard:
    """The images that a shard was to hold, in order: bytes[n] names, int16[n] ranks."""

    shard: str
    names: npt.NDArray[np.bytes_]
    ranks: npt.NDArray[np.int16]


def write(
    folder: Path,
    plan: Plan,
    done: Mapping[str, CommitRecord],
    profile: Mapping[str, Any],
    sidecars: Mapping[str, str],
) -> dict[str, str]:
    """Describes the finished dataset in `folder`; dataset.json comes last.

    Returns:
        The sha256 in hex of the sidecars, which `write_sidecars` wrote, and of the files written here, by name.
    """
    listing = _listing(plan)
    write_whole(folder / IMAGES, listing)
    manifest = Manifest(
        plan_id=plan.plan_id,
        ingredients=plan.ingredients.labelled,
        profile=dict(profile),
        label_base=plan.label_base,
        shards=tuple(done[name] for name in plan.shard_names),
        images_sha256=hashlib.sha256(listing).hexdigest(),
        created_by=f"imagenet-setup {wizard.__version__}",
        target=plan.target,
        classes=plan.classes,
        sidecars=dict(sidecars),
        left_out={split.split: split.table.left_out for split in plan.splits if split.table.left_out},
        box_repairs={split.split: split.table.repairs for split in plan.splits if split.table.repairs},
    )
    outcomes = manifest.outcomes
    head = {
        "what": _described(manifest),
        "counts": {split: each.images for split, each in outcomes.items()},
        "kept": {split: each.kept for split, each in outcomes.items()},
        "reencoded": {split: each.reencoded for split, each in outcomes.items()},
        "converted": {split: each.converted for split, each in outcomes.items()},
        "checks": manifest.checks,
    }
    fields = {each.name: getattr(manifest, each.name) for each in dataclasses.fields(manifest)}
    fields |= {"target": registry.to_json(plan.target)}
    if plan.classes.whole_imagenet:
        fields["classes"] = "ILSVRC2012"
    text = _as_json(head | fields)
    write_whole(folder / MANIFEST, text)
    return {**sidecars, IMAGES: manifest.images_sha256, MANIFEST: hashlib.sha256(text).hexdigest()}


def as_built(folder: Path, manifest: Manifest, unlabeled: Collection[str]) -> BuiltDataset:
    """The dataset that a manifest describes, for programs; `unlabeled` are splits without classes."""
    return BuiltDataset(
        folder=folder,
        classes=manifest.classes,
        label_base=manifest.label_base,
        shards=manifest.shards,
        unlabeled=unlabeled,
    )


def _as_json(fields: dict[str, Any]) -> bytes:
    """The text of the fields and of dataclasses in them.

    Piece by piece: a million converted images take 90 MB, but as dictionaries and a list of all pieces more than 1 GB.
    """
    text = io.StringIO()
    text.writelines(json.JSONEncoder(indent=1, ensure_ascii=False, default=asdict).iterencode(fields))
    return text.getvalue().encode()


def _described(manifest: Manifest) -> str:
    dataset = "ILSVRC2012" if manifest.classes.whole_imagenet else f"{len(manifest.classes):,} classes of images"
    written = f"{dataset} as {manifest.target.what}"
    if not manifest.target.stores_labels:
        return f"{written}; a class is its folder, or the beginning of a file's name"
    last = manifest.label_base + len(manifest.classes) - 1
    order = "the numbers that classes are named by" if numbered(manifest.classes) else "the sorted classes"
    return f"{written}; labels {manifest.label_base} to {last} in the order of {order}"


def read(folder: Path) -> Manifest:
    """The manifest of a finished dataset.

    Raises:
        InputError: the folder holds no dataset.json.
        VerifyFailed: the file is damaged.
    """
    path = folder / MANIFEST
    if not path.is_file():
        if not folder.is_dir():
            what = "is not a folder" if folder.exists() else "does not exist"
            raise InputError(f"{folder} {what}.", "Check the path: the output folder of a finished run is wanted")
        raise InputError(
            f"{folder} holds no {MANIFEST}, so it is not a dataset that imagenet-setup has finished.",
            "Give the output folder of a finished run; imagenet-setup inspect shows what this one holds",
        )
    with reading(path):
        content = path.read_bytes()
    try:
        fields = json.loads(content)
        listed = fields["classes"]
        fields |= {
            "shards": tuple(CommitRecord.from_json(shard) for shard in fields["shards"]),
            "target": registry.from_json(fields["target"]),
            "classes": imagenet() if listed == "ILSVRC2012" else Classes(**{k: tuple(v) for k, v in listed.items()}),
            "left_out": {k: tuple(LeftOut(**each) for each in v) for k, v in fields["left_out"].items()},
            "box_repairs": {k: tuple(v) for k, v in fields["box_repairs"].items()},
        }
        if not fields["shards"]:
            raise ValueError("it lists no shards")
        return Manifest(**{each.name: fields[each.name] for each in dataclasses.fields(Manifest)})
    except (ValueError, KeyError, TypeError) as error:
        raise VerifyFailed(
            f"{path} is damaged: {error!r}.", "Delete it and repeat the run: it checks the shards and writes it again"
        ) from error


def planned(folder: Path, manifest: Manifest) -> Iterator[PlannedShard]:
    """The planned images, shard by shard.

    Raises:
        VerifyFailed: images.csv.gz is missing or not the one that was written.
    """
    ranks = {name: rank for rank, name in enumerate(manifest.classes.names)} | {"": UNLABELED}
    path = folder / IMAGES
    fix = next_step(folder, "looks at the shards, and writes it again")
    try:
        packed = path.read_bytes()
    except OSError as error:
        raise VerifyFailed(f"{path} cannot be read: {error.strerror}.", fix) from error
    found = hashlib.sha256(packed).hexdigest()
    if found != manifest.images_sha256:
        raise VerifyFailed(f"{path} is damaged: its sha256 is {found}, expected {manifest.images_sha256}.", fix)
    with gzip.open(io.BytesIO(packed), "rt", encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        for shard, group in groupby(rows, key=lambda row: row[0]):
            images = list(group)
            yield PlannedShard(
                shard=shard,
                names=np.array([row[1].encode() for row in images], dtype=np.bytes_),
                ranks=np.array([ranks[row[2]] for row in images], dtype=np.int16),
            )


def count_planned(folder: Path, manifest: Manifest, there: Iterable[CommitRecord]) -> list[ClassCounts]:
    """Counts each split's images in the shards that are there; the example is the first of them.

    Where images are files, those that are left of a shard that is not whole are counted too.

    Raises:
        VerifyFailed: images.csv.gz is missing or not the one that was written.
    """
    shards, whole = {shard.shard: shard for shard in manifest.shards}, {shard.shard for shard in there}
    target = manifest.target
    ranks: dict[str, list[npt.NDArray[np.int16]]] = {split: [] for split in manifest.splits}
    examples: dict[str, tuple[str, int]] = {}
    for each in planned(folder, manifest):
        if each.shard not in whole and not target.one_file_per_image:
            continue
        shard = shards[each.shard]
        kept = ~np.isin(each.names, np.array([image.name.encode() for image in shard.skipped], np.bytes_))
        if each.shard not in whole:
            kept &= _files_there(folder, manifest, shard.split, each)
        ranks[shard.split].append(each.ranks[kept])
        if kept.any():
            first = int(np.argmax(kept))
            name, rank = each.names[first].decode(), int(each.ranks[first])
            text = f"{target.title(each.shard)}: {name}"
            if target.one_file_per_image:
                text = target.place(shard.split, name, manifest.classes.name(rank))
            examples.setdefault(shard.split, (text, rank))
    counts = []
    for split, found in ranks.items():
        column = np.concatenate([np.empty(0, np.int16), *found])
        example, rank = examples.get(split, ("", UNLABELED))
        by_rank = counted(column, len(manifest.classes))
        counts.append(ClassCounts(split=split, images=len(column), by_rank=by_rank, example=example, rank=rank))
    return counts


def _files_there(folder: Path, manifest: Manifest, split: str, planned: PlannedShard) -> npt.NDArray[np.bool_]:
    """bool[n], which images of a shard have their file."""
    images = zip(planned.names.tolist(), planned.ranks.tolist(), strict=True)
    places = (manifest.target.place(split, name.decode(), manifest.classes.name(rank)) for name, rank in images)
    return np.array([(folder / place).is_file() for place in places], np.bool_)


def _listing(plan: Plan) -> bytes:
    packed = io.BytesIO()
    # Without a time, so that building again gives the same bytes.
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0, compresslevel=6) as file:
        file.write(b"shard,name,wnid\n")
        for task in plan.tasks("", skip_bad=False):
            text = io.StringIO()
            names = map(bytes.decode, task.samples.name.tolist())
            wnids = map(plan.classes.name, task.samples.label.tolist())
            csv.writer(text, lineterminator="\n").writerows(zip(repeat(task.name), names, wnids))
            file.write(text.getvalue().encode())
    return packed.getvalue()
