"""Locks: on this machine by the system's own, and among machines that share a folder by leases."""

import errno
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import filelock

from wizard.errors import MachineError, writing

WAIT = "Wait for it, or stop it first"
DURATION = 45.0
"""Seconds without a sign of life after which a holder on another machine counts as dead."""
_BEAT = 2.0
"""Seconds between two signs of life."""
_MARGIN = 2.0
"""Seconds that filelock's own way to replace a dead holder has before ours."""
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
_POLL = 0.2
"""Seconds between two attempts."""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What is done while a lease is waited for.

    Attributes:
        say: gets a sentence once, if the wait takes long.
        check: is called several times a second; what it raises ends the wait.
    """

    say: Callable[[str], None] = lambda _: None
    check: Callable[[], None] = lambda: None


SILENT = Waiting()


class InUse(MachineError):
    """Another run holds a lock."""


@contextmanager
def exclusive_lock(lock: Path, taken: str, hint: str = WAIT) -> Iterator[None]:
    """Holds a lock on a file while the block runs; the system releases it even after kill -9.

    A file system that has no such locks (NFS without its lock daemon, some parallel ones) locks nothing.

    Raises:
        InUse: another run holds it; `taken` and `hint` are its text.
        MachineError: the file cannot be created.
    """
    # flock and its like, not a file with a process ID: nothing stale is left behind by kill -9 or a power cut.
    held = filelock.FileLock(lock, fallback_to_soft=False)
    with writing(lock.parent):
        lock.parent.mkdir(parents=True, exist_ok=True)
        try:
            held.acquire(timeout=0)
        except filelock.Timeout as error:
            raise InUse(taken, hint) from error
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
def lease(file: Path, taken: str, waiting: Waiting = SILENT, hint: str = WAIT) -> Iterator[Callable[[], bool]]:
    """Holds a lease while the block runs, against processes on all machines that see the folder.

    flock does not reach across hosts on many network file systems. So the holder shows signs of life instead: it
    touches the file. A holder that died is replaced after DURATION; at once, if that was on this machine and the file
    system is not a network's. A holder that was suspended for as long may live on beside the next one, so whoever
    relies on a lease must bear that.

    Args:
        file: made while the lease is held, in a folder that is there.
        taken: the sentence of the error if another process holds it and lives.
        waiting: tells a person of a wait, and may end it.
        hint: of that error.

    Yields:
        What says whether the lease has been lost to another process.

    Raises:
        InUse: another process holds it and lives.
        MachineError: the file cannot be written.
    """
    contender = _Contender(file)
    with writing(file.parent):
        text = f"{taken} Waiting for a sign of life from it, for {DURATION:.0f} s at most."
        for _ in _attempts(contender, text, waiting):
            if contender.beats:
                raise InUse(taken, hint)
    try:
        yield lambda: contender.lease.compromise is not None
    finally:
        contender.release()


@contextmanager
def waiting_lease(file: Path, taken: str, waiting: Waiting = SILENT) -> Iterator[None]:
    """As `lease`, for a short piece of work: waits until a holder that lives is done.

    Raises:
        MachineError: the file cannot be written.
    """
    contender = _Contender(file)
    with writing(file.parent):
        for _ in _attempts(contender, f"{taken} Waiting for it.", waiting):
            pass
    try:
        yield
    finally:
        contender.release()


def is_held(file: Path, now: float) -> bool:
    """Whether the holder of another process's lease lives, as far as can be told without waiting for it.

    Args:
        file: the lease's.
        now: the file system's time, in its own clock, which need not be this machine's.
    """
    contender = _Contender(file)
    sign = contender.sign()
    if sign is None or now - sign.touched > DURATION:
        return False
    if not contender.attempt():
        return True
    contender.lease.release()  # its holder died on this machine
    return False


def _attempts(contender: "_Contender", text: str, waiting: Waiting) -> Iterator[None]:
    """Tries to take a lease until that succeeds; yields after each failure."""
    begun, announced = time.monotonic(), False
    while not contender.attempt():
        waiting.check()
        yield
        if not announced and time.monotonic() - begun > 2 * _BEAT:
            announced = True
            waiting.say(text)
        time.sleep(_POLL)


class _Sign(NamedTuple):
    """A sign of life: whose it is, and when it was given, in the file system's seconds."""

    token: str | None
    touched: float


class _Contender:
    """A process that wants a lease, and what it has seen of the holder.

    Attributes:
        beats: how many signs of life it has seen another process give.
    """

    def __init__(self, file: Path) -> None:
        self.lease = filelock.SoftFileLease(file, lease_duration=DURATION, heartbeat_interval=_BEAT, thread_local=False)
        self.beats = 0
        self._file = file
        self._seen: _Sign | None = None
        self._since = 0.0

    def attempt(self) -> bool:
        """Takes the lease if it is free, or its holder is dead."""
        if not self._file.parent.is_dir():  # filelock would make it, although it may just have been removed
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(self._file.parent))
        try:
            self.lease.acquire(timeout=0)
            return True
        except (filelock.Timeout, filelock.LeaseSettingsMismatch):  # the latter: of a version with another DURATION
            pass
        except PermissionError:
            if not self._file.exists():  # else sshfs says so of a file that another host has just made
                raise
        self._look()
        return False

    def release(self) -> None:
        """Gives the lease back; where that fails, it runs out by itself, and what failed before is the better news."""
        with suppress(OSError):
            self.lease.release()

    def _look(self) -> None:
        """Notes whether the holder has given a sign of life; removes the lease of one that gave none for long.

        filelock does that by exchanging two names (renameat2), which the clients of NFS, CIFS, Lustre, Ceph and sshfs
        cannot do. Two processes that remove it in the same moment may both hold the lease, until one learns of that.
        """
        sign, now = self.sign(), time.monotonic()
        if sign != self._seen:
            self.beats += sign is not None and self._seen is not None
            self._seen, self._since = sign, now
        elif sign is not None and now - self._since > DURATION + _MARGIN and self.sign() == sign:
            self.lease.force_break()

    def sign(self) -> _Sign | None:
        """The holder's last sign of life; None if there is no holder, or it cannot be seen.

        A file that is opened is asked for again by NFS (close-to-open consistency), where a mere stat may be a minute
        old.
        """
        owner = self.lease.owner
        try:
            with self._file.open("rb") as opened:
                return _Sign(owner and owner.token, os.fstat(opened.fileno()).st_mtime)
        except OSError:
            return None
