"""Writes a shard so that it appears under its name only when it is whole and on disk."""

import csv
import ctypes
import hashlib
import io
import os
import shutil
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from wizard.engine.records import Entry, ending, serialised
from wizard.engine.targets import INDEX_FOLDER, LISTINGS, STATE_FOLDER, Target
from wizard.formats import tfrecord
from wizard.storage import PREFIX, SUFFIX, publish, write_whole

_STAGING = f"{STATE_FOLDER}/building"
"""Where image files wait until their shard is whole."""


class Written(NamedTuple):
    """A committed shard: its bytes and its sha256 in hex; of image files, theirs together and their listing's sum."""

    bytes: int
    sha256: str


class Writer(Protocol):
    """Takes images; `size` is what they come to so far, in bytes."""

    size: int

    def write(self, entry: Entry) -> None:
        """Appends one image."""

    def commit(self) -> Written:
        """Puts the shard in place, whole and flushed to disk."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Discarding:
    """Does a writer's work and keeps nothing of it, to learn what it comes to."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, entry: Entry) -> None:
        """Serialises one image and counts it."""
        content = serialised(entry, self._target)
        self._digest.update(content)
        self.size += len(content)


def writer(folder: Path, split: str, shard: str, target: Target) -> Writer:
    """What writes a shard of this target into the output folder."""
    return ImageFiles(folder, split, shard, target) if target.of_files else OneFile(folder, shard, target)


class OneFile:
    """Writes a shard that is one file; leaving the block before `commit` leaves nothing.

    Beside a shard of TFRecords goes an index: a line "offset length" for each frame, as DALI's tfrecord2idx writes it.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """

    def __init__(self, folder: Path, shard: str, target: Target) -> None:
        self._folder, self._shard, self._what = folder, shard, target
        self._target = folder / target.file(shard)
        if self._target.parent != folder:  # an output folder that is gone is not made anew
            self._target.parent.mkdir(exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f"{PREFIX}{shard}-", suffix=SUFFIX, dir=self._target.parent)
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

    def write(self, entry: Entry) -> None:
        """Appends one image."""
        content = serialised(entry, self._what)
        self._index.append(_index_line(self.size, len(content)))
        self._append(content)

    def commit(self) -> Written:
        """Puts index and shard in place, both whole and flushed to disk."""
        self._append(ending(self._what))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        if self._what.indexed:
            (self._folder / INDEX_FOLDER).mkdir(exist_ok=True)
            write_whole(self._folder / INDEX_FOLDER / self._shard, "".join(self._index).encode())
        publish(self._temporary, self._target)
        return Written(self.size, self._digest.hexdigest())

    def _append(self, content: bytes) -> None:
        self._file.write(content)
        self._digest.update(content)
        self.size += len(content)


class ImageFile(NamedTuple):
    """A line of a listing: a file below the output folder, its size in bytes, and its sha256 in hex."""

    path: str
    bytes: int
    sha256: str


class ImageFiles:
    """Writes a shard that is many image files, and last a listing of them, without which they do not count.

    The files wait in a folder of their own until all are on disk; a shard that is built again replaces them one by one
    with the same bytes.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """

    def __init__(self, folder: Path, split: str, shard: str, target: Target) -> None:
        self._folder, self._split, self._shard, self._target = folder, split, shard, target
        for place in (STATE_FOLDER, _STAGING):  # but not the folder itself, should it be gone
            (folder / place).mkdir(exist_ok=True)
        self._waiting = Path(tempfile.mkdtemp(prefix=f"{shard}-", dir=folder / _STAGING))
        self._files: list[ImageFile] = []
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._waiting, ignore_errors=True)

    def write(self, entry: Entry) -> None:
        """Writes one image file, not yet to its place."""
        content = serialised(entry, self._target)
        (self._waiting / str(len(self._files))).write_bytes(content)
        path = self._target.image(self._split, entry.name, entry.wnid)
        self._files.append(ImageFile(path, len(content), hashlib.sha256(content).hexdigest()))
        self.size += len(content)

    def commit(self) -> Written:
        """Puts the files and then their listing in place, all flushed to disk."""
        waiting = [self._waiting / str(place) for place in range(len(self._files))]
        _sync_files(waiting)
        made: set[Path] = set()
        for file, (path, _, _) in zip(waiting, self._files, strict=True):
            target = self._folder / path
            if target.parent not in made:
                _make_folders(self._folder, target.parent)
                made.add(target.parent)
            file.replace(target)
        listing = listed(self._files)
        (self._folder / LISTINGS).mkdir(exist_ok=True)
        write_whole(self._folder / self._target.file(self._shard), listing)
        return Written(self.size, hashlib.sha256(listing).hexdigest())


def listed(files: list[ImageFile]) -> bytes:
    """The listing of a shard's image files, as CSV."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(ImageFile._fields)
    rows.writerows(files)
    return text.getvalue().encode()


def read_listing(listing: bytes) -> list[ImageFile]:
    """The inverse of `listed`.

    Raises:
        ValueError: it is none.
    """
    try:
        rows = list(csv.reader(io.StringIO(listing.decode(), newline="")))
    except csv.Error as error:
        raise ValueError("no listing of image files") from error
    if not rows or tuple(rows[0]) != ImageFile._fields or any(len(row) != len(ImageFile._fields) for row in rows):
        raise ValueError("no listing of image files")
    return [ImageFile(path, int(size), digest) for path, size, digest in rows[1:]]


def restore_index(folder: Path, shard: str, target: Target) -> None:
    """Writes a shard's index anew from the shard itself.

    Raises:
        tfrecord.RecordDamage: the shard cannot be walked.
    """
    with (folder / target.file(shard)).open("rb") as file:
        lines = [_index_line(offset, size) for offset, size in tfrecord.spans(file)]
    (folder / INDEX_FOLDER).mkdir(exist_ok=True)
    write_whole(folder / INDEX_FOLDER / shard, "".join(lines).encode())


def remove_leftovers(folder: Path, target: Target) -> None:
    """Removes what killed writers left in a dataset's folder."""
    shutil.rmtree(folder / _STAGING, ignore_errors=True)
    for place in {"", INDEX_FOLDER, LISTINGS, *target.places}:
        for file in (folder / place).glob(f"{PREFIX}*{SUFFIX}"):
            file.unlink(missing_ok=True)


def _make_folders(folder: Path, below: Path) -> None:
    """Creates a folder below the output folder and its parents, but not the output folder itself if it is missing."""
    made = folder
    for part in below.relative_to(folder).parts:
        made /= part
        made.mkdir(exist_ok=True)


def _index_line(offset: int, size: int) -> str:
    return f"{offset} {size}\n"


def _sync_files(files: list[Path]) -> None:
    """Flushes them together where the system can flush one file system, for one by one takes a disk ten times longer.

    Linux's syncfs is not in Python's os (see syncfs(2)).
    """
    if not files:
        return
    syncfs = getattr(ctypes.CDLL(None), "syncfs", None) if sys.platform == "linux" else None
    for file in files:
        handle = os.open(file, os.O_RDWR)
        try:
            if syncfs is not None and syncfs(handle) == 0:
                return
            os.fsync(handle)
        finally:
            os.close(handle)
