"""Atomic writes: a file appears under its name only when it is complete and on disk."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedRandom
from pathlib import Path
from secrets import token_hex

PREFIX, SUFFIX = ".building-", ".tmp"
"""Of temporary names; kill -9 may leave such a file behind."""
_TOKEN = 8
"""Random bytes of a temporary name."""


def write_whole(target: Path, content: bytes, name: str = "") -> None:
    """Writes a small file atomically; it is on disk when this returns.

    Args:
        target: the file.
        content: of it.
        name: what its temporary name begins with, so that a later run knows whose it was.

    Raises:
        OSError: it cannot be written. A missing folder is not created, as it may just have been removed.
    """
    with replacing(target, name) as file:
        file.write(content)


@contextmanager
def replacing(target: Path, name: str = "") -> Iterator[BufferedRandom]:
    """Opens a temporary file beside the target, for reading and writing, that replaces it if the block succeeds.

    Raises:
        OSError: as for `write_whole`.
    """
    # In the same folder, because a rename is atomic only within one file system.
    handle, temporary = create_temporary(target.parent, name)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            # Without it, ext4 and XFS may have renamed an empty file when the power fails.
            os.fsync(file.fileno())
        publish(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def create_temporary(folder: Path, name: str = "") -> tuple[int, Path]:
    """Creates a file under a temporary name, and opens it for reading and writing: its handle and its path.

    It has the permissions that the umask leaves. Those of tempfile.mkstemp would have to be changed afterwards, and to
    read the umask a process must set it for a moment, while another thread may create files.

    Raises:
        OSError: as for `write_whole`.
    """
    while True:
        path = folder / f"{PREFIX}{name}{token_hex(_TOKEN)}{SUFFIX}"
        with suppress(FileExistsError):
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666), path


def name_of_temporary(file: str) -> str:
    """What `create_temporary` was given to begin a file's name with; empty for other files.

    >>> name_of_temporary(".building-train-00001-0123456789abcdef.tmp")
    'train-00001-'
    """
    return file[len(PREFIX) : -len(SUFFIX) - 2 * _TOKEN] if file.startswith(PREFIX) and file.endswith(SUFFIX) else ""


def make_folders(folder: Path, below: Path) -> None:
    """Creates a folder below the output folder and its parents, but not the output folder itself if it is gone."""
    made = folder
    for part in below.relative_to(folder).parts:
        made /= part
        made.mkdir(exist_ok=True)


def time_in(folder: Path) -> float:
    """The epoch seconds that the folder's file system gives to a file written now.

    On a network file system that is the server's clock, and the same for all hosts. This machine's own clock where the
    folder cannot be written.
    """
    try:
        handle, probe = create_temporary(folder)
        try:
            return os.fstat(handle).st_mtime
        finally:
            os.close(handle)
            probe.unlink(missing_ok=True)
    except OSError:
        return time.time()


def start_writing_back(handle: int, offset: int, size: int) -> None:
    """Lets the system begin to write a range of an open file to the disk, and does not wait.

    On Linux, POSIX_FADV_DONTNEED does this to dirty pages (generic_fadvise in mm/fadvise.c): for 60 MB written in
    0.4 s, it cut the fsync at the end from 23 to 4 ms. Elsewhere, this may do nothing.
    """
    if hasattr(os, "posix_fadvise"):
        with suppress(OSError):  # a file system that cannot; what is wrong with the disk is found by fsync
            os.posix_fadvise(handle, offset, size, os.POSIX_FADV_DONTNEED)


def publish(temporary: Path, target: Path) -> None:
    """Renames a closed and flushed file to its name."""
    temporary.replace(target)
    _sync_folder(target.parent)


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
