"""Why a transfer cannot go on; `http/fetch.py` decides what follows from each."""

from dataclasses import dataclass

from wizard.errors import InputError


class DownloadError(InputError):
    """A file cannot be downloaded, or is not the expected one."""


class GivenUp(DownloadError):
    """Too many attempts in a row without a byte."""


class DamagedError(DownloadError):
    """A file arrived complete, but with another MD5; the other files are still worth fetching."""


@dataclass(eq=False)
class Transient(Exception):
    """An attempt failed, and another one may succeed.

    Attributes:
        reason: a sentence without its full stop.
        retry_after: seconds that the server asks to wait; 0 where it does not say.
    """

    reason: str
    retry_after: float = 0.0


@dataclass(eq=False, kw_only=True)
class Unauthorized(Exception):
    """The server asks for a login (401).

    Attributes:
        host: that asks.
        trusted: whether it is the server that the person chose, not one that it redirected to.
        schemes: the authentication schemes it offers, in lower case: basic, digest, …
        refused: whether credentials were sent and not accepted.
        secure: whether what is sent would be encrypted.
    """

    host: str
    trusted: bool
    schemes: frozenset[str]
    refused: bool
    secure: bool


@dataclass(eq=False)
class LoginPage(Exception):
    """The server `host` answered with a web page instead of a file."""

    host: str


class RemoteChanged(Exception):
    """The server's file is no longer the one that was begun."""


class PrefixMismatch(Exception):
    """The part is not the beginning of the server's file."""


class RangesUnsupported(Exception):
    """The server sends only whole files."""
