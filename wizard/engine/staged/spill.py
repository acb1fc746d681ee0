"""A spill: processed images on disk, sorted by position, with an index and a record that says that it is whole.

It is a file of images for each volume, `NAME.VOLUME.images`, an index of all of them, `NAME.index`, and the record
`NAME.json`, which is written last. Memory bounds how many images can be sorted at a time, so a spill may consist of
several sorted runs, one behind the other.
"""

import json
import os
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO, Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from wizard.storage import create_temporary, publish, start_writing_back, write_whole

VERSION = 1
"""Of the form of spills; a spill of another is made again."""
_COLUMNS: tuple[np.dtype[Any], ...] = (np.dtype("<i8"), np.dtype("<i8"), np.dtype("<i8"), np.dtype("<u4"))
_ENTRY = sum(column.itemsize for column in _COLUMNS)  # bytes of an image in the index
_AHEAD = 8 << 20  # bytes of a file after which they begin their way to the disk


class Entries(NamedTuple):
    """Images in a spill, a column an attribute; the index consists of these columns, one behind the other.

    Attributes:
        position: int64[n].
        offset: int64[n], bytes, in the file of the image's volume.
        size: int64[n], bytes.
        crc: uint32[n], CRC32C of these bytes.
    """

    position: npt.NDArray[np.int64]
    offset: npt.NDArray[np.int64]
    size: npt.NDArray[np.int64]
    crc: npt.NDArray[np.uint32]

    def part(self, first: int, end: int) -> "Entries":
        """A copy of the rows from `first` to before `end`."""
        copies: list[npt.NDArray[Any]] = [column[first:end].copy() for column in self]
        return Entries(*copies)


@dataclass(frozen=True, kw_only=True)
class SpillRecord:
    """What is in a spill.

    Attributes:
        name: of the spill.
        plan_id: of the plan that its images were processed for.
        layout: that it is part of, as in `Layout.identity`.
        stretches: the first stretch that it holds, and the one after the last.
        shards: the shards whose images it holds; those of others were done before.
        run_ends: how many images come before the end of each sorted run.
        volume_bytes: bytes of each volume's file; a file without any does not exist.
        images: images that were read for it.
        skipped: how many of them are left out.
        bytes_in: bytes of the images read.
        check: how they were checked, as in `transform.Check`.
        rss: the worker's largest resident memory, in bytes.
        version: of the form.
    """

    name: str
    plan_id: str
    layout: str
    stretches: tuple[int, int]
    shards: tuple[int, ...]
    run_ends: tuple[int, ...]
    volume_bytes: tuple[int, ...]
    images: int
    skipped: int
    bytes_in: int
    check: str = "decode"
    rss: int = 0
    version: int = VERSION

    @property
    def bytes_out(self) -> int:
        """Bytes of all its images."""
        return sum(self.volume_bytes)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "SpillRecord":
        """The inverse of `dataclasses.asdict`."""
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()
        }
        return cls(**values)


@dataclass(frozen=True, kw_only=True)
class SpillFiles:
    """The names of a spill's files."""

    folder: Path
    name: str

    @property
    def index(self) -> Path:
        """The index."""
        return self.folder / f"{self.name}.index"

    @property
    def record(self) -> Path:
        """The record."""
        return self.folder / f"{self.name}.json"

    def images(self, volume: int) -> Path:
        """The images of a volume."""
        return self.folder / f"{self.name}.{volume:02d}.images"

    def remove(self) -> None:
        """Removes the spill, its record first."""
        self.record.unlink(missing_ok=True)
        for file in (self.index, *self.folder.glob(f"{self.name}.*.images")):
            file.unlink(missing_ok=True)


