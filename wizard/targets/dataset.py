"""A finished dataset, as its sidecars, its loading code and its readers see it."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from wizard.sources.classes import Classes

if TYPE_CHECKING:
    from wizard.commit_record import CommitRecord
    from wizard.targets.target import Target


class Encoded(NamedTuple):
    """A stored image as a trainer's reader gives it: its label, and the "height" and "width" stated, if any are."""

    jpeg: bytes
    label: int | None
    stated: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class BuiltDataset:
    """A dataset whose shards are all in place, in the order of splits and indexes.

    Attributes:
        label_base: stored label of rank 0.
        unlabeled: splits of which no image has a class.
    """

    folder: Path
    classes: Classes
    label_base: int
    shards: "Sequence[CommitRecord]"
    unlabeled: Collection[str] = ()


@dataclass(frozen=True, kw_only=True)
class Loadable:
    """A split that a program is to load.

    Attributes:
        folder: the dataset's folder, as a Python expression.
        target: its output format; any, since each target's own programs look at it.
        shards: of this split.
        images: of this split.
        classes: how many the labels count.
        label_base: stored label of rank 0.
        imagenet: whether the classes are ImageNet's.
        unlabeled: whether no image of this split has a class; its labels are -1.
        features: names of the features that its records brought along from the source, whose label may have any.
    """

    folder: str
    split: str
    target: Any
    shards: int
    images: int
    classes: int
    label_base: int
    imagenet: bool
    unlabeled: bool = False
    features: Collection[str] = ()

    @property
    def labels(self) -> str:
        """The range of the stored labels, in words."""
        if self.unlabeled:
            return f"no image of {self.split} has a label, so all are -1"
        unused = ", 0 is unused" if self.label_base else ""
        return f"labels are {self.label_base} to {self.label_base + self.classes - 1}{unused}"


def loadable(dataset: BuiltDataset, target: "Target", folder: str, split: str = "") -> Loadable:
    """A split of a dataset for a program: the given one, else train, or what there is instead.

    `folder` is a Python expression.
    """
    present = list(dict.fromkeys(shard.split for shard in dataset.shards))
    chosen = split or next((name for name in ("train", "validation") if name in present), present[0])
    mine = [shard for shard in dataset.shards if shard.split == chosen]
    return Loadable(
        folder=folder,
        split=chosen,
        target=target,
        shards=len(mine),
        images=sum(shard.images for shard in mine),
        classes=len(dataset.classes),
        label_base=dataset.label_base,
        imagenet=dataset.classes.whole_imagenet,
        unlabeled=chosen in dataset.unlabeled,
        features=_kept_features(dataset.folder, target, mine),
    )


def _kept_features(folder: Path, target: "Target", shards: "Sequence[CommitRecord]") -> Collection[str]:
    """Those of the first record; none where it cannot be read, which others report."""
    for shard in shards if target.keeps_features else ():
        with suppress(OSError, ValueError):
            found = target.first_features(folder / target.file(shard.shard))
            if found:
                return found.keys()
    return ()
