"""Small files beside the shards that describe them to people and to other programs' readers."""

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from wizard.engine.manifest import IMAGES, MANIFEST
from wizard.engine.plan import Plan
from wizard.engine.targets import INDEX_FOLDER, STATE_FOLDER
from wizard.engine.tfds import metadata
from wizard.ilsvrc2012.archives import SPLITS
from wizard.shard_result import ShardResult
from wizard.sources.classes import Classes
from wizard.sources.samples import SampleTable
from wizard.storage import write_whole

CLASSES = "classes.txt"
SYNSETS = "synsets.txt"
BOXES = "imagenet_2012_bounding_boxes.csv"
_OURS = f"{STATE_FOLDER}/companions.txt"
"""Names of those that are this program's: a person's own file of such a name is not removed."""


def write_companions(
    folder: Path, plan: Plan, done: Mapping[str, ShardResult], *, tfds: bool, boxes_csv: bool
) -> dict[str, str]:
    """Writes those that the answers ask for, and removes what an earlier run wrote and this one is not asked for.

    Args:
        folder: the dataset's.
        plan: of it.
        done: its shards by name.
        tfds: whether `tfds.builder_from_directory` is to open it.
        boxes_csv: whether the boxes are to be had as a CSV as well.

    Returns:
        The sha256 in hex of each that was written, by name.
    """
    files: dict[str, bytes] = {}
    if not plan.classes.whole_imagenet:
        files[CLASSES] = _lines(plan.classes.names)
    if plan.target.of_files and plan.classes.whole_imagenet:
        files[SYNSETS] = synsets_txt(plan.classes)
    if boxes_csv:
        files[BOXES] = boxes_table(plan)
    if tfds:
        files |= metadata(plan, done, folder)
    ours = _ours(folder)
    # Before the files themselves, so that a run that is killed leaves none that the next one does not know.
    _claim(folder, ours.union(files))
    for name in ours.difference(files):
        (folder / name).unlink(missing_ok=True)
    for name, content in files.items():
        write_whole(folder / name, content)
    _claim(folder, files)
    if not plan.target.indexed:
        with suppress(OSError):  # it is not there, or a person keeps something in it
            (folder / INDEX_FOLDER).rmdir()
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def remove_companions(folder: Path) -> None:
    """A folder without shards may still hold what described an older plan's."""
    named = [folder / name for name in (MANIFEST, IMAGES, *_ours(folder), _OURS)]
    indexes = [file for split in SPLITS for file in (folder / INDEX_FOLDER).glob(f"{split}-*-of-*")]
    for file in [*named, *indexes]:
        file.unlink(missing_ok=True)


def synsets_txt(classes: Classes) -> bytes:
    """A line "wnid words" a class, the last without an end, as deep-vision's synsets.txt has them."""
    return "\n".join(f"{name} {words}" for name, words in zip(classes.names, classes.words, strict=True)).encode()


def boxes_table(plan: Plan) -> bytes:
    """All boxes relative to the source's images, as `process_bounding_boxes.py | sort` prints them: four decimals."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(row for split in plan.splits for row in _box_rows(split.table))
    return b"".join(sorted(text.getvalue().encode().splitlines(keepends=True)))


def _box_rows(table: SampleTable) -> Iterator[list[str]]:
    names = np.repeat(table.name, np.diff(table.first_box)).tolist()
    for name, box in zip(names, table.boxes.tolist(), strict=True):
        yield [name.decode(), *(f"{corner:.4f}" for corner in box)]


def _ours(folder: Path) -> set[str]:
    try:
        named = (folder / _OURS).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return set()
    return {name for name in named if name == Path(name).name and (folder / name).is_file()}


def _claim(folder: Path, names: Iterable[str]) -> None:
    (folder / STATE_FOLDER).mkdir(exist_ok=True)
    write_whole(folder / _OURS, _lines(sorted(names)))


def _lines(names: Iterable[str]) -> bytes:
    return "".join(f"{name}\n" for name in names).encode()
