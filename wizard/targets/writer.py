"""What writes a shard, and what it leaves."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol, Self

from wizard.targets.sample import OutputSample

Encoder = Callable[[OutputSample], bytes]
"""Gives the serialized form of an image."""


class ImageFile(NamedTuple):
    """A file below the output folder, its size in bytes, and its sha256 in hex."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Committed:
    """A shard that is in place.

    Attributes:
        bytes: of the shard; of image files, theirs together.
        sha256: of the shard, in hex; of image files, of the list of them.
        files: the image files that the shard consists of; empty where it is one file.
    """

    bytes: int
    sha256: str
    files: tuple[ImageFile, ...] = ()


class Writer(Protocol):
    """Writes one shard; leaving the block before `commit` leaves nothing. `size` is the bytes so far."""

    size: int

    def write(self, sample: OutputSample) -> None:
        """Appends one image."""

    def commit(self) -> Committed:
        """Puts the shard in place, whole and flushed to disk."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class NullWriter:
    """Does a writer's work without storing anything, to measure its size.

    Args:
        encode: gives the bytes that stand for an image; see `Target.encoder`.
    """

    def __init__(self, encode: Encoder) -> None:
        self._encode = encode
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, sample: OutputSample) -> None:
        """Encodes one image and counts its bytes."""
        content = self._encode(sample)
        self._digest.update(content)
        self.size += len(content)
