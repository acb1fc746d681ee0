"""Opens shards, compressed or not, and tells by their first members whether they are WebDataset shards."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import IO, NamedTuple

from wizard.errors import InputError
from wizard.formats import tar
from wizard.formatting import human_bytes
from wizard.sources import streams
from wizard.sources.locate import says_html
from wizard.sources.webdataset.members import field_of
from wizard.sources.webdataset.said import InvalidSample, Said, said

LARGEST = 1 << 20
"""Most bytes of a `cls` or `json` that are read."""
_POINTER = b"version https://git-lfs.github.com/spec/"
_LOOKED_AT = 64  # members of a shard whose names are looked at
_READ = 8  # json members that are read
_UNPACKED = 1 << 24
"""Bytes of a compressed file after which it is given up: an archive of archives, whose members take long to pass by."""


class Glimpse(NamedTuple):
    """The first members of a tar file.

    Attributes:
        samples: whether there are samples with labels among them.
        boxes: whether these state boxes.
        damaged: whether there is not even one image, because the file is damaged.
    """

    samples: bool
    boxes: bool = False
    damaged: bool = False


def compression_of(path: Path) -> str:
    """How a file is compressed, by its first bytes; empty if it is not.

    Raises:
        OSError: it cannot be read.
    """
    return streams.compression(_head(path))


def why_no_tar(path: Path) -> str:
    """Why a file cannot be a shard by its first bytes, as the end of a sentence; empty where it can.

    Raises:
        OSError: it cannot be read.
    """
    head = _head(path)
    size = human_bytes(path.stat().st_size)
    if not head:
        return "is empty"
    if head.startswith(_POINTER):
        return f"is a pointer of Git LFS ({size}), not the file that it stands for"
    if says_html(head):
        return f"is an HTML page of {size}, most likely a login or error page saved under the shard's name"
    if streams.compression(head) or not any(head) or tar.is_header(head):
        return ""
    return f"({size}) is not a tar archive: it begins with {head[:16]!r}"


@contextmanager
def opened(path: Path, compression: str) -> Iterator[tuple[IO[bytes], Callable[[], int]]]:
    """The shard's bytes, to be read forwards, and a function that says how many of the file's are read.

    Raises:
        InputError: a compressed file is damaged; also while it is read.
        OSError: it cannot be read.
    """
    if not compression:
        with path.open("rb", buffering=0) as file:
            yield file, file.tell
        return
    with streams.open_stream(path) as stream:
        yield stream, lambda: streams.packed_position(stream)


def glimpse(path: Path) -> Glimpse:
    """Whether a file is a shard: among its first members are an image and a cls, or a json with a label, of one key.

    Raises:
        OSError: it cannot be read.
    """
    if why_no_tar(path):
        return Glimpse(False)
    kinds: dict[str, set[str]] = defaultdict(set)
    texts: dict[str, Said] = {}
    damaged = False
    try:
        _look(path, kinds, texts)
    except (tar.TarDamage, InputError):  # reported when the shard is read
        damaged = not any("image" in found for found in kinds.values())
    labeled = {key for key, each in texts.items() if each.label >= 0 or each.name}
    samples = any("image" in found and ("cls" in found or key in labeled) for key, found in kinds.items())
    return Glimpse(samples, any(each.boxes is not None for each in texts.values()), damaged)


def _look(path: Path, kinds: dict[str, set[str]], texts: dict[str, Said]) -> None:
    """Adds the kinds of each key's members, and what their json says."""
    compression = compression_of(path)
    with opened(path, compression) as (file, _):
        for member in islice(tar.members(file), _LOOKED_AT):
            field = field_of(member.name)
            if field is not None:
                kinds[field.key].add(field.kind)
            if field is not None and field.kind == "json" and len(texts) < _READ:
                file.seek(member.offset)
                with suppress(InvalidSample):
                    texts[field.key] = said(None, file.read(min(member.size, LARGEST)))
            if compression and member.offset + member.size > _UNPACKED:
                return


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(tar.BLOCK)
