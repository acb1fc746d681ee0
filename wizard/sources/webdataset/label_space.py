"""Whose classes the labels of shards are, and which label the first of them has."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wizard.errors import InputError
from wizard.ilsvrc2012.synsets import is_test_image, ranks
from wizard.sources.classes import UNLABELED, Classes, are_numbers, by_number, imagenet, of_folders
from wizard.sources.names import in_lists, unsafe
from wizard.sources.webdataset.columns import Columns
from wizard.sources.webdataset.row import OTHER_CLASS

_RELABEL = (
    "Write this sample again with the label of its class, or remove it; if the labels are others on purpose, give the "
    "samples keys and file names of their own"
)
_Ints = npt.NDArray[np.int64]
_NO_RANK = -10


@dataclass(frozen=True, kw_only=True)
class LabelSpace:
    """What labels mean.

    Attributes:
        classes: those of all splits.
        base: the label of the first of them.
        wnid_labels: wnid as a number -> label, if the samples have no labels but the classes' wnids.
        warnings: sentences without a full stop.
    """

    classes: Classes
    base: int
    wnid_labels: Mapping[int, int] | None = None
    warnings: tuple[str, ...] = ()


def decide_labels(splits: Sequence[Columns]) -> LabelSpace:
    """What the labels of all these splits mean together.

    They are ImageNet's where the wnids of classes or names say so beside them, from 0 or from 1; else each class is
    called what samples of that label call it, or by the wnid of their names, or by its number.

    Raises:
        InputError: most names say ImageNet's labels, but one says another than its sample has.
    """
    label = np.concatenate([columns.label for columns in splits]).astype(np.int64)
    wnid = np.concatenate([columns.wnid for columns in splits]).astype(np.int64)
    if not (label != UNLABELED).any():
        return _without_labels(splits, wnid)
    labeled = label != UNLABELED
    known = labeled & (wnid > 0)
    pairs = np.unique(np.stack([label[known], wnid[known]], axis=1), axis=0)
    base = _imagenets_base(splits, label, wnid, known, pairs)
    most_known = int(known.sum()) * 2 >= int(labeled.sum())
    if base is not None and most_known and not (labeled & (wnid == OTHER_CLASS)).any():
        return LabelSpace(classes=imagenet(), base=base)
    present = sorted(set(label[labeled].tolist()))
    names, texts = _names_of_classes(splits), _texts(splits)
    if names is None and _one_each(pairs) and len(pairs) == len(present):
        names = {each: f"n{number:08d}" for each, number in pairs.tolist()}
    warnings = () if names or _one_each(pairs) else tuple(_ambiguous(pairs))
    return replace(_own(present, names, texts), warnings=warnings)


def _without_labels(splits: Sequence[Columns], wnid: _Ints) -> LabelSpace:
    """Samples that only say wnids are labelled by them; those of the test split by nothing."""
    if len(wnid) and (wnid > 0).all():
        wnids = [f"n{number:08d}" for number in np.unique(wnid).tolist()]
        classes = imagenet() if set(wnids) <= ranks().keys() else of_folders(tuple(wnids))
        return LabelSpace(
            classes=classes, base=0, wnid_labels={int(name[1:]): rank for rank, name in enumerate(classes.names)}
        )
    names = (name.decode() for columns in splits for some in in_lists(columns.name) for name in some)
    return LabelSpace(classes=imagenet() if all(map(is_test_image, names)) else Classes(names=(), words=()), base=0)


def _imagenets_base(
    splits: Sequence[Columns], label: _Ints, wnid: _Ints, known: npt.NDArray[np.bool_], pairs: _Ints
) -> int | None:
    """The label of ImageNet's first class; None if they are not ImageNet's labels.

    Raises:
        InputError: they are, but one is wrong.
    """
    rank = np.full(len(wnid), _NO_RANK)
    rank[known] = _ranks(wnid[known])
    agreeing = {base: int((known & (label == rank + base)).sum()) for base in (0, 1)}
    base = max(agreeing, key=lambda each: agreeing[each])
    count = int(known.sum())
    if not count or agreeing[base] * 2 < count:
        return None
    wrong = np.flatnonzero(known & (label != rank + base))
    if not len(wrong):
        return base
    if _numbered_in_order(pairs):
        return None  # some of ImageNet's classes, numbered anew, of which the first have the same labels in both ways
    columns, row = _located(splits, int(wrong[0]))
    found, meant = int(label[wrong[0]]), int(rank[wrong[0]]) + base
    name = f"n{int(wnid[wrong[0]]):08d}"
    says = f"whose label is {meant}" if meant >= 0 else "which is not a class of ILSVRC2012"
    more = f" (and {len(wrong) - 1:,} more samples)" if len(wrong) > 1 else ""
    raise InputError(
        f"{columns.where(row)}{more} has the label {found}, but its name or class says {name}, {says} in the other "
        f"{agreeing[base]:,} samples.",
        _RELABEL,
    )


def _ranks(wnid: _Ints) -> _Ints:
    values, inverse = np.unique(wnid, return_inverse=True)
    known = ranks()
    return np.array([known.get(f"n{value:08d}", _NO_RANK) for value in values.tolist()], np.int64)[inverse]


def _located(splits: Sequence[Columns], row: int) -> tuple[Columns, int]:
    for columns in splits:
        if row < len(columns):
            return columns, row
        row -= len(columns)
    raise IndexError(row)


def _numbered_in_order(pairs: _Ints) -> bool:
    """Whether labels number the sorted wnids from 0 or 1, without gaps."""
    first = int(pairs[0, 0])
    return (
        _one_each(pairs)
        and first in (0, 1)
        and np.array_equal(pairs[:, 0], first + np.arange(len(pairs)))
        and bool((np.diff(pairs[:, 1]) > 0).all())
    )


def _one_each(pairs: _Ints) -> bool:
    """Whether each label has one wnid, and no two the same."""
    return len(pairs) == len(np.unique(pairs[:, 0])) == len(np.unique(pairs[:, 1]))


def _names_of_classes(splits: Collection[Columns]) -> dict[int, str] | None:
    """Label -> what its samples call the class, where each label has one name, and no two the same; else None."""
    pairs = {
        (label, name)
        for columns in splits
        for label, name in zip(columns.named.tolist(), columns.class_name.tolist(), strict=True)
        if label != UNLABELED
    }
    names = {label: name.decode() for label, name in pairs}
    complete = all(names.values()) and len(names) == len(pairs) == len(set(names.values()))
    return names if complete and names else None


def _texts(splits: Collection[Columns]) -> dict[int, str]:
    texts: dict[int, str] = {}
    for columns in splits:
        for label, text in zip(columns.named.tolist(), columns.text.tolist(), strict=True):
            if text:
                texts.setdefault(label, text.decode())
    return texts


def _own(present: Sequence[int], names: Mapping[int, str] | None, texts: Mapping[int, str]) -> LabelSpace:
    """Classes of the shards' own; those without a sample have their number for a name."""
    last = max(present)
    digits = len(str(last))
    numbers = {label: f"{label:0{digits}}" for label in range(last + 1)}
    # Where the result is folders, those of classes are called so.
    usable = names is not None and not any(unsafe(name) or "/" in name or name == "." for name in names.values())
    if names is None or not usable:
        return LabelSpace(classes=_classes(numbers, {}), base=0)
    if are_numbers(names.values()):
        bases = {label - int(name) for label, name in names.items()}
        if bases in ({0}, {1}):  # this program's shards may count labels from 1 where classes are numbers from 0
            return LabelSpace(classes=by_number(names.values()), base=bases.pop())
        return LabelSpace(classes=_classes(numbers, {}), base=0)
    first = 0 if 0 in present else 1
    merged = {label: numbers[label] for label in range(first, last + 1)} | dict(names)
    if len(set(merged.values())) < len(merged):
        return LabelSpace(classes=_classes(numbers, {}), base=0)
    return LabelSpace(classes=_classes(merged, texts), base=first)


def _classes(named: Mapping[int, str], texts: Mapping[int, str]) -> Classes:
    ordered = [named[label] for label in sorted(named)]
    words = of_folders(tuple(ordered)).words
    return Classes(
        names=tuple(ordered),
        words=tuple(texts.get(label, word) for label, word in zip(sorted(named), words, strict=True)),
    )


def _ambiguous(pairs: _Ints) -> Iterator[str]:
    """A note on labels that do not have one wnid each; none if they have none at all, as superclasses have many."""
    labels, counts = np.unique(pairs[:, 0], return_counts=True)
    several = labels[counts > 1]
    if not len(several) or len(several) * 2 > len(labels):
        return
    label = int(several[0])
    wnids = [f"n{number:08d}" for number in pairs[pairs[:, 0] == label, 1][:2].tolist()]
    yield (
        f"label {label} is that of {wnids[0]} and of {wnids[1]} by the names of its samples, and {len(several) - 1:,} "
        "more labels have several such classes, so that classes are called by their numbers"
    )
