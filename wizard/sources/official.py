"""The official archives as raw data, read where they lie."""

import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

from wizard.errors import InputError, reading
from wizard.ilsvrc2012.archives import BOXES, CLASSES, IMAGES, SPLITS, Split
from wizard.sources import annotations, archives, locate
from wizard.sources.checksums import verify_md5
from wizard.sources.samples import SampleTable
from wizard.sources.source import BoxTable, Layout, Part, Progress, Survey, surveyed

_BOXES = {name for boxes in BOXES.values() for name in boxes.names}
_TAIL = 1 << 16
"""More than the zeros that the official archives end in: their sizes are multiples of tar's 10,240-byte records."""


class OfficialArchives:
    """A folder that holds some of the archives that image-net.org hands out; see `raw.Source`."""

    layout: Layout = "archives"
    what = "the official archives"
    why: tuple[str, ...]
    parts: tuple[Part, ...]
    own_boxes = False
    annotatable = True

    def __init__(self, folder: Path, there: Collection[str]) -> None:
        self.folder = folder
        images = [_look(folder, there, IMAGES[split].names, "images", split) for split in SPLITS]
        boxes = [_look(folder, there, BOXES[split].names, "boxes", split) for split in BOXES]
        self.parts = (*images, *boxes)
        named = ", ".join(part.path.name for part in self.parts if part.path is not None)
        self.why = (f"It holds {named}.",)

    def require(self, splits: Collection[Split], boxes: Collection[Split]) -> None:
        """See `Source.require`."""
        locate.image_archives(self.folder, splits)
        locate.box_archives(self.folder, boxes)

    def survey(self, split: Split, cache: Path, progress: Progress) -> Survey:
        """An archive that has not the official size is walked, which the build then need not do again."""
        path, official = self._images(split), IMAGES[split]
        with reading(path):
            size = path.stat().st_size
            if size == official.bytes:
                _refuse_hole_at_end(path)
                return Survey(
                    split=split,
                    path=path,
                    bytes=size,
                    images=official.images,
                    image_bytes=official.image_bytes,
                    classes=CLASSES,
                    official=True,
                )
        table = archives.read_table(path, split, cache, progress)
        return replace(surveyed(split, path, table), bytes=size)

    def table(self, split: Split, cache: Path, progress: Progress) -> SampleTable:
        """See `Source.table`."""
        return archives.read_table(self._images(split), split, cache, progress)

    def boxes(self, split: Split, cache: Path, progress: Progress) -> BoxTable:
        """See `Source.boxes`."""
        return annotations.read_boxes(locate.box_archives(self.folder, [split])[split], cache, progress)

    def verify_checksums(
        self, splits: Collection[Split], boxes: Collection[Split], cache: Path, step: Callable[[str], Progress]
    ) -> Iterator[str]:
        """See `Source.verify_checksums`."""
        images, annotated = locate.image_archives(self.folder, splits), locate.box_archives(self.folder, boxes)
        sums = [(path, IMAGES[split].md5(path.name)) for split, path in images.items()]
        sums += [(path, BOXES[split].md5) for split, path in annotated.items()]
        for path, expected in sums:
            if path.name in _BOXES and not _is_gzipped(path):
                yield f"{path.name} was unpacked by a browser, so there is no official MD5 to compare it with"
                continue
            when = verify_md5(path, expected, cache, step(f"MD5 of {path.name}"))
            yield f"{path.name} has its official MD5 (verified {when})"

    def _images(self, split: Split) -> Path:
        return locate.image_archives(self.folder, [split])[split]


def image_archive_names() -> set[str]:
    """The file names of the official archives of images."""
    return {name for archive in IMAGES.values() for name in archive.names}


def archive_names() -> set[str]:
    """The file names of all official archives."""
    return image_archive_names() | _BOXES


def _is_gzipped(path: Path) -> bool:
    with reading(path), path.open("rb") as file:
        return file.read(len(annotations.GZIP)) == annotations.GZIP


def _refuse_hole_at_end(path: Path) -> None:
    """Refuses an archive that ends in too many zeros: space allocated in advance has the right size, but no data."""
    with path.open("rb") as file:
        file.seek(-_TAIL, os.SEEK_END)
        if any(file.read(_TAIL)):
            return
    raise InputError(
        f"{path} has the official size, but ends in zeros: its space was allocated for a download or copy that did not "
        "finish.",
        "Download or copy it again",
    )


def _look(
    folder: Path, there: Collection[str], names: tuple[str, ...], kind: Literal["images", "boxes"], split: Split
) -> Part:
    name = next((name for name in names if name in there), None)
    if name is None:
        return Part(name=names[0], kind=kind, split=split)
    path = folder / name
    problem = hint = ""
    size = 0
    try:
        with reading(path):
            size = path.stat().st_size
            locate.sniff(path)
    except InputError as error:
        problem, hint = error.what, error.hint
    return Part(name=name, kind=kind, split=split, path=path, bytes=size, problem=problem, hint=hint)
