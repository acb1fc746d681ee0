"""One run at a time in a folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from wizard.errors import MachineError, writing


@contextmanager
def exclusive_lock(lock: Path, taken: str) -> Iterator[None]:
    """Holds a lock on a file while the block runs; the system releases it even after kill -9.

    Raises:
        MachineError: another run holds it (`taken` is its text), or the file cannot be created.
    """
    # flock and its like, not a file with a process ID: nothing stale is left behind by kill -9 or a power cut.
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
