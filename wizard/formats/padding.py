"""Zeros at the end of a tar archive: whether they are padding, or more than padding explains.

An archive ends with two blocks of zeros (POSIX.1-2001, "ustar Interchange Format"; some writers leave one out), and its
last record is padded with more. A download whose space was allocated in advance, or a copy that lost blocks, ends in
zeros too; only the number of zeros distinguishes the two.
"""

import errno
import io
import os
from typing import IO

BLOCK = 512
"""Bytes of a header; contents are padded to a multiple of it."""
END = bytes(2 * BLOCK)
"""The end marker of an archive."""
RECORD_SIZES = (5_120, 10_240, 126 * BLOCK, *(BLOCK << power for power in range(12)))
"""Common record sizes in bytes: cpio's; the default of GNU tar, bsdtar and Python's tarfile; the
`-b 126` of GNU tar's manual ("The Blocking Factor of an Archive"); powers of two up to 1 MiB (`-b 2048`), for tapes."""
_CHUNK = 1 << 20


def skip_zeros(file: IO[bytes], position: int, end: int | None) -> tuple[int, bytes]:
    """Reads from the current position to the first block that is not all zeros.

    Holes in a sparse file are skipped without reading, if the system reports them.

    Args:
        file: only ever read forwards.
        position: its current position.
        end: offset just after the archive; None if that is the end of the file.

    Returns:
        The offset of that block, and its bytes; the end and no bytes if only zeros follow.
    """
    while True:
        position = _skip_hole(file, position, end)
        chunk = file.read(_CHUNK if end is None else min(_CHUNK, end - position))
        if not chunk:
            return position, b""
        if chunk != bytes(len(chunk)):
            at = (len(chunk) - len(chunk.lstrip(b"\0"))) // BLOCK * BLOCK
            return position + at, chunk[at : at + BLOCK]
        position += len(chunk)


def is_padding(size: int, zeros: int) -> bool:
    """Whether this many zeros at the end of an archive of `size` bytes can be its end marker and record padding.

    >>> is_padding(10_240, 8_704), is_padding(1_228_800, 614_400), is_padding(1 << 20, 614_400)
    (True, False, True)
    """
    return any(size % record == 0 and zeros <= record + BLOCK for record in RECORD_SIZES)


def ends_in_zeros(file: IO[bytes], offset: int, size: int) -> bool:
    """Whether a member's content ends in zeros, as when a hole begins inside it; no complete JPEG or PNG does.

    Holes begin at block boundaries, so it is enough to look at the part of the content in its last block.
    """
    looked_at = min(16, size % BLOCK or min(size, BLOCK))
    file.seek(offset + size - looked_at)
    return size > 0 and not any(file.read(looked_at))


def _skip_hole(file: IO[bytes], position: int, end: int | None) -> int:
    """Seeks past a hole; only in an unbuffered file, since a buffer would not notice the changed position."""
    # macOS and Linux have SEEK_DATA; Windows does not.
    if end is None or not isinstance(file, io.FileIO) or not hasattr(os, "SEEK_DATA"):
        return position
    try:
        data = min(file.seek(position, os.SEEK_DATA), end)
    except OSError as error:  # ENXIO: no more data before the file's end; any other: holes are not reported
        data = end if error.errno == errno.ENXIO else position
    return file.seek(position + (data - position) // BLOCK * BLOCK)
