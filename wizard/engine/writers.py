"""Writes a shard so that it appears under its name only when it is whole and on disk."""

import hashlib
import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from wizard.formats import tfrecord

INDEX_FOLDER = "idx"
"""Index files carry their shard's name in a folder of their own: a glob of train-* must not find them."""
_PREFIX, _SUFFIX = ".building-", ".tmp"


class Written(NamedTuple):
    """A committed shard: its size in bytes and its sha256 in hex."""

    bytes: int
    sha256: str


class Writer(Protocol):
    """Takes records; `size` is what they come to so far, in bytes."""

    size: int

    def write(self, payload: bytes) -> None:
        """Appends one record."""


class Discarding:
    """Does a TFRecordWriter's work and keeps nothing of it, to learn what it comes to."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, payload: bytes) -> None:
        """Frames one record and counts it."""
        frame = tfrecord.frame(payload)
        self._digest.update(frame)
        self.size += len(frame)


class TFRecordWriter:
    """Writes records under a temporary name; `commit` gives the file its own, leaving the block removes it.

    Beside the shard goes an index: a line "offset length" for each frame, as DALI's tfrecord2idx writes it.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._target = folder / name
        handle, temporary = tempfile.mkstemp(prefix=f"{_PREFIX}{name}-", suffix=_SUFFIX, dir=folder)
        self._temporary = Path(temporary)
        self._file = os.fdopen(handle, "wb", buffering=1 << 20)
        self._digest = hashlib.sha256()
        self._index: list[str] = []
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._file.close()
        finally:
            self._temporary.unlink(missing_ok=True)

    def write(self, payload: bytes) -> None:
        """Appends one record."""
        frame = tfrecord.frame(payload)
        self._file.write(frame)
        self._digest.update(frame)
        self._index.append(_index_line(self.size, len(frame)))
        self.size += len(frame)

    def commit(self) -> Written:
        """Puts index and shard in place, both whole and flushed to disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        write_whole(self._target.parent / INDEX_FOLDER / self._target.name, "".join(self._index).encode())
        self._temporary.chmod(0o666 & ~_umask())
        self._temporary.replace(self._target)
        _sync_folder(self._target.parent)
        return Written(self.size, self._digest.hexdigest())


def restore_index(folder: Path, shard: str) -> None:
    """Writes a shard's index anew from the shard itself.

    Raises:
        tfrecord.RecordDamage: the shard cannot be walked.
    """
    with (folder / shard).open("rb") as file:
        lines = [_index_line(offset, size) for offset, size in tfrecord.spans(file)]
    write_whole(folder / INDEX_FOLDER / shard, "".join(lines).encode())


def write_whole(target: Path, content: bytes) -> None:
    """Writes a small file by temporary name, fsync and rename; on disk, name and all, when this returns."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=_PREFIX, suffix=_SUFFIX, dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(target)
        _sync_folder(target.parent)
    finally:
        Path(temporary).unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> None:
    """Removes what killed writers left in a dataset's folder."""
    for place in (folder, folder / INDEX_FOLDER):
        for file in place.glob(f"{_PREFIX}*{_SUFFIX}"):
            file.unlink(missing_ok=True)


def _index_line(offset: int, size: int) -> str:
    return f"{offset} {size}\n"


def _umask() -> int:
    """The process's umask, which can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    """Makes a rename survive a power cut, where the system lets a folder be opened (Windows does not)."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
