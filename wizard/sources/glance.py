"""Summary that a person can check at a glance: classes with their labels and sizes, and an example of each split.

Most misread raw data shows here before anything is built: two classes instead of a hundred, labels sorted as text
where numbers were meant, a split whose images belong to other classes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.sources.class_counts import ClassCounts
from wizard.sources.classes import Classes, imagenet, numbered, stored_label
from wizard.sources.source import Survey

LabelState = Literal["stored", "open", "none"]
"""Whether labels are stored and known, follow from an output format not chosen yet, or are not stored at all."""
FIRST, LAST = 3, 2
"""Classes shown from each end. Three are enough to show an order by text: 0, 1, 10."""
_NAMED = 3
# The fewest and most images of a class of ILSVRC2012; from Russakovsky et al. 2015 (arXiv:1409.0575), table 2.
_OFFICIAL = {"train": (732, 1300), "validation": (50, 50)}
_Ranks = npt.NDArray[np.intp]
_Labels = npt.NDArray[np.int16]


@dataclass(frozen=True, kw_only=True)
class ClassSeen:
    """A class as shown in the summary.

    Attributes:
        label: the stored label; None if that is not decided yet, or no labels are stored.
        images: its images in the leading split; None if they were not counted.
    """

    name: str
    words: str
    rank: int
    label: int | None
    images: int | None = None


@dataclass(frozen=True, kw_only=True)
class Size:
    """How many images a class has; an example and the number of such classes, if the images were counted."""

    images: int
    example: ClassSeen | None = None
    classes: int = 0


@dataclass(frozen=True, kw_only=True)
class SplitSeen:
    """A split as shown in the summary.

    Attributes:
        classes: how many classes have images in it.
        counted: whether the images were counted; else the numbers are those published for the official archive.
        smallest: size of the smallest of those classes; None if no image has a label.
        largest: size of the largest.
        example: path or name of one of its images; empty if none was read.
        example_class: the example's class; None if it has no label.
        problem: why no example was read, in sentences; usually empty.
    """

    split: str
    images: int
    classes: int
    counted: bool
    smallest: Size | None
    largest: Size | None
    example: str
    example_class: ClassSeen | None
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class Lacking:
    """How many classes, and the first of them, that other splits have images of, but this one does not."""

    split: str
    others: tuple[str, ...]
    classes: int
    first: tuple[ClassSeen, ...]


@dataclass(frozen=True, kw_only=True)
class Glance:
    """Summary of a dataset or of raw data.

    Attributes:
        classes: number of classes that the labels range over.
        without_images: how many of them have no image in any split.
        first: the first classes with images, by label; all of them if there are few.
        last: the last ones.
        lacking: the splits that lack classes.
    """

    labels: LabelState
    classes: int
    without_images: int
    first: tuple[ClassSeen, ...]
    last: tuple[ClassSeen, ...]
    splits: tuple[SplitSeen, ...]
    lacking: tuple[Lacking, ...]


_Describe = Callable[[int, int | None], ClassSeen]
"""Describes a class by its rank and number of images."""


def glance(
    classes: Classes,
    base: int | _Labels,
    counts: Sequence[ClassCounts],
    *,
    labels: LabelState = "stored",
) -> Glance:
    """Summarizes some splits, of which the first of train, validation and test leads.

    If labels are stored, `base` is that of rank 0 of the classes, or the labels of all ranks.
    """

    def describe(rank: int, images: int | None) -> ClassSeen:
        label = None
        if labels == "stored":
            label = stored_label(rank, base) if isinstance(base, int) else int(base[rank])
        return ClassSeen(name=classes.name(rank), words=classes.text(rank), rank=rank, label=label, images=images)

    by_split = {each.split: each for each in counts}
    counts = [by_split[split] for split in SPLITS if split in by_split]
    present = {each.split: _ranks(each, len(classes)) for each in counts}
    labeled = {split: ranks for split, ranks in present.items() if len(ranks)}
    ranks = np.unique(np.concatenate([np.empty(0, np.intp), *present.values()]))
    leading = by_split[next(iter(labeled))].by_rank if labeled else None

    def seen(some: _Ranks) -> tuple[ClassSeen, ...]:
        return tuple(describe(rank, None if leading is None else int(leading[rank])) for rank in some.tolist())

    few = len(ranks) <= FIRST + LAST
    return Glance(
        labels=labels,
        classes=len(classes),
        without_images=len(classes) - len(ranks) if labeled else 0,
        first=seen(ranks if few else ranks[:FIRST]),
        last=() if few else seen(ranks[-LAST:]),
        splits=tuple(_split(each, present[each.split], describe) for each in counts),
        lacking=tuple(_lacking(labeled, describe)),
    )


def glance_at_raw(surveys: Mapping[Split, Survey], counts: Mapping[Split, ClassCounts]) -> Glance:
    """Summarizes raw data for which no output has been chosen yet.

    Labels that the source stores are shown as it stores them, and numbers that name classes are labels too. Others
    follow from the output format.
    """
    table = next((survey.table for survey in surveys.values() if survey.table is not None), None)
    if table is None:
        return glance(imagenet(), 0, [*counts.values()], labels="open")
    if len(table.source_labels):
        return glance(table.classes, table.source_labels, [*counts.values()])
    labels: LabelState = "stored" if numbered(table.classes) else "open"
    return glance(table.classes, 0, [*counts.values()], labels=labels)


def _ranks(counts: ClassCounts, classes: int) -> _Ranks:
    """Ranks of the classes that a split has images of: all in an official archive, except in the unlabeled test."""
    if counts.by_rank is not None:
        return np.flatnonzero(counts.by_rank)
    return np.arange(classes if counts.split in _OFFICIAL else 0)


def _split(counts: ClassCounts, ranks: _Ranks, describe: _Describe) -> SplitSeen:
    smallest, largest = _sizes(counts, ranks, describe)
    return SplitSeen(
        split=counts.split,
        images=counts.images,
        classes=len(ranks),
        counted=counts.by_rank is not None,
        smallest=smallest,
        largest=largest,
        example=counts.example,
        example_class=describe(counts.rank, None) if counts.example and counts.rank >= 0 else None,
        problem=counts.error.what if counts.error else "",
    )


def _sizes(counts: ClassCounts, ranks: _Ranks, describe: _Describe) -> tuple[Size | None, Size | None]:
    if not len(ranks):
        return None, None
    if counts.by_rank is None:
        fewest, most = _OFFICIAL[counts.split]
        return Size(images=fewest), Size(images=most)
    sizes = counts.by_rank[ranks]
    found = []
    for images in (int(sizes.min()), int(sizes.max())):
        alike = ranks[sizes == images]
        found.append(Size(images=images, example=describe(int(alike[0]), images), classes=len(alike)))
    return found[0], found[1]


def _lacking(present: Mapping[str, _Ranks], describe: _Describe) -> Iterator[Lacking]:
    for split, ranks in present.items():
        others = {other: np.setdiff1d(theirs, ranks) for other, theirs in present.items() if other != split}
        found = {other: missing for other, missing in others.items() if len(missing)}
        if found:
            missing = np.unique(np.concatenate(list(found.values())))
            first = tuple(describe(rank, None) for rank in missing[:_NAMED].tolist())
            yield Lacking(split=split, others=tuple(found), classes=len(missing), first=first)
