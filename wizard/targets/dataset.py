"""A finished dataset, as its sidecars, its loading code and its readers see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from wizard.commit_record import CommitRecord
from wizard.sources.classes import Classes


class Encoded(NamedTuple):
    """A stored image as a trainer's reader gives it: its label, and the "height" and "width" stated, if any are."""

    jpeg: bytes
    label: int | None
    stated: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class BuiltDataset:
    """A dataset whose shards are all in place.

    Attributes:
        folder: that it lies in.
        classes: that its labels count in.
        label_base: stored label of rank 0.
        shards: in the order of splits and indexes.
    """

    folder: Path
    classes: Classes
    label_base: int
    shards: Sequence[CommitRecord]


@dataclass(frozen=True, kw_only=True)
class Loadable:
    """What code that loads a split of a finished dataset is made of.

    Attributes:
        output: the dataset's folder.
        split: which to load.
        labels: the range of the stored labels, in words.
        imagenet: whether the classes are ImageNet's 1,000.
    """

    output: str
    split: str
    labels: str
    imagenet: bool
