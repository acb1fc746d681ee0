"""Reads the box archives as they are: a tar of XML files at any depth, gzipped or not, or of such tars."""

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

import numpy as np
import numpy.typing as npt

from wizard.errors import InputError, reading
from wizard.formats import tar
from wizard.formats.arrays import Boxes
from wizard.ilsvrc2012.boxes import Annotation, BadAnnotation, parse
from wizard.ilsvrc2012.synsets import rank_of_image, synsets
from wizard.sources.cache import Arrays, cached
from wizard.sources.raw import BoxTable, Progress

_GZIP = b"\x1f\x8b"
_LARGEST_MEMBER = 1 << 26
_CHUNK = 1 << 20
_FETCH = "Fetch the archive again, or leave the boxes out with --set source.boxes=none"


def read_boxes(path: Path, cache: Path, progress: Progress) -> BoxTable:
    """All boxes of an archive.

    Annotations whose name is not that of an ILSVRC2012 image are passed over, so the whole-ImageNet archive serves
    as well.

    Raises:
        InputError: the archive is damaged, an annotation cannot be read, or there is none.
    """

    def make() -> Arrays:
        table = _read(path, progress)
        return {"name": table.names, "boxes": table.boxes, "rejected": np.array(table.rejected)}

    with reading(path):
        arrays = cached(cache, path, "boxes4", make)
    return BoxTable(arrays["name"], arrays["boxes"], int(arrays["rejected"]))


def _read(path: Path, progress: Progress) -> BoxTable:
    names: list[bytes] = []
    boxes: list[Boxes] = []
    seen = rejected = 0
    total = path.stat().st_size
    with path.open("rb") as file:
        try:
            for name, xml in _annotations(file):
                image = f"{name.rpartition('/')[2].removesuffix('.xml')}.JPEG"
                rank = rank_of_image(image)
                if rank is None:
                    continue
                found = _parsed(path, name, xml, synsets()[rank].wnid)
                names += [image.encode()] * len(found.boxes)
                boxes.append(found.boxes)
                rejected += found.rejected
                seen += 1
                if seen % 1000 == 0:
                    progress(file.tell(), total)
        except (tar.TarDamage, EOFError, OSError, zlib.error) as error:
            raise InputError(f"{path} is damaged: {error}.", _FETCH) from error
    if not seen:
        raise InputError(f"{path} holds no annotation of an ILSVRC2012 image.", _FETCH)
    progress(total, total)
    column, corners = np.array(names, dtype=np.bytes_), np.concatenate(boxes)
    order = _order(column, corners)
    return BoxTable(column[order], corners[order], rejected)


def _order(names: npt.NDArray[np.bytes_], boxes: Boxes) -> npt.NDArray[np.intp]:
    """By name, then as the older systems' sorted CSV of four decimals has an image's boxes."""
    xmin, ymin, xmax, ymax = np.round(boxes, 4).T
    return np.lexsort((ymax, xmax, ymin, xmin, names))


def _parsed(path: Path, name: str, xml: bytes, wnid: str) -> Annotation:
    try:
        return parse(xml, wnid)
    except BadAnnotation as error:
        raise InputError(f"{path}: {name} is no annotation that can be read: {error}.", _FETCH) from error


def _annotations(file: IO[bytes]) -> Iterator[tuple[str, bytes]]:
    magic = file.read(len(_GZIP))
    file.seek(0)
    if magic == _GZIP:
        with gzip.open(file) as unpacked:
            yield from _members(cast(IO[bytes], unpacked))
            while unpacked.read(_CHUNK):
                pass  # gzip's own checksum is compared at the stream's end alone
    else:
        yield from _members(file)


def _members(archive: IO[bytes]) -> Iterator[tuple[str, bytes]]:
    for member in tar.members(archive, head=_LARGEST_MEMBER):
        if member.name.endswith(".xml"):
            if member.size > _LARGEST_MEMBER:
                raise tar.TarDamage(f"{member.name} has {member.size:,} bytes")
            yield member.name, member.head
        elif member.name.endswith((".tar", ".tar.gz", ".tgz")):
            yield from _annotations(io.BytesIO(member.head))
