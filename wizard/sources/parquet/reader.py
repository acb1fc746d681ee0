"""How a worker reads images in Parquet files: row by row forwards, some megabytes of a row group at a time."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

from wizard.errors import InputError, reading
from wizard.formats.parquet_file import give_back_memory
from wizard.sources.cache import fingerprint
from wizard.sources.parquet.columns import leaf
from wizard.sources.parquet.opening import damage_named, open_parquet
from wizard.sources.parquet.schema import read_schema
from wizard.sources.readers import Content, Reader, Sample

_BATCH = 1 << 24
"""Bytes of images that are unpacked at once, by their average in a row group: one of several GB is never held whole."""
_MOST = 1024
_CHANGED = "Leave the raw data alone while a run reads it, and start again"


class _Images:
    """The images of a file, of which the current batch of rows is in memory; going back reads a row group again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = open_parquet(path)
        self._leaf = read_schema(path, self._file).image
        metadata = self._file.metadata
        self._firsts = [0]  # rows before each row group, and all
        for group in range(metadata.num_row_groups):
            self._firsts.append(self._firsts[-1] + metadata.row_group(group).num_rows)
        self._group = -1
        self._batches: Iterator[Any] = iter(())
        self._images: Any = ()
        self._begin = 0  # row of the first image in memory

    def at(self, row: int) -> bytes:
        """The bytes of a row's image; none where they are null.

        Raises:
            InputError: the file is damaged, or has no such row.
        """
        if not self._firsts[0] <= row < self._firsts[-1]:
            raise InputError(f"{self._path} has no row {row:,}; it has changed since it was looked at.", _CHANGED)
        group = bisect_right(self._firsts, row) - 1
        if group != self._group or row < self._begin:
            self._start(group)
        while row >= self._begin + len(self._images):
            self._advance()
        return self._images[row - self._begin].as_py() or b""

    def _start(self, group: int) -> None:
        stated = self._file.metadata.row_group(group)
        rows = max(1, stated.num_rows)
        at_once = min(_MOST, max(1, _BATCH * rows // max(1, stated.total_byte_size)))
        # The batch before is let go first, so that two are never in memory.
        self._images, self._begin, self._group = (), self._firsts[group], group
        self._batches = self._file.iter_batches(
            batch_size=at_once, row_groups=[group], columns=[self._leaf], use_threads=False
        )

    def _advance(self) -> None:
        self._begin += len(self._images)
        self._images = ()
        try:
            with damage_named(self._path, f"its images after row {self._begin:,} cannot be read"):
                batch = next(self._batches)
        except StopIteration:
            raise InputError(
                f"{self._path} is damaged: row group {self._group:,} ends before row {self._begin:,}.", _CHANGED
            ) from None
        except InputError:
            self._group = -1  # so that a later attempt begins the group again
            raise
        self._images = leaf(batch, self._leaf)


def _read_rows(samples: Iterable[Sample]) -> Iterator[Content]:
    for file, rows in groupby(samples, key=attrgetter("file")):
        path = Path(file)
        with reading(path):
            images = _opened(path, fingerprint(path))
        for sample in rows:
            yield Content(sample, images.at(sample.offset))


PARQUET = Reader(read=_read_rows, in_order=True, by_row=True)


@lru_cache(maxsize=1)
def _opened(path: Path, _state: str) -> _Images:
    # Kept open for as long as the process lives: the next stretch of rows usually starts where the last one ended.
    give_back_memory()
    return _Images(path)
