"""The events of a download, for reporters."""

from dataclasses import dataclass

from wizard.events import Note


@dataclass(frozen=True, kw_only=True)
class Checking:
    """How far a file that was here already is read, to verify it; in bytes."""

    file: str
    done: int
    total: int


@dataclass(frozen=True, kw_only=True)
class Transferring:
    """The progress of a file's transfer.

    Attributes:
        file: its name.
        done: bytes of it that are on disk, those of earlier runs included.
        total: bytes that it will have; 0 where that is unknown.
    """

    file: str
    done: int
    total: int


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A transfer was interrupted, and will be retried.

    Attributes:
        file: its name.
        reason: what happened, as a sentence without its full stop.
        seconds: until the next attempt.
        attempt: its number, counted since the last byte that came.
    """

    file: str
    reason: str
    seconds: float
    attempt: int


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A file is in place, and verified as far as possible.

    Attributes:
        file: its name.
        bytes: of the whole file.
        md5: in hex; empty where there was none to compare it with.
        seconds: duration of its transfer in this run; 0 where it was here already.
    """

    file: str
    bytes: int
    md5: str
    seconds: float


Event = Note | Checking | Transferring | Waiting | Fetched
