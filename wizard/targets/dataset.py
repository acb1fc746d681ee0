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
    """A dataset whose shards are all in place, in the order of splits and indexes; rank 0's label is `label_base`."""

    folder: Path
    classes: Classes
    label_base: int
    shards: Sequence[CommitRecord]


@dataclass(frozen=True, kw_only=True)
class Loadable:
    """A split that code is to load, from the folder `output`; `labels` is the range of the stored ones, in words."""

    output: str
    split: str
    labels: str
    imagenet: bool
