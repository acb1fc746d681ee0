"""The archives that image-net.org hands out, read where they lie."""

import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from pathlib import Path

from wizard.errors import InputError, reading
from wizard.ilsvrc2012.archives import ARCHIVE_NAMES, BOX_ARCHIVES, BOXES, CLASSES, IMAGES, SPLITS, Split
from wizard.sources import annotations, locate
from wizard.sources.archives.index import read_table
from wizard.sources.checksums import verify_md5, when_verified
from wizard.sources.options import SourceOptions
from wizard.sources.samples import SampleTable
from wizard.sources.source import BoxTable, Kind, Part, Progress, Source, Survey, surveyed

LOOKS_LIKE = (
    "the official archives (ILSVRC2012_img_train.tar, ILSVRC2012_img_val.tar, ILSVRC2012_img_test_v10102019.tar)"
)
# More than the zeros that the official archives end in: their sizes are multiples of tar's 10,240-byte records.
_TAIL = 1 << 16


def recognize(folder: Path, options: SourceOptions) -> Source | None:
    """The official archives in a folder, if there are any or they are asked for; see `SourceModule`."""
    there = {entry.name for entry in folder.iterdir()}
    if options.layout == "auto" and there.isdisjoint(ARCHIVE_NAMES):
        return None
    return OfficialArchives(folder, there)


class OfficialArchives(Source):
    """A folder that holds some of the archives that image-net.org hands out."""

    what = "the official archives"
    official = True
    inferred = False
    label_choices = ("auto", "ilsvrc2012")
    labels_are = "ImageNet's"
    annotatable = True

    def __init__(self, folder: Path, there: Collection[str]) -> None:
        self.folder = folder
        images = [_look(folder, there, [*IMAGES[split].md5s], "images", split) for split in SPLITS]
        boxes = [_look(folder, there, [*BOXES[split].names], "boxes", split) for split in BOXES]
        self.parts = (*images, *boxes)
        named = ", ".join(part.path.name for part in self.parts if part.path is not None)
        self.why = (f"It holds {named}.",)

    def survey(self, split: Split, cache: Path, progress: Progress) -> Survey:
        """An archive that has not the official size is walked, which the build then need not do again."""
        path, official = self.path("images", split), IMAGES[split]
        md5 = official.md5s[path.name]
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
                    md5=md5,
                    verified=when_verified(path, md5, cache),
                )
        table = read_table(path, split, cache, progress)
        found = replace(surveyed(split, path, table), bytes=size)
        if official.bytes or len(table) != official.images:
            return found
        return replace(found, md5=md5, verified=when_verified(path, md5, cache))

    def table(self, split: Split, cache: Path, progress: Progress) -> SampleTable:
        """The images in the archive's order."""
        return read_table(self.path("images", split), split, cache, progress)

    def boxes(self, split: Split, cache: Path, progress: Progress) -> BoxTable:
        """The boxes of an archive of annotations."""
        return annotations.read_boxes(self.path("boxes", split), cache, progress)

    def verify_checksums(
        self, splits: Collection[Split], boxes: Collection[Split], cache: Path, step: Callable[[str], Progress]
    ) -> Iterator[str]:
        """A box archive that a browser unpacked has no sum to compare with."""
        images = [(self.path("images", split), split) for split in splits]
        sums = [(path, IMAGES[split].md5s[path.name]) for path, split in images]
        sums += [(self.path("boxes", split), BOXES[split].md5) for split in boxes]
        for path, expected in sums:
            if path.name in BOX_ARCHIVES and not annotations.is_gzipped(path):
                yield f"{path.name} was unpacked by a browser, so there is no official MD5 to compare it with"
                continue
            when = verify_md5(path, expected, cache, step(f"MD5 of {path.name}"))
            yield f"{path.name} has its official MD5 (verified {when})"


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


def _look(folder: Path, there: Collection[str], names: list[str], kind: Kind, split: Split) -> Part:
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
