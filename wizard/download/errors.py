"""Why a transfer cannot go on as it is; what becomes of each is decided where a file is fetched."""

from pathlib import Path

from wizard.errors import InputError


class DownloadError(InputError):
    """A file cannot be had, or is not what it should be."""


class DamagedError(DownloadError):
    """A file came whole and is not what it should be; others may still be.

    Attributes:
        file: its name.
        kept: what it is kept as.
    """

    def __init__(self, what: str, hint: str, *, file: str, kept: Path) -> None:
        super().__init__(what, hint)
        self.file = file
        self.kept = kept


class Transient(Exception):
    """It may work when it is tried again.

    Attributes:
        reason: a sentence without its full stop.
        wait: seconds that the server asks to be left alone; 0 where it does not say.
    """

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.wait = wait


class Unauthorized(Exception):
    """The server wants to know who asks (401).

    Attributes:
        host: that asks.
        trusted: whether it is the server that the person chose, and no other that this one led to.
        schemes: ways of saying it that the server takes, in lower case: basic, digest, ...
        refused: what was sent did not do.
        secure: whether what is sent would be encrypted.
    """

    def __init__(self, *, host: str, trusted: bool, schemes: frozenset[str], refused: bool, secure: bool) -> None:
        super().__init__(host)
        self.host = host
        self.trusted = trusted
        self.schemes = schemes
        self.refused = refused
        self.secure = secure


class LoginPage(Exception):
    """The server answered with a web page instead of a file; `host` is who sent it."""

    def __init__(self, host: str) -> None:
        super().__init__(host)
        self.host = host


class RemoteChanged(Exception):
    """The server's file is another one than before."""


class PrefixMismatch(Exception):
    """What is here is not the beginning of the server's file."""


class RangesUnsupported(Exception):
    """The server sends files from their beginning only."""
