"""Counts the images of each class in a split, and picks one image as an example."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wizard.errors import InputError
from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.sources.classes import UNLABELED
from wizard.sources.samples import SampleTable
from wizard.sources.sampling import draw
from wizard.sources.source import Survey

_SEED = 2012
_TRIED = 4  # offsets that are tried in an archive: a byte between two images belongs to neither


@dataclass(frozen=True, kw_only=True, eq=False)
class ClassCounts:
    """A split's images by class.

    Attributes:
        images: how many it holds, with or without a label.
        by_rank: int64[classes], images of each; None for an official archive, whose published counts are used.
        example: one of the images, as described by `location`; empty if none could be read.
        rank: the example's class; -1 if it has no label.
        error: why no example could be read.
    """

    split: str
    images: int
    by_rank: npt.NDArray[np.int64] | None
    example: str = ""
    rank: int = UNLABELED
    error: InputError | None = None


def count_images(split: str, table: SampleTable, *, without: Collection[str] = ()) -> ClassCounts:
    """Counts the images of a table; the example is the one in the middle."""
    left_out = np.array([name.encode() for name in without], np.bytes_)
    rows = np.flatnonzero(~np.isin(table.name, left_out)) if without else np.arange(len(table))
    by_rank = counted(table.label[rows], len(table.classes))
    return _with_example(ClassCounts(split=split, images=len(rows), by_rank=by_rank), table, rows)


def counted(label: npt.NDArray[np.int16], classes: int) -> npt.NDArray[np.int64]:
    """The number of labels of each rank: int64[classes]; labels below 0 are not counted."""
    return np.bincount(label[label >= 0], minlength=classes).astype(np.int64)


def count_splits(surveys: Mapping[Split, Survey], cache: Path) -> dict[Split, ClassCounts]:
    """Counts the images of each surveyed split; one that was surveyed without a table is only drawn an example from."""
    return {split: _of_survey(surveys[split], cache) for split in SPLITS if split in surveys}


def first_classes(
    counts: Mapping[Split, ClassCounts], number: int, tables: Mapping[Split, SampleTable | None]
) -> dict[Split, ClassCounts]:
    """The same counts, limited to the first classes that the leading split has images of.

    Counts that are not known by class are kept: an official archive has all classes. The tables of the same splits,
    where they are known, give examples of these classes.
    """
    leading = next((each.by_rank for each in counts.values()), None)
    chosen = np.arange(number) if leading is None else np.flatnonzero(leading)[:number]
    return {split: _only(each, chosen, tables.get(split)) for split, each in counts.items()}


def location(table: SampleTable, row: int) -> str:
    """An image's location in short: its folder and name, or the file that holds it and its name."""
    file, inside, name = Path(table.files[table.file[row]]).name, table.inside[row].decode(), table.name[row].decode()
    if inside:
        return f"{file}/{inside}"
    return name if name.startswith(file) else f"{file}: {name}"


def _of_survey(survey: Survey, cache: Path) -> ClassCounts:
    if survey.table is not None:
        return count_images(survey.split, survey.table)
    counts = ClassCounts(split=survey.split, images=survey.images, by_rank=None)
    try:
        return _with_example(counts, draw(survey, _TRIED, _SEED, cache).table, np.zeros(1, np.intp))
    except InputError as error:
        return replace(counts, error=error)


def _with_example(counts: ClassCounts, table: SampleTable, rows: npt.NDArray[np.intp]) -> ClassCounts:
    if not len(rows):
        return counts
    row = int(rows[len(rows) // 2])
    return replace(counts, example=location(table, row), rank=int(table.label[row]))


def _only(counts: ClassCounts, chosen: npt.NDArray[np.intp], table: SampleTable | None) -> ClassCounts:
    if counts.rank not in chosen:
        counts = replace(counts, example="", rank=UNLABELED)
        if table is not None:
            counts = _with_example(counts, table, np.flatnonzero(np.isin(table.label, chosen)))
    if counts.by_rank is None:
        return counts
    by_rank = np.zeros_like(counts.by_rank)
    by_rank[chosen] = counts.by_rank[chosen]
    return replace(counts, by_rank=by_rank, images=int(by_rank.sum()))
