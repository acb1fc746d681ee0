"""What happens while archives are fetched, as values; whoever wants shows them."""

from dataclasses import dataclass

from wizard.events import Note


@dataclass(frozen=True, kw_only=True)
class Checking:
    """How far a file that was there is read, to prove what it is; in bytes."""

    file: str
    done: int
    total: int


@dataclass(frozen=True, kw_only=True)
class Transferring:
    """How far a file's transfer is.

    Attributes:
        file: its name.
        done: bytes of it that are on disk, those of earlier runs included.
        total: bytes that it will have; 0 where that is not known.
    """

    file: str
    done: int
    total: int


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A transfer was interrupted and goes on by itself.

    Attributes:
        file: its name.
        reason: what happened, as a sentence without its full stop.
        seconds: until the next attempt.
        attempt: the number of that attempt, counted since the last byte that came.
    """

    file: str
    reason: str
    seconds: float
    attempt: int


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A file is in place and proven as far as it can be.

    Attributes:
        file: its name.
        bytes: of the whole file.
        md5: its sum, in hex; empty where nothing was there to compare it with.
        seconds: that its transfer took in this run; 0 where it was there already.
    """

    file: str
    bytes: int
    md5: str
    seconds: float


Event = Note | Checking | Transferring | Waiting | Fetched