class SpillWriter:
    """Writes a spill; leaving the block before `commit` leaves nothing.

    Args:
        folder: that exists.
        name: of the spill.
        volume_ends: int64[volumes], positions before the end of each volume.
    """

    def __init__(self, folder: Path, name: str, volume_ends: npt.NDArray[np.int64]) -> None:
        self._files = SpillFiles(folder=folder, name=name)
        self._ends = volume_ends
        self._open: dict[int, IO[bytes]] = {}
        self._temporary: dict[int, Path] = {}
        self._sent: dict[int, int] = {}
        self._stack = ExitStack()
        # A merged spill may have half a million images, too many for lists of numbers.
        self._columns = tuple(array("q") for _ in _COLUMNS)
        self._run_ends: list[int] = []
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._stack.close()
        finally:
            for path in self._temporary.values():
                path.unlink(missing_ok=True)

    def add_run(self, images: Iterable[tuple[int, bytes, int]]) -> None:
        """Appends a sorted run: position, bytes, and their CRC32C."""
        for position, data, crc in images:
            volume = int(np.searchsorted(self._ends, position, side="right"))
            file = self._open.get(volume) or self._create(volume)
            for column, value in zip(self._columns, (position, file.tell(), len(data), crc), strict=True):
                column.append(value)
            file.write(data)
            self.size += len(data)
            self._send(volume, file)
        self._run_ends.append(len(self._columns[0]))

    def commit(self, **fields: Any) -> SpillRecord:
        """Flushes the spill and writes its record, of which `fields` are what the spill itself does not know."""
        volume_bytes = [0] * len(self._ends)
        for volume, file in self._open.items():
            volume_bytes[volume] = file.tell()
            file.flush()
            os.fsync(file.fileno())
        self._stack.close()
        for volume, path in self._temporary.items():
            publish(path, self._files.images(volume))
        columns = (np.array(column, dtype) for column, dtype in zip(self._columns, _COLUMNS, strict=True))
        write_whole(self._files.index, b"".join(column.tobytes() for column in columns))
        record = SpillRecord(
            name=self._files.name,
            run_ends=tuple(self._run_ends),
            volume_bytes=tuple(volume_bytes),
            **fields,
        )
        write_whole(self._files.record, json.dumps(asdict(record)).encode())
        return record

    def _create(self, volume: int) -> IO[bytes]:
        handle, self._temporary[volume] = create_temporary(self._files.folder, f"{self._files.name}-")
        file = self._stack.enter_context(os.fdopen(handle, "wb", buffering=1 << 18))
        self._open[volume], self._sent[volume] = file, 0
        return file

    def _send(self, volume: int, file: IO[bytes]) -> None:
        size, sent = file.tell(), self._sent[volume]
        if size - sent >= _AHEAD:
            start_writing_back(file.fileno(), sent, size - sent)
            self._sent[volume] = size


def read_record(folder: Path, name: str) -> SpillRecord | None:
    """A spill's record; None if there is none, or it is of another form."""
    try:
        record = SpillRecord.from_json(json.loads(SpillFiles(folder=folder, name=name).record.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
    return record if record.version == VERSION else None


def holds(folder: Path, record: SpillRecord, shards: Collection[int], volumes: Sequence[int]) -> bool:
    """Whether a spill holds the images of these shards, in files for those volumes that have the right sizes."""
    files = SpillFiles(folder=folder, name=record.name)
    if not set(shards) <= set(record.shards):
        return False
    entries = record.run_ends[-1] if record.run_ends else 0
    sizes = {files.index: entries * _ENTRY}
    sizes |= {files.images(volume): record.volume_bytes[volume] for volume in volumes if record.volume_bytes[volume]}
    try:
        return all(path.stat().st_size == size for path, size in sizes.items())
    except OSError:
        return False


class OpenSpill:
    """A spill whose index is mapped into memory, so that only what is looked at of it is read.

    Raises:
        OSError: the index cannot be read.
        ValueError: it is shorter than its record says.
    """

    def __init__(self, folder: Path, record: SpillRecord) -> None:
        self.record = record
        self.files = SpillFiles(folder=folder, name=record.name)
        ends = (0, *record.run_ends)
        self._runs = [*pairwise(ends)]
        count, start = ends[-1], 0
        # Mapped as a whole: each mapping keeps a file open. An empty file cannot be mapped.
        mapped = np.memmap(self.files.index, np.uint8, "r", 0, (count * _ENTRY,)) if count else np.empty(0, np.uint8)
        columns: list[npt.NDArray[Any]] = []
        for dtype in _COLUMNS:
            columns.append(mapped[start : start + count * dtype.itemsize].view(dtype))
            start += count * dtype.itemsize
        self._index = Entries(*columns)

    def entries(self, first: int, end: int) -> Iterator[Entries]:
        """The images with positions from `first` to before `end`: those of each run, as they lie there."""
        for start, stop in self._runs:
            low, high = (start + np.searchsorted(self._index.position[start:stop], [first, end])).tolist()
            if high > low:
                yield self._index.part(low, high)
