"""Reads ArrayRecord files with the package array_record, which is installed as an extra.

A file is a Riegeli container with an index of its chunks at the end; a chunk holds a group of records, compressed
together. TFDS writes groups of one, which can be read in any order. Every chunk has a hash, which is checked.
"""

import os
import re
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from wizard.errors import InputError
from wizard.machine.open_files import open_file_limits
from wizard.sources.tfds.info import AGAIN
from wizard.sources.tfds.shards import INSTALL

_OPTIONS = "readahead_buffer_size:0,max_parallelism:0"  # the fastest for single records, and no work on other threads
_BUFFER = 1 << 15  # bytes; of the default, 1 MiB, most would be read in vain
_NO_INDEX = "its index, at the end, cannot be read; it may be cut off"
_GROUP = re.compile(r"group_size:(\d+)", re.ASCII)
_MOST_OPEN = 1024  # files; opening one reads its index, and a shuffled order goes through all of them
_SHARE = 4  # of the files that a process may have open, one in so many


class File:
    """An open ArrayRecord file.

    Attributes:
        path: where it lies.
        count: its records.
        grouped: whether records are compressed in groups of more than one, or may be.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # The record that is read without a search; None once a reader has met damage, from which it does not recover.
        self._next: int | None = None
        with path.open("rb"):  # an error of its own, as the package's says only that there is none
            pass
        self._open()
        with _damage(path, _NO_INDEX):
            self.count: int = self._reader.num_records()
            group = _GROUP.search(self._reader.writer_options_string())
        self.grouped = group is None or int(group[1]) > 1

    def record(self, number: int) -> bytes:
        """A record, counted from 0; those in a row are read without finding each.

        Raises:
            InputError: it is damaged, or there is no such record.
        """
        if number >= self.count:
            raise InputError(f"{self.path} has {self.count:,} records, and no record {number:,}.", AGAIN)
        if self._next is None:
            self.close()
            self._open()
        with _damage(self.path, f"record {number:,} cannot be read"):
            at, self._next = self._next, None
            if number != at:
                self._reader.seek(number)
            data: bytes = self._reader.read()
        self._next = number + 1
        return data

    def close(self) -> None:
        """Closes the file; damage that was met while reading would be raised here once more."""
        with suppress(RuntimeError):
            self._reader.close()

    def _open(self) -> None:
        with _damage(self.path, _NO_INDEX):
            self._reader: Any = _module().ArrayRecordReader(
                str(self.path), options=_OPTIONS, file_reader_buffer_size=_BUFFER
            )
        self._next = 0


class OpenFiles:
    """The files that were read last, still open, as long as they do not change."""

    def __init__(self) -> None:
        self._opened: OrderedDict[str, tuple[tuple[int, ...], File]] = OrderedDict()

    def get(self, path: str) -> File:
        """An open file.

        Raises:
            InputError: it is no whole ArrayRecord file.
            OSError: it cannot be read.
        """
        stat = os.stat(path)  # noqa: PTH116  # for each image: a Path would take longer than the call
        state = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
        known = self._opened.get(path)
        if known is not None and known[0] == state:
            self._opened.move_to_end(path)
            return known[1]
        file = File(Path(path))
        self._opened[path] = state, file
        self._opened.move_to_end(path)
        while len(self._opened) > _most():
            self._opened.popitem(last=False)[1][1].close()
        return file


def _most() -> int:
    limits = open_file_limits()
    return _MOST_OPEN if limits is None else max(1, min(_MOST_OPEN, limits[0] // _SHARE))


def _module() -> ModuleType:
    try:
        # The package is imported where a file is opened: it is an extra, and other sources do without it.
        from array_record.python import array_record_module
    except ImportError as error:
        raise InputError(
            f"ArrayRecord files need the package array_record: {error}.", f"Install it: {INSTALL}"
        ) from error
    return array_record_module  # type: ignore[no-any-return]


@contextmanager
def _damage(path: Path, what: str) -> Iterator[None]:
    """Turns what the package raises into an InputError. Of a file that it cannot open, it raises a TypeError."""
    try:
        yield
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        said = f": {error}" if isinstance(error, RuntimeError) else ""
        raise InputError(f"{path} is a damaged ArrayRecord: {what}{said}.", AGAIN) from error
