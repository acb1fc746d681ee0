"""Whose classes the labels of shards are, and which label the first of them has."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wizard.ilsvrc2012.synsets import is_test_image, ranks
from wizard.sources.classes import UNLABELED, Classes, are_numbers, by_number, imagenet, of_folders
from wizard.sources.names import in_lists, unsafe
from wizard.sources.webdataset.columns import Columns
from wizard.sources.webdataset.row import OTHER_CLASS
from wizard.sources.webdataset.wnids import Ints, Wnids


@dataclass(frozen=True, kw_only=True)
class LabelSpace:
    """What labels mean.

    Attributes:
        classes: those of all splits.
        base: the label of the first of them.
        wnid_labels: wnid as a number -> label, if the samples have no labels but the classes' wnids.
    """

    classes: Classes
    base: int
    wnid_labels: Mapping[int, int] | None = None


def decide_labels(splits: Sequence[Columns]) -> LabelSpace:
    """What the labels of all these splits mean together.

    They are ImageNet's where the wnids of classes or names say so beside them, from 0 or from 1; else each class is
    called what samples of that label call it, or by the wnid of their names, or by its number.

    Raises:
        InputError: a sample has another label than all others of its wnid.
    """
    wnids = Wnids(
        splits=splits,
        label=np.concatenate([columns.label for columns in splits]).astype(np.int64),
        wnid=np.concatenate([columns.wnid for columns in splits]).astype(np.int64),
    )
    labeled = wnids.label != UNLABELED
    if not labeled.any():
        return _without_labels(splits, wnids.wnid)
    base = wnids.imagenets_base()
    most_known = int(wnids.known.sum()) * 2 >= int(labeled.sum())
    if base is not None and most_known and not (labeled & (wnids.wnid == OTHER_CLASS)).any():
        return LabelSpace(classes=imagenet(), base=base)
    wnids.require_consistent()
    present = sorted(set(wnids.label[labeled].tolist()))
    names = _names_of_classes(splits)
    pairs, _ = wnids.pairs
    if names is None and wnids.one_each and len(pairs) == len(present):
        names = {label: f"n{number:08d}" for label, number in pairs.tolist()}
    return _own(present, names, _texts(splits))


def _without_labels(splits: Sequence[Columns], wnid: Ints) -> LabelSpace:
    """Samples that only say wnids are labelled by them; those of the test split by nothing."""
    if len(wnid) and (wnid > 0).all():
        wnids = [f"n{number:08d}" for number in np.unique(wnid).tolist()]
        classes = imagenet() if set(wnids) <= ranks().keys() else of_folders(tuple(wnids))
        return LabelSpace(
            classes=classes, base=0, wnid_labels={int(name[1:]): rank for rank, name in enumerate(classes.names)}
        )
    names = (name.decode() for columns in splits for some in in_lists(columns.name) for name in some)
    return LabelSpace(classes=imagenet() if all(map(is_test_image, names)) else Classes(names=(), words=()), base=0)


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
