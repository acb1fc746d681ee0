"""The official archives as raw data, read where they lie."""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Literal

import numpy as np

from wizard.errors import InputError, reading
from wizard.ilsvrc2012.archives import BOXES, CLASSES, IMAGES, SPLITS, Split
from wizard.sources import annotations, archives, locate
from wizard.sources.checksums import verify_md5
from wizard.sources.raw import BoxTable, Layout, Part, Progress, Survey
from wizard.sources.samples import SampleTable


class OfficialArchives:
    """A folder that holds some of the archives that image-net.org hands out; see `raw.RawData`."""

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
        """See `RawData.require`."""
        locate.image_archives(self.folder, splits)
        locate.box_archives(self.folder, boxes)

    def survey(self, split: Split, cache: Path, progress: Progress) -> Survey:
        """An archive that has not the official size is walked, which the build then need not do again."""
        path, official = self._images(split), IMAGES[split]
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
            table = archives.read_table(path, split, cache, progress, skip_bad=True)
        except InputError as error:
            if size >= official.bytes:
                raise
            have = f"It has {locate.human_bytes(size)} of the official {locate.human_bytes(official.bytes)}"
            way_out = "if its download broke off, go on with it (imagenet-setup download, wget -c), else fetch it again"
            raise InputError(error.what, f"{have}: {way_out}") from error
        return Survey(
            split=split,
            path=path,
            bytes=size,
            images=len(table),
            image_bytes=int(table.size.sum()),
            classes=len(np.unique(table.label[table.label >= 0])),
        )

    def table(self, split: Split, cache: Path, progress: Progress, *, skip_bad: bool) -> SampleTable:
        """See `RawData.table`."""
        return archives.read_table(self._images(split), split, cache, progress, skip_bad=skip_bad)

    def boxes(self, split: Split, cache: Path, progress: Progress) -> BoxTable:
        """See `RawData.boxes`."""
        return annotations.read_boxes(locate.box_archives(self.folder, [split])[split], cache, progress)

    def prove(
        self, splits: Collection[Split], boxes: Collection[Split], cache: Path, step: Callable[[str], Progress]
    ) -> Iterator[str]:
        """See `RawData.prove`."""
        images, annotated = locate.image_archives(self.folder, splits), locate.box_archives(self.folder, boxes)
        sums = [(path, IMAGES[split].md5(path.name)) for split, path in images.items()]
        sums += [(path, BOXES[split].md5) for split, path in annotated.items()]
        for path, expected in sums:
            when = verify_md5(path, expected, cache, step(f"MD5 of {path.name}"))
            yield f"{path.name} has its official MD5 (verified {when})"

    def _images(self, split: Split) -> Path:
        return locate.image_archives(self.folder, [split])[split]


def image_archive_names() -> set[str]:
    """The file names of the official archives of images."""
    return {name for archive in IMAGES.values() for name in archive.names}


def archive_names() -> set[str]:
    """The file names of all official archives."""
    return image_archive_names() | {name for boxes in BOXES.values() for name in boxes.names}


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
