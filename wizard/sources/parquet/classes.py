"""Whose classes the labels of Parquet files are: ImageNet's, those that a ClassLabel names, or numbers."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from wizard.errors import InputError
from wizard.ilsvrc2012.archives import CLASSES, Split
from wizard.ilsvrc2012.synsets import ranks, synsets
from wizard.sources.classes import HIGHEST, UNLABELED, Classes, imagenet
from wizard.sources.names import unsafe
from wizard.sources.parquet.columns import Columns
from wizard.sources.parquet.schema import ImageSchema

_ALIKE = 0.9
"""Share of the names, or of the rows, that must be ImageNet's: a rest may be spelled otherwise, or be wrong."""
_BACKGROUND = "background"
"""Name of label 0 where ImageNet's labels begin with 1."""
_ONE_REVISION = "Keep only the files of one dataset, at one revision, in the folder"


@dataclass(frozen=True, kw_only=True, eq=False)
class Labels:
    """What labels mean: label n + `base` is class `rank[n]` of `classes`."""

    classes: Classes
    rank: npt.NDArray[np.int16]
    base: int = 0


def of_names(schemas: Mapping[Split, ImageSchema]) -> Labels | None:
    """The meaning of labels whose names settle it; None where there are no names, or a thousand that are not known.

    Raises:
        InputError: two splits name their classes in different ways.
    """
    named = {split: schema for split, schema in schemas.items() if schema.classes}
    if not named:
        return None
    (split, first), *others = named.items()
    for other, schema in others:
        if difference := first.difference(ImageSchema(**vars(first) | {"classes": schema.classes})):
            raise InputError(f"The classes of {other} are not those of {split}: {difference}.", _ONE_REVISION)
    names = first.classes
    base = 1 if names[0] == _BACKGROUND else 0
    known = _ranks(names[base:]) if len(names) - base == CLASSES else None
    if known is not None:
        return Labels(classes=imagenet(), rank=known, base=base)
    return None if len(names) == CLASSES else _own(names)


def of_rows(splits: Collection[Columns]) -> Labels:
    """The meaning of labels by the file names beside them: ImageNet's where nearly all of these say so."""
    label = np.concatenate([columns.label for columns in splits])
    said = np.concatenate([columns.said for columns in splits])
    labeled = label != UNLABELED
    names = next((columns.schema.classes for columns in splits if columns.schema.classes), ())
    for base in (0,) if names else (0, 1):
        agree = labeled & (said >= 0) & (said == label - base)
        if labeled.any() and agree.sum() >= _ALIKE * labeled.sum():
            return Labels(classes=imagenet(), rank=np.arange(CLASSES, dtype=np.int16), base=base)
    if names:
        return _own(names)
    if not labeled.any():
        return Labels(classes=imagenet() if _only_imagenet(splits) else Classes(names=(), words=()), rank=_none())
    last = min(int(label.max()), HIGHEST)
    return _own(tuple(f"{number:0{len(str(last))}}" for number in range(last + 1)))


def _only_imagenet(splits: Collection[Columns]) -> bool:
    return all(name.startswith(b"ILSVRC2012_test_") for columns in splits for name in columns.name.tolist())


def _own(names: Sequence[str]) -> Labels:
    """Classes of their own; those whose names cannot be those of folders are called by their numbers."""
    wrong = any(unsafe(name) or "/" in name or name == "." for name in names) or len(set(names)) < len(names)
    width = len(str(len(names) - 1))
    called = tuple(f"{number:0{width}}" for number in range(len(names))) if wrong else tuple(names)
    known = ranks()
    words = tuple(synsets()[known[name]].words if name in known else name for name in names)
    return Labels(classes=Classes(names=called, words=words), rank=np.arange(len(names), dtype=np.int16))


def _ranks(names: Sequence[str]) -> npt.NDArray[np.int16] | None:
    """The rank of each of a thousand names; None if they are not ImageNet's."""
    known = ranks()
    if known.keys() == set(names):
        return np.array([known[name] for name in names], np.int16)
    alike = sum(bool(_words(name) & words) for name, words in zip(names, _synset_words(), strict=True))
    return np.arange(CLASSES, dtype=np.int16) if alike >= _ALIKE * CLASSES else None


@cache
def _synset_words() -> tuple[frozenset[str], ...]:
    return tuple(_words(synset.words) for synset in synsets())


def _words(name: str) -> frozenset[str]:
    """The synonyms in a name, letters alone: the hub's crane2 is the second crane.

    >>> sorted(_words("tench, Tinca tinca"))
    ['tench', 'tincatinca']
    """
    return frozenset(re.sub(r"[\W\d_]", "", part).casefold() for part in name.split(",")) - {""}


def _none() -> npt.NDArray[np.int16]:
    return np.empty(0, np.int16)
