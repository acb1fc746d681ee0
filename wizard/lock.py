"""Locks: on this machine by the system's own, and among machines that share a folder by leases."""

import errno
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from wizard.errors import MachineError, writing

DURATION = 45.0
"""Seconds without a sign of life after which a holder on another machine counts as dead."""
_BEAT = 2.0
"""Seconds between two signs of life."""
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
_POLL = 0.2
"""Seconds between two attempts."""


@contextmanager
def exclusive_lock(lock: Path, taken: str) -> Iterator[None]:
    """Holds a lock on a file while the block runs; the system releases it even after kill -9.

    A file system that has no such locks (NFS without its lock daemon, some parallel ones) locks nothing.

    Raises:
        MachineError: another run holds it (`taken` is its text), or the file cannot be created.
    """
    # flock and its like, not a file with a process ID: nothing stale is left behind by kill -9 or a power cut.
    held = filelock.FileLock(lock, fallback_to_soft=False)
    with writing(lock.parent):
        lock.parent.mkdir(parents=True, exist_ok=True)
        try:
            held.acquire(timeout=0)
        except filelock.Timeout as error:
            raise MachineError(taken, "Wait for it, or stop it first") from error
        except NotImplementedError:
            pass
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
    try:
        yield
    finally:
        held.release()


@contextmanager
def lease(file: Path, taken: str, say: Callable[[str], None] = lambda _: None) -> Iterator[Callable[[], bool]]:
    """Holds a lease while the block runs, against processes on all machines that see the folder.

    flock does not reach across hosts on many network file systems. So the holder shows signs of life instead: it
    touches the file. A holder that died on this machine is replaced at once, one on another machine after DURATION. A
    holder that was suspended for as long may live on beside the next one; whoever relies on a lease must bear that.

    Args:
        file: made while the lease is held, in a folder that is there.
        taken: the sentence of the error if another process holds it and lives.
        say: gets a sentence if it has to be waited for.

    Yields:
        What says whether the lease has been lost to another process.

    Raises:
        MachineError: another process holds it and lives, or the file cannot be written.
    """
    held = filelock.SoftFileLease(file, lease_duration=DURATION, heartbeat_interval=_BEAT, thread_local=False)
    with writing(file.parent):
        _acquire(held, file, taken, say)
    try:
        yield lambda: held.compromise is not None
    finally:
        held.release()


def _acquire(held: filelock.SoftFileLease, file: Path, taken: str, say: Callable[[str], None]) -> None:
    """Takes the lease, or waits for a sign of life from its holder and gives up."""
    contender = _Contender(held)
    if contender.attempt():
        return
    last = _touched(file)
    begun = time.monotonic()
    announced = False
    while not contender.attempt():
        if (touched := _touched(file)) != last and None not in (touched, last):
            raise MachineError(taken, "Wait for it, or stop it first")
        last = touched
        if not announced and time.monotonic() - begun > 2 * _BEAT:
            announced = True
            say(f"{taken} Waiting for a sign of life from it, for {DURATION:.0f} s at most.")
        time.sleep(_POLL)


@contextmanager
def waiting_lease(file: Path, announce: Callable[[], None] = lambda: None) -> Iterator[None]:
    """As `lease`, for a short piece of work: waits until a holder that lives is done; `announce` tells a person.

    Raises:
        MachineError: the file cannot be written.
    """
    held = filelock.SoftFileLease(file, lease_duration=DURATION, heartbeat_interval=_BEAT, thread_local=False)
    contender = _Contender(held)
    begun = time.monotonic()
    announced = False
    with writing(file.parent):
        while not contender.attempt():
            if not announced and time.monotonic() - begun > 2 * _BEAT:
                announced = True
                announce()
            time.sleep(_POLL)
    try:
        yield
    finally:
        held.release()


def is_held(file: Path, now: float) -> bool:
    """Whether the holder of another process's lease lives, as far as can be told without waiting for it.

    Args:
        file: the lease's.
        now: the file system's time, in its own clock, which need not be this machine's.
    """
    touched = _touched(file)
    if touched is None:
        return False
    if now - touched > DURATION:
        return False
    peer = filelock.SoftFileLease(file, lease_duration=DURATION, heartbeat_interval=_BEAT, thread_local=False)
    if not _attempt(peer):
        return True
    peer.release()  # its holder died on this machine
    return False


class _Contender:
    """Attempts to take a lease, each of which takes note of the holder that is in the way.

    filelock replaces a dead holder by exchanging two names (renameat2). The clients of NFS, CIFS, Lustre, Ceph and
    sshfs cannot do that, so that filelock would wait there for ever. Here the dead holder's file is removed instead.
    Two processes that do so in the same moment may both hold the lease for some seconds, until one learns of its loss.
    """

    def __init__(self, held: filelock.SoftFileLease) -> None:
        self._held = held
        self._seen: tuple[object, float | None] | None = None
        """The holder, and its last sign of life."""
        self._since = 0.0

    def attempt(self) -> bool:
        """Takes the lease if nobody has it, or nobody alive."""
        if _attempt(self._held):
            return True
        seen = self._look()
        now = time.monotonic()
        if seen != self._seen:
            self._seen, self._since = seen, now
        # A moment later than filelock, which leaves no gap between the two holders where it can.
        if now - self._since <= DURATION + _BEAT or self._look() != seen:
            return False
        self._held.force_break()
        self._seen = None
        return _attempt(self._held)

    def _look(self) -> tuple[object, float | None]:
        return self._held.owner, _touched(Path(self._held.lock_file))


def _attempt(held: filelock.SoftFileLease) -> bool:
    folder = Path(held.lock_file).parent
    if not folder.is_dir():  # filelock would make it, although it may just have been removed
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder))
    try:
        held.acquire(timeout=0)
    except filelock.Timeout:
        return False
    except PermissionError as error:
        # SFTP has no code for a file that exists: where two make it at once, sshfs has EPERM for the second.
        if error.errno != errno.EPERM or not Path(held.lock_file).exists():
            raise
        return False
    return True


def _touched(file: Path) -> float | None:
    """When the holder last showed a sign of life; None if there is none, or it cannot be seen.

    A file that is opened is asked for anew by NFS (close-to-open consistency), where a mere stat may be a minute old.
    """
    try:
        with file.open("rb") as opened:
            return os.fstat(opened.fileno()).st_mtime
    except OSError:
        return None
