"""Reads annotations as they are: a tar of XML files at any depth, gzipped or not, or of such tars, or a folder."""

import gzip
import io
import os
import zlib
from collections.abc import Iterator, Sequence
from itertools import compress
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from wizard.errors import Hint, InputError, reading
from wizard.formats import tar
from wizard.formats.arrays import Boxes
from wizard.formats.padding import is_padding
from wizard.ilsvrc2012.annotation_xml import BadAnnotation, parse_annotation
from wizard.ilsvrc2012.archives import BOXES, Split
from wizard.ilsvrc2012.boxes import is_valid, relative_boxes
from wizard.ilsvrc2012.synsets import rank_of_image, synsets
from wizard.sources.cache import Arrays, cached
from wizard.sources.locate import zeros_warning
from wizard.sources.mounts import filesystem
from wizard.sources.source import BoxTable, Part, Progress
from wizard.sources.trees.listing import Bounds, walk

_GZIP = b"\x1f\x8b"
_LARGEST_MEMBER = 1 << 26
_CHUNK = 1 << 20
_BUFFER = 1 << 17
"""Bytes of a gzipped archive that are unpacked at once: a read from gzip's own file costs as much as an annotation."""
_BATCH = 1000  # annotations between two reports of progress, whose boxes are made relative together
_UNPACK = Hint("Unpack the box archive there, or leave the boxes out with {}", "source.boxes=none")
_AGAIN = Hint("Unpack the box archive again, or leave the boxes out with {}", "source.boxes=none")
_FETCH = Hint("Fetch the archive again, or leave the boxes out with {}", "source.boxes=none")


def archives_in(folders: Sequence[Path]) -> tuple[Part, ...]:
    """The parts of the official archives of boxes, each in the first folder that holds it; none where none does."""
    parts = tuple(_archive_in(folders, split) for split in BOXES)
    return parts if any(part.path is not None for part in parts) else ()


def _archive_in(folders: Sequence[Path], split: Split) -> Part:
    names = BOXES[split].names
    path = next((folder / name for folder in folders for name in names if (folder / name).is_file()), None)
    return Part(name=names[0], kind="boxes", split=split, path=path, bytes=path.stat().st_size if path else 0)


def read_boxes(path: Path, cache: Path, progress: Progress) -> BoxTable:
    """All boxes of an archive.

    Annotations whose name is not that of an ILSVRC2012 image are ignored, so the whole-ImageNet archive serves
    as well.

    Raises:
        InputError: the archive is damaged, an annotation cannot be read, or there is none.
    """

    def make() -> Arrays:
        table = _read(path, progress)
        return {
            "name": table.names,
            "boxes": table.boxes,
            "rejected": np.array(table.rejected),
            "warnings": np.array([*map(os.fsencode, table.warnings)], dtype=np.bytes_),
        }

    with reading(path):
        arrays = cached(cache, path, "boxes6", make, progress=progress)
    warnings = tuple(map(os.fsdecode, arrays["warnings"].tolist()))
    return BoxTable(arrays["name"], arrays["boxes"], int(arrays["rejected"]), warnings)


def read_box_folder(folder: Path, bounds: Bounds, progress: Progress) -> BoxTable:
    """All boxes of a folder of annotations at any depth, by the same rules.

    Raises:
        InputError: an annotation cannot be read, an image has two, or there is none.
    """
    found: dict[str, str] = {}
    for below, _ in sorted(walk(folder, bounds, lambda entry: entry.name.endswith(".xml"))):
        image = _image(below)
        if rank_of_image(image) is not None and found.setdefault(image, below) != below:
            raise InputError(
                f"{folder} holds annotations of {image} twice: {found[image]} and {below}.", "Remove one of the two"
            )
    boxes = _BoxCollector(_AGAIN)
    images = {below: image for image, below in found.items()}
    for below in filesystem.in_reading_order(folder, images):
        path, image = folder / below, images[below]
        with reading(path):
            xml = filesystem.read_bytes(path)
        boxes.add(str(path), image, xml)
        if boxes.seen % _BATCH == 0:
            progress(boxes.seen, len(found))
    table = boxes.table(folder, _UNPACK)
    progress(len(found), len(found))
    return table


def is_gzipped(path: Path) -> bool:
    """Whether a file is compressed, by its first bytes.

    Raises:
        InputError: it cannot be read.
    """
    with reading(path), path.open("rb") as file:
        return file.read(len(_GZIP)) == _GZIP


