"""The events of a download, for reporters."""

from collections.abc import Callable
from dataclasses import dataclass

from wizard.events import Note


@dataclass(frozen=True, kw_only=True)
class _Progress:
    """How far a file is, in bytes; a total of 0 is not known yet."""

    file: str
    done: int
    total: int


class Checking(_Progress):
    """A file that was here already is read, to verify it."""


class Transferring(_Progress):
    """A file is being fetched; `done` bytes are on disk, earlier runs included."""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A transfer was interrupted, and will be retried.

    Attributes:
        reason: what happened, as a sentence without its full stop.
        seconds: until the next attempt.
        attempt: its number, counted since the last byte that arrived.
    """

    file: str
    reason: str
    seconds: float
    attempt: int


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A file is in place, and verified as far as possible.

    Attributes:
        bytes: of the whole file.
        md5: in hex; empty where there was none to compare it with.
        seconds: duration of its transfer in this run; 0 where it was here already.
    """

    file: str
    bytes: int
    md5: str
    seconds: float


Event = Note | Checking | Transferring | Waiting | Fetched
Report = Callable[[Event], None]
