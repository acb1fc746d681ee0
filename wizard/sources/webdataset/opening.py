"""Opens shards, compressed or not, and tells by their first members whether they are WebDataset shards."""

import gzip
import zlib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import IO, Literal, NamedTuple, cast

from wizard.formats import tar
from wizard.formatting import human_bytes
from wizard.sources.locate import says_html
from wizard.sources.webdataset.members import field_of
from wizard.sources.webdataset.said import InvalidSample, Said, said

Compression = Literal["", "gzip"]
PACKED_ERRORS = (EOFError, zlib.error, gzip.BadGzipFile)
"""What a damaged compressed file raises while it is read."""
LARGEST = 1 << 20
"""Most bytes of a `cls` or `json` that are read."""
_GZIP = b"\x1f\x8b"
_POINTER = b"version https://git-lfs.github.com/spec/"
_LOOKED_AT = 64  # members of a shard whose names are looked at
_READ = 8  # contents of which are read


class Glimpse(NamedTuple):
    """The first members of a shard: whether they are samples with labels, and whether these have boxes."""

    samples: bool
    boxes: bool = False


def compression_of(path: Path) -> Compression:
    """How a file is compressed, by its first bytes.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return "gzip" if file.read(len(_GZIP)) == _GZIP else ""


def why_no_tar(path: Path) -> str:
    """Why a file cannot be a shard by its first bytes, as the end of a sentence; empty where it can.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(tar.BLOCK)
    size = human_bytes(path.stat().st_size)
    if not head:
        return "is empty"
    if head.startswith(_POINTER):
        return f"is a pointer of Git LFS ({size}), not the file that it stands for"
    if says_html(head):
        return f"is an HTML page of {size}, most likely a login or error page saved under the shard's name"
    if head.startswith(_GZIP) or not any(head) or tar.is_header(head):
        return ""
    return f"({size}) is no tar archive: it begins with {head[:16]!r}"


@contextmanager
def opened(path: Path, compression: Compression) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """The shard's bytes, to be read forwards, and the file itself, whose position says how far it is read."""
    if not compression:
        with path.open("rb", buffering=0) as file:
            yield file, file
        return
    with path.open("rb") as packed, gzip.open(packed) as stream:
        yield cast(IO[bytes], stream), packed


def glimpse(path: Path) -> Glimpse:
    """Whether a file is a shard: among its first members are an image and a cls, or a json with a label, of one key.

    Raises:
        OSError: it cannot be read.
    """
    if why_no_tar(path):
        return Glimpse(False)
    kinds: dict[str, set[str]] = defaultdict(set)
    texts: dict[str, Said] = {}
    with suppress(tar.TarDamage, *PACKED_ERRORS), opened(path, compression_of(path)) as (file, _):
        for member in islice(tar.members(file), _LOOKED_AT):
            field = field_of(member.name)
            if field is None:
                continue
            kinds[field.key].add(field.kind)
            if field.kind == "json" and len(texts) < _READ:
                file.seek(member.offset)
                with suppress(InvalidSample):
                    texts[field.key] = said(None, file.read(min(member.size, LARGEST)))
    labeled = [
        key
        for key, found in kinds.items()
        if "image" in found and ("cls" in found or (key in texts and (texts[key].label >= 0 or texts[key].name)))
    ]
    return Glimpse(bool(labeled), any(each.boxes is not None for each in texts.values()))
