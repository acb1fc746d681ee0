"""What a shard should be, and what is found to be wrong with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wizard.commit_record import CommitRecord
from wizard.engine.targets import Target
from wizard.sources.classes import Classes, stored_label


@dataclass(frozen=True, kw_only=True, eq=False)
class Expectation:
    """What a shard should be.

    Attributes:
        folder: the dataset's.
        result: what was recorded when it was built.
        names: bytes[n], the planned images in order.
        ranks: int16[n], their classes' ranks; -1 for none.
        classes: that the ranks count in.
        target: as what it is written.
        label_base: stored label of rank 0.
    """

    folder: str
    result: CommitRecord
    names: npt.NDArray[np.bytes_]
    ranks: npt.NDArray[np.int16]
    classes: Classes
    target: Target
    label_base: int

    @property
    def path(self) -> Path:
        """The shard's file, or the commit record that lists its image files."""
        return Path(self.folder) / self.target.file(self.result.shard)

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
    """An image that a shard should hold.

    Attributes:
        name: in the raw data.
        rank: of its class; -1 for none.
        wnid: its class's name; empty for none.
        text: its class in words; empty for none.
        label: that should be stored.
    """

    name: str
    rank: int
    wnid: str
    text: str
    label: int


class Seen(NamedTuple):
    """What was found in an image's place: how many boxes, and what is wrong with it, each a clause."""

    boxes: int
    wrong: list[str]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something wrong with a dataset.

    Attributes:
        shard: its name, or a file's path below the dataset's folder.
        what: a clause: what was found, what was expected.
        record: its place in the shard from 0; None where the shard as a whole is meant.
        name: of the image, where it is known.
    """

    shard: str
    what: str
    record: int | None = None
    name: str = ""

    def __str__(self) -> str:
        place = "" if self.record is None else f", record {self.record}"
        return f"{self.shard}{place}{f' ({self.name})' if self.name else ''}: {self.what}"


def miscounted(expected: Expectation, images: int, boxes: int | None) -> Iterator[Problem]:
    """Whether the shard holds as many images as were planned, and as many images and boxes as were recorded.

    Args:
        expected: what it should be.
        images: that it holds.
        boxes: that it holds; None where this target stores none.
    """
    shard, planned, recorded = expected.result.shard, expected.images, expected.result
    if images != len(planned):
        missing = f"; the first that is missing is {planned[images].name}" if images < len(planned) else ""
        yield Problem(shard=shard, what=f"it has {images:,} images, expected {len(planned):,}{missing}")
    if images != recorded.images:
        yield Problem(shard=shard, what=f"it has {images:,} images, {recorded.images:,} were recorded")
    if boxes is not None and boxes != recorded.boxes:
        yield Problem(shard=shard, what=f"it has {boxes:,} boxes, {recorded.boxes:,} were recorded")
