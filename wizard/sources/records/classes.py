"""Whose classes the labels of records are, and which label the first of them has."""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from wizard.ilsvrc2012.synsets import is_test_image, rank_of_image, ranks
from wizard.sources.classes import UNLABELLED, Classes, imagenet, of_folders
from wizard.sources.names import unsafe
from wizard.sources.records.columns import Columns

_BASES = (0, 1)


def decide_classes(splits: Collection[Columns]) -> tuple[Classes, int]:
    """The classes that the records of all these splits share, and the label of the first.

    They are ImageNet's where every synset, or else every file name, says so beside its label; else they are named by
    their synsets, where each label has one of its own; else by their labels.
    """
    labels = {label for columns in splits for label in np.unique(columns.label).tolist()} - {UNLABELLED}
    if not labels:
        return (imagenet() if all(map(_official, splits)) else Classes(names=(), words=())), 0
    synsets = _one_each([_pairs(columns.synset_of, columns.synset) for columns in splits])
    if synsets is not None:
        base = _base({(label, ranks().get(synset)) for label, synset in synsets.items()})
    else:
        base = _base({pair for columns in splits for pair in _by_name(columns)})
    if base is not None:
        return imagenet(), base
    names = _named(labels, synsets or {})
    words = of_folders(tuple(names.values())).words
    texts = _one_each([_pairs(columns.text_of, columns.text) for columns in splits]) or {}
    return Classes(
        names=tuple(names.values()),
        words=tuple(texts.get(label, word) for label, word in zip(names, words, strict=True)),
    ), min(names)


def _named(labels: Collection[int], synsets: dict[int, str]) -> dict[int, str]:
    """Label -> the class's name, from the first to the last; those without a synset have their number for it."""
    last = max(labels)
    numbers = {label: f"{label:0{len(str(last))}}" for label in range(0 if 0 in labels else 1, last + 1)}
    names = numbers | synsets
    fit = len(set(names.values())) == len(names) and not any(map(_no_folder, names.values()))
    return names if fit else numbers


def _no_folder(name: str) -> bool:
    """Whether no folder may be called so: those of classes are, where the result is folders."""
    return bool(unsafe(name)) or "/" in name or name == "."


def _official(columns: Columns) -> bool:
    return all(is_test_image(name) for name in _names(columns))


def _base(pairs: Collection[tuple[int, int | None]]) -> int | None:
    """How much larger than its rank each label is; None where one has no rank, or that differs, or is neither 0 nor 1.

    >>> _base({(1, 0), (8, 7)}), _base({(1, 0), (8, 8)}), _base({(1, None)})
    (1, None, None)
    """
    bases = {None if rank is None else label - rank for label, rank in pairs}
    return next((base for base in _BASES if bases == {base}), None)


def _by_name(columns: Columns) -> set[tuple[int, int | None]]:
    return {
        (label, rank_of_image(name))
        for label, name in zip(columns.label.tolist(), _names(columns), strict=True)
        if label != UNLABELLED
    }


def _names(columns: Columns) -> list[str]:
    return [name.decode() for name in columns.filename.tolist()]


def _pairs(labels: npt.NDArray[np.int16], values: npt.NDArray[np.bytes_]) -> set[tuple[int, bytes]]:
    """Which values stand beside which label; none where the split has no values at all."""
    pairs = set(zip(labels.tolist(), values.tolist(), strict=True))
    return pairs if any(value for _, value in pairs) else set()


def _one_each(splits: Collection[set[tuple[int, bytes]]]) -> dict[int, str] | None:
    """Label -> its value, where each label has one, and no two the same; else None."""
    pairs = set().union(*splits)
    values = dict(pairs)
    if not pairs or not all(values.values()) or not len(pairs) == len(values) == len(set(values.values())):
        return None
    try:
        return {label: value.decode() for label, value in values.items()}
    except UnicodeDecodeError:
        return None
