"""What a person can check at a glance: which classes have which labels, how large they are, and an example a split.

Most wrong readings of raw data show here before anything is built: two classes where there are a hundred, labels in
the order of text where numbers were meant, a split whose images are of other classes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.sources.class_counts import ClassCounts
from wizard.sources.classes import Classes, imagenet, stored_label
from wizard.sources.numbered import numbered
from wizard.sources.raw import Survey

Labels = Literal["stored", "open", "none"]
"""Whether labels are known as they are stored, hang on a format that is not chosen yet, or are not stored at all."""
FIRST, LAST = 3, 2
"""Classes shown of each end. Three show an order by text: 0, 1, 10."""
_NAMED = 3
_ORDER: Mapping[str, int] = {split: place for place, split in enumerate(SPLITS)}
_OFFICIAL = {"train": (732, 1300), "validation": (50, 50)}
"""The fewest and most images of a class of ILSVRC2012; from Russakovsky et al. 2015 (arXiv:1409.0575), table 2."""


@dataclass(frozen=True, kw_only=True)
class ClassSeen:
    """A class.

    Attributes:
        name: a wnid, a folder's name or a number.
        words: it in words.
        rank: its place among the classes, from 0.
        label: that is stored for it; None where that is not decided yet, or none is stored.
        images: of the leading split; None where they were not counted.
    """

    name: str
    words: str
    rank: int
    label: int | None
    images: int | None = None


@dataclass(frozen=True, kw_only=True)
class Size:
    """How large a class is.

    Attributes:
        images: it has.
        example: a class of this size; None where they were not counted.
        classes: how many are of this size.
    """

    images: int
    example: ClassSeen | None = None
    classes: int = 0


@dataclass(frozen=True, kw_only=True)
class SplitSeen:
    """A split.

    Attributes:
        split: which.
        images: how many it holds.
        classes: how many have images in it.
        counted: whether they were counted; else they are the official archive's, as published.
        smallest: of those classes; None where no image has a label.
        largest: of them.
        example: path or name of one of its images; empty where none was read.
        example_class: that it is of; None where it has no label.
        problem: why no example was read, in sentences; mostly empty.
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
    """Classes that other splits have images of, and this one has not.

    Attributes:
        split: this one.
        others: those.
        classes: how many classes.
        first: of them.
    """

    split: str
    others: tuple[str, ...]
    classes: int
    first: tuple[ClassSeen, ...]


@dataclass(frozen=True, kw_only=True)
class Glance:
    """A dataset, or raw data, at a glance.

    Attributes:
        labels: how far its labels are decided.
        classes: how many the labels count.
        without_images: how many of them have no image in any split.
        first: the first that have images, in the order of their labels; all of them where they are few.
        last: the last ones.
        splits: in their order.
        lacking: which of them lack classes.
    """

    labels: Labels
    classes: int
    without_images: int
    first: tuple[ClassSeen, ...]
    last: tuple[ClassSeen, ...]
    splits: tuple[SplitSeen, ...]
    lacking: tuple[Lacking, ...]


def glance(classes: Classes, base: int, counts: Sequence[ClassCounts], *, labels: Labels = "stored") -> Glance:
    """The glance at some splits.

    Args:
        classes: that their labels count in.
        base: the label that is stored for rank 0; not looked at unless labels are stored.
        counts: of each split; the first of train, validation and test leads.
        labels: how far they are decided.
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
    """The glance at raw data of which nobody has said yet what becomes of it.

    Records state their labels, and so do classes that are numbers; the others' hang on the format.
    """
    table = next((survey.table for survey in surveys.values() if survey.table is not None), None)
    if table is None:
        return glance(imagenet(), 0, [*counts.values()], labels="open")
    said = table.form == "example" or numbered(table.classes)
    labels: Labels = "stored" if said else "open"
    return glance(table.classes, table.label_base, [*counts.values()], labels=labels)


class _Namer:
    """Tells ranks as classes."""

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
    """Of the classes that a split has images of; an official archive has some of all, but test's have no labels."""
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
