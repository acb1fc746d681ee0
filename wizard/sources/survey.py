"""What an image archive holds, as quickly as it can be told: by its official size, else by its headers."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wizard.errors import InputError, reading
from wizard.ilsvrc2012.archives import CLASSES, IMAGES, Split
from wizard.sources.archives import Progress, read_table
from wizard.sources.locate import human_bytes


@dataclass(frozen=True, kw_only=True)
class Survey:
    """An image archive at a glance.

    Attributes:
        split: whose images it holds.
        path: the archive.
        bytes: its size.
        images: how many it holds.
        image_bytes: what they come to together.
        classes: how many classes they are of.
        official: whether it has exactly the official archive's size, whose counts are then taken for granted.
    """

    split: Split
    path: Path
    bytes: int
    images: int
    image_bytes: int
    classes: int
    official: bool


def survey(path: Path, split: Split, cache: Path, progress: Progress) -> Survey:
    """Looks at an archive; one that has not the official size is walked, which the build then need not do again.

    Raises:
        InputError: it is truncated, damaged, or not what its name says.
    """
    official = IMAGES[split]
    with reading(path):
        size = path.stat().st_size
    if size == official.bytes:
        return Survey(
            split=split,
            path=path,
            bytes=size,
            images=official.images,
            image_bytes=official.image_bytes,
            classes=CLASSES,
            official=True,
        )
    try:
        table = read_table(path, split, cache, progress, skip_bad=True)
    except InputError as error:
        if size >= official.bytes:
            raise
        have = f"It has {human_bytes(size)} of the official {human_bytes(official.bytes)}"
        raise InputError(
            error.what, f"{have}: if its download broke off, go on with it (wget -c, curl -C -), else fetch it again"
        ) from error
    return Survey(
        split=split,
        path=path,
        bytes=size,
        images=len(table),
        image_bytes=int(table.size.sum()),
        classes=len(np.unique(table.label)),
        official=False,
    )
