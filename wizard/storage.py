"""Files that appear under their names only when they are whole and on disk."""

import os
import tempfile
from pathlib import Path

PREFIX, SUFFIX = ".building-", ".tmp"
"""Of the names of files that are not whole yet; what a killed process leaves is known by them."""


def write_whole(target: Path, content: bytes) -> None:
    """Writes a small file atomically: temporary name, fsync, rename. It is on disk when this returns.

    Raises:
        OSError: it cannot be written. A missing folder is not created, as it may just have been removed.
    """
    handle, temporary = tempfile.mkstemp(prefix=PREFIX, suffix=SUFFIX, dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o666 & ~umask())
        Path(temporary).replace(target)
        sync_folder(target.parent)
    finally:
        Path(temporary).unlink(missing_ok=True)


def umask() -> int:
    """The process's umask, which can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def sync_folder(folder: Path) -> None:
    """Makes a rename survive a power cut, where the system lets a folder be opened (Windows does not)."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
