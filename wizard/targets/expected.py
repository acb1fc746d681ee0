"""What a shard should be, and what is found to be wrong with it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wizard.sources.classes import Classes, stored_label

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from wizard.commit_record import CommitRecord
    from wizard.targets.target import Target


class ShardDamage(ValueError):
    """A shard that cannot be read further; the message says what was expected and seen."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Expectation:
    """What a shard should be.

    Attributes:
        result: what was recorded when it was built.
        names: bytes[n], the planned images in order.
        ranks: int16[n], their classes' ranks; -1 for none.
        classes: that the ranks count in.
        label_base: stored label of rank 0.
    """

    folder: str
    result: "CommitRecord"
    names: "npt.NDArray[np.bytes_]"
    ranks: "npt.NDArray[np.int16]"
    classes: Classes
    target: "Target"
    label_base: int

    @property
    def path(self) -> Path:
        """The shard's file."""
        return Path(self.folder) / self.target.file(self.result.shard)

    @property
    def label(self) -> str:
        """What people find it by: its path below the dataset's folder; of image files, the shard's name."""
        return self.target.title(self.result.shard)

    @property
    def images(self) -> list["Planned"]:
        """The images that it should hold, in order: those that were planned and not left out."""
        skipped = {image.name for image in self.result.skipped}
        return [
            Planned(name, rank, self.classes.name(rank), self.classes.text(rank), stored_label(rank, self.label_base))
            for name, rank in zip(map(bytes.decode, self.names.tolist()), self.ranks.tolist(), strict=True)
            if name not in skipped
        ]


class Planned(NamedTuple):
    """An image that a shard should hold: with the rank of its class, -1 for none, and its class's name and words."""

    name: str
    rank: int
    wnid: str
    text: str
    label: int


class Seen(NamedTuple):
    """What was found in an image's place: how many boxes, and what is wrong with it, each a clause."""

    boxes: int
    wrong: list[str]


Check = Callable[[Planned], Seen]
"""A stored image that says what is wrong with it."""
