"""ArrayRecord files, read and written with the package array_record, which is installed as an extra.

A file is a Riegeli container with an index of its chunks at the end; a chunk holds a group of records, compressed
together. In groups of one, records can be read in any order. Every chunk has a hash, which is checked.
Source: google/array_record, `cpp/array_record_writer.h` and `python/array_record_module.cc` of version 0.8.6.
"""

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

_DISTRIBUTION = "array-record"
INSTALL = f"pip install {_DISTRIBUTION}"
_READING = "readahead_buffer_size:0,max_parallelism:0"  # the fastest for single records, and no work on other threads
_WRITING = "group_size:1"
"""As TFDS writes them (`tensorflow_datasets/core/file_adapters.py`), which Grain asks for; the rest are defaults: zstd
at level 3, and one thread, whose number changes no byte."""
_BUFFER = 1 << 15  # bytes; of the default, 1 MiB, most would be read in vain
_NO_INDEX = "its index, at the end, cannot be read; it may be cut off"
_GROUP = re.compile(r"group_size:(\d+)", re.ASCII)
_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.ENOENT, errno.EIO)


class ArrayRecordDamage(ValueError):
    """A file that is no whole ArrayRecord; the message is a clause on what cannot be read."""


def installed_version() -> str:
    """The version of the package, whose zstd decides what compressed records look like; empty if it is not installed.

    There are wheels for Linux and macOS alone.
    """
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(_DISTRIBUTION)
    except PackageNotFoundError:
        return ""


class ArrayRecordFile:
    """An open file.

    Attributes:
        path: where it lies.
        count: its records.
        grouped: whether records are compressed in groups of more than one, or may be.

    Raises:
        ImportError: the package is not installed.
        OSError: the file cannot be opened.
        ArrayRecordDamage: its index cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # The record that is read without a search; None once a reader has met damage, from which it does not recover.
        self._next: int | None = None
        with path.open("rb"):  # an error of its own, as the package's says only that there is none
            pass
        self._open()
        with _damage(_NO_INDEX):
            self.count: int = self._reader.num_records()
            # None where there is no index, of which num_records says that it is empty.
            group = _GROUP.search(self._reader.writer_options_string())
        self.grouped = group is None or int(group[1]) > 1

    def record(self, number: int) -> bytes:
        """A record, counted from 0; those in a row are read without finding each.

        Raises:
            ArrayRecordDamage: it is damaged.
        """
        if self._next is None:
            self.close()
            self._open()
        with _damage(f"record {number:,} cannot be read"):
            at, self._next = self._next, None
            if number != at:
                self._reader.seek(number)
            data: bytes = self._reader.read()
        self._next = number + 1
        return data

    def records(self) -> Iterator[bytes]:
        """All records, in order; raises as `record` does."""
        return map(self.record, range(self.count))

    def close(self) -> None:
        """Closes the file; damage that was met while reading would be raised here once more."""
        with suppress(RuntimeError):
            self._reader.close()

    def _open(self) -> None:
        with _damage(_NO_INDEX):
            self._reader: Any = _module().ArrayRecordReader(
                str(self.path), options=_READING, file_reader_buffer_size=_BUFFER
            )
        self._next = 0


class ArrayRecordWriter:
    """Writes a new file, in groups of one record; it holds some megabytes until they are on their way to the file.

    Raises:
        ImportError: the package is not installed.
        OSError: the file cannot be written; this may show when it is closed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: Any = _module().ArrayRecordWriter(str(path), _WRITING)

    def write(self, record: bytes) -> None:
        """Appends a record."""
        with _os_error(self._path):
            self._writer.write(record)
            if not self._writer.ok():  # `write` does not tell, and the reason is told by `close`
                self._writer.close()

    def close(self) -> None:
        """Writes the index, which makes the file whole; it is not yet flushed to the disk."""
        with _os_error(self._path):
            self._writer.close()


def _module() -> ModuleType:
    # Imported where a file is opened: it is an extra, and most of what uses this module does without it.
    from array_record.python import array_record_module

    return array_record_module  # type: ignore[no-any-return]


@contextmanager
def _damage(what: str) -> Iterator[None]:
    """Turns what the package raises of a file. Of one that it cannot open, this is a TypeError."""
    try:
        yield
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        said = f": {error}" if isinstance(error, RuntimeError) else ""
        raise ArrayRecordDamage(f"{what}{said}") from error


@contextmanager
def _os_error(path: Path) -> Iterator[None]:
    """Turns a RuntimeError, whose message begins with the system's words for the error, into that OSError."""
    try:
        yield
    except RuntimeError as error:
        number = next((number for number in _ERRORS if os.strerror(number) in str(error)), errno.EIO)
        raise OSError(number, os.strerror(number), str(path)) from error