class _BoxCollector:
    """The boxes of the annotations read so far; `way_out` is the hint for one that cannot be read."""

    def __init__(self, way_out: str) -> None:
        self.warnings: list[str] = []
        self.seen = 0
        self._way_out = way_out
        self._rejected = 0
        # Of a batch's boxes, in pixels.
        self._images: list[bytes] = []
        self._sizes: list[tuple[float, float]] = []
        self._corners: list[int] = []
        # Of each batch before it.
        self._names: list[npt.NDArray[np.bytes_]] = []
        self._boxes: list[Boxes] = []

    def add(self, where: str, image: str, xml: bytes) -> None:
        """Adds an annotation; skips it if its image is not one of ILSVRC2012."""
        rank = rank_of_image(image)
        if rank is None:
            return
        try:
            found = parse_annotation(xml)
        except BadAnnotation as error:
            raise InputError(f"{where} is not a readable annotation: {error}.", self._way_out) from error
        count = len(found.corners) // 4
        if is_valid(found, synsets()[rank].wnid):
            self._images += [os.fsencode(image)] * count
            self._sizes += [(found.width, found.height)] * count
            self._corners += found.corners
        else:
            self._rejected += count
        self.seen += 1
        if self.seen % _BATCH == 0:
            self._end_batch()

    def _end_batch(self) -> None:
        corners, sizes = np.array(self._corners, np.float64), np.array(self._sizes, np.float64)
        boxes, kept = relative_boxes(corners.reshape(-1, 4), sizes.reshape(-1, 2))
        self._names.append(np.array([*compress(self._images, kept.tolist())], dtype=np.bytes_))
        self._boxes.append(boxes[kept])
        self._rejected += len(boxes) - int(kept.sum())
        self._images, self._sizes, self._corners = [], [], []

    def table(self, source: Path, hint: str) -> BoxTable:
        """The boxes by image, and of an image in the order of the older systems' CSV, which has four decimals."""
        if not self.seen:
            raise InputError(f"{source} holds no annotation of an ILSVRC2012 image.", hint)
        self._end_batch()
        names, boxes = np.concatenate(self._names), np.concatenate(self._boxes)
        xmin, ymin, xmax, ymax = np.round(boxes, 4).T
        order = np.lexsort((ymax, xmax, ymin, xmin, names))
        return BoxTable(names[order], boxes[order], self._rejected, tuple(self.warnings))


def _read(path: Path, progress: Progress) -> BoxTable:
    boxes = _BoxCollector(_FETCH)
    total = path.stat().st_size

    def ended(size: int, zeros: int) -> None:
        if not is_padding(size, zeros):
            boxes.warnings.append(zeros_warning(str(path), zeros, "annotations"))

    with path.open("rb") as file:
        try:
            for name, xml in _annotations(file, ended):
                boxes.add(f"{path}: {name}", _image(name), xml)
                if boxes.seen % _BATCH == 0:
                    progress(file.tell(), total)
        except tar.TarDamage as error:
            raise InputError(f"{path}: {error}.", error.hint or _FETCH) from error
        except (EOFError, OSError, zlib.error) as error:
            raise InputError(f"{path} is damaged: {error}.", _FETCH) from error
    table = boxes.table(path, _FETCH)
    progress(total, total)
    return table


def _image(annotation: str) -> str:
    return f"{annotation.rpartition('/')[2].removesuffix('.xml')}.JPEG"


def _annotations(file: IO[bytes], ended: tar.Ended) -> Iterator[tuple[str, bytes]]:
    magic = file.read(len(_GZIP))
    file.seek(0)
    if magic == _GZIP:
        with gzip.open(file) as stream, io.BufferedReader(stream, _BUFFER) as unpacked:
            yield from _members(unpacked, ended)
            while unpacked.read(_CHUNK):
                pass  # gzip's own checksum is compared at the stream's end alone
    else:
        yield from _members(file, ended)


def _members(archive: IO[bytes], ended: tar.Ended) -> Iterator[tuple[str, bytes]]:
    for member in tar.members(archive, head=_LARGEST_MEMBER, ended=ended):
        if member.name.endswith(".xml"):
            if member.size > _LARGEST_MEMBER:
                raise tar.TarDamage(f"{member.name} has {member.size:,} bytes")
            yield member.name, member.head
        elif member.name.endswith((".tar", ".tar.gz", ".tgz")):
            yield from _annotations(io.BytesIO(member.head), ended)
