"""Summary that a person can check at a glance: classes with their labels and sizes, and an example of each split.

Most misread raw data shows here before anything is built: two classes instead of a hundred, labels sorted as text
where numbers were meant, a split whose images belong to other classes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.sources.class_counts import ClassCounts
from wizard.sources.classes import Classes, imagenet, numbered, stored_label
from wizard.sources.source import Survey

LabelState = Literal["stored", "open", "none"]
"""Whether stored labels are known, depend on an output format not chosen yet, or are not stored at all."""
FIRST, LAST = 3, 2
"""Classes shown from each end. Three are enough to show an order by text: 0, 1, 10."""
_NAMED = 3
_ORDER: Mapping[str, int] = {split: place for place, split in enumerate(SPLITS)}
# The fewest and most images of a class of ILSVRC2012; from Russakovsky et al. 2015 (arXiv:1409.0575), table 2.
_OFFICIAL = {"train": (732, 1300), "validation": (50, 50)}


@dataclass(frozen=True, kw_only=True)
class ClassSeen:
    """A class as shown in the summary.

    Attributes:
        name: a wnid, a folder's name or a number.
        words: its description in words.
        rank: its place among the classes, from 0.
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
    """The size of a class.

    Attributes:
        images: how many it has.
        example: a class of this size; None if the images were not counted.
        classes: how many classes are of this size.
    """

    images: int
    example: ClassSeen | None = None
    classes: int = 0


@dataclass(frozen=True, kw_only=True)
class SplitSeen:
    """A split as shown in the summary.

    Attributes:
        split: the split.
        images: how many it holds.
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
    """Classes that other splits have images of, but this one does not.

    Attributes:
        split: the split without them.
        others: the splits that have them.
        classes: how many classes.
        first: the first of them.
    """

    split: str
    others: tuple[str, ...]
    classes: int
    first: tuple[ClassSeen, ...]


@dataclass(frozen=True, kw_only=True)
class Glance:
    """Summary of a dataset or of raw data.

    Attributes:
        labels: how far its labels are decided.
        classes: number of classes that the labels range over.
        without_images: how many of them have no image in any split.
        first: the first classes with images, by label; all of them if there are few.
        last: the last ones.
        splits: the splits, in order.
        lacking: the splits that lack classes.
    """

    labels: LabelState
    classes: int
    without_images: int
    first: tuple[ClassSeen, ...]
    last: tuple[ClassSeen, ...]
    splits: tuple[SplitSeen, ...]
    lacking: tuple[Lacking, ...]


def glance(classes: Classes, base: int, counts: Sequence[ClassCounts], *, labels: LabelState = "stored") -> Glance:
    """Summarises some splits.

    Args:
        classes: the classes that their labels refer to.
        base: the label that is stored for rank 0; unused unless labels are stored.
        counts: each split's counts; the first of train, validation and test leads.
        labels: how far the labels are decided.
    """
    counts = sorted(counts, key=lambda each: _ORDER[each.split])
    namer = _Namer(classes, base if labels == "stored" else None)
    present = {each.split: _ranks(each, len(classes)) for each in counts}
    labelled = [each for each in counts if len(present[each.split])]
    ranks = np.unique(np.concatenate([np.empty(0, np.intp), *present.values()]))
    leading = labelled[0].by_rank if labelled else None
    few = len(ranks) <= FIRST + LAST
    return Glance(
        labels=labels,
        classes=len(classes),
        without_images=len(classes) - len(ranks) if labelled else 0,
        first=namer.seen(ranks if few else ranks[:FIRST], leading),
        last=() if few else namer.seen(ranks[-LAST:], leading),
        splits=tuple(_split(each, present[each.split], namer) for each in counts),
        lacking=tuple(_lacking({each.split: present[each.split] for each in labelled}, namer)),
    )


def glance_at_raw(surveys: Mapping[Split, Survey], counts: Mapping[Split, ClassCounts]) -> Glance:
    """Summarises raw data for which no output has been chosen yet.

    Records state their labels, and so do classes that are numbers; other labels depend on the output format.
    """
    table = next((survey.table for survey in surveys.values() if survey.table is not None), None)
    if table is None:
        return glance(imagenet(), 0, [*counts.values()], labels="open")
    said = table.form == "example" or numbered(table.classes)
    labels: LabelState = "stored" if said else "open"
    return glance(table.classes, table.label_base, [*counts.values()], labels=labels)


class _Namer:
    """Describes classes by their ranks."""

    def __init__(self, classes: Classes, base: int | None) -> None:
        self._classes = classes
        self._base = base

    def one(self, rank: int, images: int | None = None) -> ClassSeen:
        label = None if self._base is None else stored_label(rank, self._base)
        return ClassSeen(
            name=self._classes.name(rank), words=self._classes.text(rank), rank=rank, label=label, images=images
        )

    def seen(self, ranks: npt.NDArray[np.intp], by_rank: npt.NDArray[np.int64] | None) -> tuple[ClassSeen, ...]:
        return tuple(self.one(rank, None if by_rank is None else int(by_rank[rank])) for rank in ranks.tolist())


def _ranks(counts: ClassCounts, classes: int) -> npt.NDArray[np.intp]:
    """Ranks of the classes that a split has images of: all in an official archive, except in the unlabelled test."""
    if counts.by_rank is not None:
        return np.flatnonzero(counts.by_rank)
    return np.arange(classes if counts.split in _OFFICIAL else 0)


def _split(counts: ClassCounts, ranks: npt.NDArray[np.intp], namer: _Namer) -> SplitSeen:
    smallest, largest = _sizes(counts, ranks, namer)
    return SplitSeen(
        split=counts.split,
        images=counts.images,
        classes=len(ranks),
        counted=counts.by_rank is not None,
        smallest=smallest,
        largest=largest,
        example=counts.example,
        example_class=namer.one(counts.rank) if counts.example and counts.rank >= 0 else None,
        problem=counts.problem,
    )


def _sizes(counts: ClassCounts, ranks: npt.NDArray[np.intp], namer: _Namer) -> tuple[Size | None, Size | None]:
    if not len(ranks):
        return None, None
    if counts.by_rank is None:
        fewest, most = _OFFICIAL[counts.split]
        return Size(images=fewest), Size(images=most)
    sizes = counts.by_rank[ranks]
    return _size(int(sizes.min()), sizes, ranks, namer), _size(int(sizes.max()), sizes, ranks, namer)


def _size(images: int, sizes: npt.NDArray[np.int64], ranks: npt.NDArray[np.intp], namer: _Namer) -> Size:
    alike = np.flatnonzero(sizes == images)
    return Size(images=images, example=namer.one(int(ranks[alike[0]]), images), classes=len(alike))


def _lacking(present: Mapping[str, npt.NDArray[np.intp]], namer: _Namer) -> Iterator[Lacking]:
    for split, ranks in present.items():
        others = {other: np.setdiff1d(theirs, ranks) for other, theirs in present.items() if other != split}
        found = {other: missing for other, missing in others.items() if len(missing)}
        if found:
            missing = np.unique(np.concatenate(list(found.values())))
            first = namer.seen(missing[:_NAMED], None)
            yield Lacking(split=split, others=tuple(found), classes=len(missing), first=first)
