"""One run at a time in a folder, told by a lock that is let go even by kill -9."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from wizard.errors import MachineError, writing


@contextmanager
def sole_use(lock: Path, taken: str) -> Iterator[None]:
    """Holds a lock while it is open.

    Args:
        lock: its file; the folder that it lies in is made where it is missing.
        taken: what is said where another run holds it.

    Raises:
        MachineError: another run holds it, or its file cannot be made.
    """
    held = filelock.FileLock(lock)
    with writing(lock.parent):
        lock.parent.mkdir(parents=True, exist_ok=True)
        try:
            held.acquire(timeout=0)
        except filelock.Timeout as error:
            raise MachineError(taken, "Wait for it, or stop it first") from error
    try:
        yield
    finally:
        held.release()
