"""Whose classes the labels of a dataset of TFDS are, and the rank of each label."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wizard.errors import Hint
from wizard.formatting import counted
from wizard.ilsvrc2012.synsets import ranks
from wizard.sources.classes import Classes, imagenet, of_folders
from wizard.sources.names import unsafe
from wizard.sources.options import Labels
from wizard.sources.tfds.schema import Schema


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelMap:
    """The classes of a dataset.

    Attributes:
        rank: int16[n], the rank in `classes` of each label.
        said: int16[n], the rank among ImageNet's classes of each label; -1 for a class that is none of these.
        why: sentences for a person.
    """

    classes: Classes
    rank: npt.NDArray[np.int16]
    said: npt.NDArray[np.int16]
    why: tuple[str, ...] = ()


def all_imagenet(schema: Schema) -> bool:
    """Whether the dataset's classes are synsets of ImageNet, some or all."""
    return bool(schema.classes) and set(schema.classes) <= ranks().keys()


def label_map(schema: Schema, asked: Labels, count: int) -> LabelMap:
    """The classes of a schema; `count` is how many there are where it does not name them.

    They are ImageNet's if all 1,000 synsets are there, in whatever order, or if `asked`.
    """
    said = np.array([ranks().get(name, -1) for name in schema.classes], np.int16)
    if all_imagenet(schema) and (len(said) == len(imagenet()) or asked == "ilsvrc2012"):
        return LabelMap(
            classes=imagenet(), rank=said, said=said, why=(f"{schema.labels_file}: labels are ImageNet's.",)
        )
    if not schema.classes:
        said = np.full(count, -1, np.int16)
    classes, why = _own(schema, count)
    return LabelMap(classes=classes, rank=np.arange(len(said), dtype=np.int16), said=said, why=(why,))


def of_imagenet() -> LabelMap:
    """The map of labels without names that are ImageNet's by the names of the images."""
    rank = np.arange(len(imagenet()), dtype=np.int16)
    why = "Without a file of labels, they are ImageNet's, because the images' names say the same."
    return LabelMap(classes=imagenet(), rank=rank, said=rank, why=(why,))


def _own(schema: Schema, count: int) -> tuple[Classes, str]:
    names = schema.classes
    if not names:
        return _numbers(count), f"{counted(count, 'class')} without names: they are called by their labels."
    if any(unsafe(name) or "/" in name or name == "." for name in names):
        # Where the result is folders, those of classes are called so.
        why = f"{schema.labels_file} has names that no folder could have, so classes are called by their labels."
        return Classes(names=_numbers(len(names)).names, words=names), why
    why = f"{counted(len(names), 'class')}: labels are those of {schema.labels_file}"
    if all_imagenet(schema):
        return of_folders(names), Hint(f"{why}; {{}} gives those of the full set.", "source.labels=ilsvrc2012")
    return of_folders(names), f"{why}."


def _numbers(count: int) -> Classes:
    width = len(str(max(0, count - 1)))
    names = tuple(f"{label:0{width}}" for label in range(count))
    return Classes(names=names, words=names)
