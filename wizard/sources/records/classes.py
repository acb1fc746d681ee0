"""Whose classes the labels of records are, and which label the first of them has."""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from wizard.ilsvrc2012.synsets import is_test_image, rank_of_image, ranks
from wizard.sources.classes import UNLABELED, Classes, imagenet, of_folders
from wizard.sources.names import unsafe
from wizard.sources.records.columns import Columns


def decide_classes(splits: Collection[Columns]) -> tuple[Classes, int]:
    """The classes that the records of all these splits share, and the label of the first.

    They are ImageNet's where every synset, or else every file name, says so beside its label; else they are named by
    their synsets, where each label has one of its own; else by their labels.
    """
    labels = set(np.unique(np.concatenate([columns.label for columns in splits])).tolist()) - {UNLABELED}
    if not labels:
        names = np.concatenate([columns.filename for columns in splits]).tolist()
        return imagenet() if all(is_test_image(name.decode()) for name in names) else Classes(names=(), words=()), 0
    synsets = _one_each([(columns.synset_of, columns.synset) for columns in splits])
    if synsets is not None:
        base = _base({(label, ranks().get(synset)) for label, synset in synsets.items()})
    else:
        base = _base(set().union(*map(_ranks_of_names, splits)))
    if base is not None:
        return imagenet(), base
    named = _named(labels, synsets or {})
    words = of_folders(tuple(named.values())).words
    texts = _one_each([(columns.text_of, columns.text) for columns in splits]) or {}
    return Classes(
        names=tuple(named.values()),
        words=tuple(texts.get(label, word) for label, word in zip(named, words, strict=True)),
    ), min(named)


def _named(labels: Collection[int], synsets: dict[int, str]) -> dict[int, str]:
    """Label -> the class's name, from the first to the last; those without a synset have their number for it."""
    last = max(labels)
    numbers = {label: f"{label:0{len(str(last))}}" for label in range(0 if 0 in labels else 1, last + 1)}
    names = numbers | synsets
    if len(set(names.values())) < len(names):
        return numbers
    # Where the result is folders, those of classes are called so.
    return numbers if any(unsafe(name) or "/" in name or name == "." for name in names.values()) else names


def _base(pairs: Collection[tuple[int, int | None]]) -> int | None:
    """How much larger than its rank each label is; None where one has no rank, or that differs, or is neither 0 nor 1.

    >>> _base({(1, 0), (8, 7)}), _base({(1, 0), (8, 8)}), _base({(1, None)})
    (1, None, None)
    """
    bases = {None if rank is None else label - rank for label, rank in pairs}
    return next((base for base in (0, 1) if bases == {base}), None)


def _ranks_of_names(columns: Columns) -> set[tuple[int, int | None]]:
    """The labels of a split, each with the rank that the file name beside it says."""
    ranks_said = (rank_of_image(name.decode()) for name in columns.filename.tolist())
    pairs = set(zip(columns.label.tolist(), ranks_said, strict=True))
    return {(label, rank) for label, rank in pairs if label != UNLABELED}


def _one_each(splits: Collection[tuple[npt.NDArray[np.int16], npt.NDArray[np.bytes_]]]) -> dict[int, str] | None:
    """Label -> its value, where each label has one, and no two the same; else None."""
    pairs: set[tuple[int, bytes]] = set()
    for labels, found in splits:
        if any(found.tolist()):  # a split may have no values at all
            pairs.update(zip(labels.tolist(), found.tolist(), strict=True))
    values = dict(pairs)
    if not pairs or not all(values.values()) or not len(pairs) == len(values) == len(set(values.values())):
        return None
    try:
        return {label: value.decode() for label, value in values.items()}
    except UnicodeDecodeError:
        return None
