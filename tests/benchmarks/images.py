"""Where the images of the archives lie, for loops that read them without this project's engine."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wizard.folders import cache_folder
from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.sources.opening import open_source


class Image(NamedTuple):
    """An encoded image, its class's rank, and its name."""

    data: bytes
    label: int
    name: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Images:
    """The images of all splits, in the order in which they lie.

    Attributes:
        archives: str[k], their paths.
        archive: int32[n], index in `archives`.
        offset, size: int64[n], in bytes.
        label: int16[n], rank of the class.
        name: bytes[n], UTF-8.
    """

    archives: npt.NDArray[np.str_]
    archive: npt.NDArray[np.int32]
    offset: npt.NDArray[np.int64]
    size: npt.NDArray[np.int64]
    label: npt.NDArray[np.int16]
    name: npt.NDArray[np.bytes_]

    def __len__(self) -> int:
        return len(self.archive)

    @property
    def bytes(self) -> int:
        """Of all images."""
        return int(self.size.sum())

    @contextmanager
    def reading(self) -> Iterator["Reading"]:
        """The images, with their archives open."""
        opened = [os.open(archive, os.O_RDONLY) for archive in self.archives.tolist()]
        try:
            yield Reading(self, opened)
        finally:
            for descriptor in opened:
                os.close(descriptor)

    def save(self, path: Path) -> None:
        """Writes the table as an npz file."""
        np.savez(path, **asdict(self))


@dataclass(frozen=True, eq=False)
class Reading:
    """Images by their row."""

    images: Images
    opened: Sequence[int]

    def __getitem__(self, row: int) -> Image:
        images = self.images
        data = os.pread(self.opened[images.archive[row]], int(images.size[row]), int(images.offset[row]))
        return Image(data, int(images.label[row]), images.name[row].decode())


def load(path: Path) -> Images:
    """The inverse of `Images.save`."""
    with np.load(path) as stored:
        return Images(**{name: stored[name] for name in stored.files})


def of_archives(raw: Path) -> tuple[list[Split], Images]:
    """The splits whose official archives are in a folder, and their images.

    Raises:
        InputError: there are none, or one cannot be read.
    """
    source = open_source(raw, "archives")
    there = {part.split for part in source.parts if part.kind == "images" and part.path is not None}
    splits = [split for split in SPLITS if split in there]
    source.require(splits or SPLITS, ())
    tables = [source.table(split, cache_folder(), lambda _done, _total: None) for split in splits]
    images = Images(
        archives=np.array([table.files[0] for table in tables]),
        archive=np.concatenate([np.full(len(table), number, np.int32) for number, table in enumerate(tables)]),
        offset=np.concatenate([table.offset for table in tables]),
        size=np.concatenate([table.size for table in tables]),
        label=np.concatenate([table.label for table in tables]),
        name=np.concatenate([table.name for table in tables]),
    )
    return splits, images
