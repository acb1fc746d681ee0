"""ArrayRecord files as a source reads them: open as long as they are needed, with errors that say what to do."""

import os
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wizard.errors import InputError
from wizard.formats.array_record import INSTALL, ArrayRecordDamage, ArrayRecordFile
from wizard.machine.open_files import open_file_limits
from wizard.sources.tfds.info import AGAIN

_MOST_OPEN = 1024  # files; opening one reads its index, and a shuffled order goes through all of them
_SHARE = 4  # of the files that a process may have open, one in so many


class File:
    """An open ArrayRecord file.

    Attributes:
        path: where it lies.
        count: its records.
        grouped: whether records are compressed in groups of more than one, or may be.

    Raises:
        InputError: it is no whole ArrayRecord file, or the package that reads it is not installed.
        OSError: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with _input_error(path):
            self._file = ArrayRecordFile(path)
        self.count, self.grouped = self._file.count, self._file.grouped

    def record(self, number: int) -> bytes:
        """A record, counted from 0; those in a row are read without finding each.

        Raises:
            InputError: it is damaged, or there is no such record.
        """
        if number >= self.count:
            raise InputError(f"{self.path} has {self.count:,} records, and no record {number:,}.", AGAIN)
        with _input_error(self.path):
            return self._file.record(number)

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


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


@contextmanager
def _input_error(path: Path) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise InputError(
            f"ArrayRecord files need the package array_record: {error}.", f"Install it: {INSTALL}"
        ) from error
    except ArrayRecordDamage as damage:
        raise InputError(f"{path} is a damaged ArrayRecord: {damage}.", AGAIN) from damage
