"""Images of a range of positions, from all spills of a split, in the order of their positions.

They are read window by window: as many as fit into some memory, in a large piece of each spill.
"""

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import google_crc32c
import numpy as np
import numpy.typing as npt

from wizard.engine.staged.spill import Entries, OpenSpill, SpillFiles, SpillRecord
from wizard.errors import Hint, MachineError
from wizard.sources.readers import read_fully

WINDOW_BYTES = 64 << 20
"""Bytes of spilled images in memory at a time."""
_WINDOW_IMAGES = 1 << 16
_AT_ONCE = 8 << 20
"""Bytes that are read at once: the images are copied from them, and both are in memory meanwhile."""
_OF_THE_MACHINE = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""Errors that say nothing about a file: the limits of open files, and of memory."""
_AGAIN = "Run the same command again: it reads that part of the source once more"


class Spilled(NamedTuple):
    """An image as it lies in a spill, and the CRC32C of its bytes, which was compared."""

    position: int
    data: bytes
    crc: int


class _Piece(NamedTuple):
    """Images of one spill that lie behind each other in one file."""

    spill: OpenSpill
    path: Path
    entries: Entries


def gather(
    folder: Path,
    records: Sequence[SpillRecord],
    volume_ends: npt.NDArray[np.int64],
    first: int,
    end: int,
    *,
    sparse: bool = False,
    window: int = WINDOW_BYTES,
) -> Iterator[Spilled]:
    """The spilled images with positions from `first` to before `end`, all of one volume.

    Args:
        folder: of the spills.
        records: of all spills of the split.
        volume_ends: int64[volumes], those that the spills were written with.
        first: the first position.
        end: the one after the last.
        sparse: whether the spills need not have all of them.
        window: bytes of images that are in memory at a time, and one image more.

    Raises:
        MachineError: a spill was altered or is gone. It is removed, so that the next run makes it again.
    """
    spills = [_opened(folder, record) for record in records]
    volume = int(np.searchsorted(volume_ends, first, side="right"))
    for low in range(first, end, _WINDOW_IMAGES):
        high = min(low + _WINDOW_IMAGES, end)
        for start, stop in _windows(spills, low, high, window):
            yield from _read_window(spills, volume, start, stop, sparse=sparse)


def _windows(spills: Sequence[OpenSpill], first: int, end: int, window: int) -> Iterator[tuple[int, int]]:
    """Cuts a range of positions where the images of each part have at most so many bytes, or are one."""
    sizes = np.zeros(end - first, np.int64)
    for spill in spills:
        for entries in _entries(spill, first, end):
            sizes[entries.position - first] = entries.size
    until = np.concatenate([[0], np.cumsum(sizes)])
    start = 0
    while start < len(sizes):
        stop = int(np.searchsorted(until, until[start] + window, side="right")) - 1
        stop = max(stop, start + 1)
        yield first + start, first + stop
        start = stop


def _read_window(spills: Sequence[OpenSpill], volume: int, first: int, end: int, *, sparse: bool) -> Iterator[Spilled]:
    pieces = [
        _Piece(spill, spill.files.images(volume), part)
        for spill in spills
        for entries in _entries(spill, first, end)
        for part in _parts(entries)
    ]
    found: list[Spilled | None] = [None] * (end - first)
    for piece in pieces:
        for spilled in _read_piece(piece):
            found[spilled.position - first] = spilled
    for place, image in enumerate(found):
        found[place] = None  # the writer has it now
        if image is not None:
            yield image
        elif not sparse:
            raise _incomplete(spills, first + place)


def _parts(entries: Entries) -> Iterator[Entries]:
    """The same entries, as many at a time as are read at once."""
    ends, first = entries.offset + entries.size, 0
    while first < len(ends):
        end = int(np.searchsorted(ends, entries.offset[first] + _AT_ONCE, side="right"))
        yield entries.part(first, max(end, first + 1))
        first = max(end, first + 1)


def _incomplete(spills: Sequence[OpenSpill], position: int) -> MachineError:
    """The error for an image that no spill has; nobody knows which of them lost it, so all are removed."""
    for spill in spills:
        spill.files.remove()
    where = spills[0].files.folder if spills else "the output folder"
    return MachineError(
        f"The images on their way into shards in {where} are not complete: that of position {position:,} is missing.",
        "Run the same command again: it reads the source once more",
    )


def _read_piece(piece: _Piece) -> Iterator[Spilled]:
    entries = piece.entries
    start, size = int(entries.offset[0]), int(entries.offset[-1] + entries.size[-1] - entries.offset[0])
    try:
        with piece.path.open("rb", buffering=0) as file:
            file.seek(start)
            data = memoryview(read_fully(file, size))
            if hasattr(os, "posix_fadvise"):  # it is read only once
                os.posix_fadvise(file.fileno(), start, size, os.POSIX_FADV_DONTNEED)
    except OSError as error:
        raise _unreadable(piece.spill.files, piece.path, error) from error
    if len(data) < size:
        raise _altered(piece.spill, piece.path, "ends before the image that its index has last")
    for position, offset, length, crc in zip(*(column.tolist() for column in entries), strict=True):
        image = bytes(data[offset - start : offset - start + length])
        if google_crc32c.value(image) != crc:
            raise _altered(
                piece.spill, piece.path, f"was altered after it was written: {length:,} bytes at {offset:,} differ"
            )
        yield Spilled(position, image, crc)


def _entries(spill: OpenSpill, first: int, end: int) -> Iterator[Entries]:
    for entries in spill.entries(first, end):
        places, offsets, sizes = entries.position, entries.offset, entries.size
        ends = offsets + sizes
        in_order = (np.diff(places) > 0).all() and (ends[:-1] == offsets[1:]).all() and (sizes > 0).all()
        inside = places[0] >= first and places[-1] < end and offsets[0] >= 0 and ends[-1] <= spill.record.bytes_out
        if not (in_order and inside):
            raise _altered(spill, spill.files.index, "was altered after it was written")
        yield entries


def _opened(folder: Path, record: SpillRecord) -> OpenSpill:
    try:
        return OpenSpill(folder, record)
    except (OSError, ValueError) as error:
        files = SpillFiles(folder=folder, name=record.name)
        raise _unreadable(files, files.index, error) from error


def _unreadable(files: SpillFiles, path: Path, error: OSError | ValueError) -> MachineError:
    """The error for a file that cannot be read; its spill is removed, unless the machine is at fault."""
    number = error.errno if isinstance(error, OSError) else None
    why = os.strerror(number) if number else str(error)
    what = f"{path}, of images on their way into shards, cannot be read: {why}."
    if number in _OF_THE_MACHINE:
        return MachineError(what, Hint("Raise the limit, or use fewer workers ({}), and go on", "run.workers=1"))
    with suppress(OSError):
        files.remove()
    return MachineError(what, _AGAIN)


def _altered(spill: OpenSpill, path: Path, what: str) -> MachineError:
    with suppress(OSError):
        spill.files.remove()
    return MachineError(f"{path}, of images on their way into shards, {what}.", _AGAIN)
