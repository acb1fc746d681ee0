"""What the hubs, Kaggle and Hugging Face, have in common: their interface, and how their clients are kept in order."""

import importlib
import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, Self

from wizard.download.archives import What
from wizard.download.errors import DownloadError, Transient
from wizard.download.events import Report, Transferring
from wizard.download.retry_policy import RetryPolicy
from wizard.errors import UsageError

POLICY = RetryPolicy(max_wait=60.0, attempts=8)
"""Fewer attempts than for a server that is asked directly: the clients retry themselves before they give up."""
_TEMPORARY = {408, 425, 429}


class Hub(Protocol):
    """A hub; its module has these.

    Attributes:
        TERMS: sentences on whom it gives the archives to, and where its client finds the token.
    """

    TERMS: str

    def needs(self, what: Collection[What], folder: Path, /) -> int:
        """Bytes of disk that a fetch takes at most; what an earlier run left in the folder is not counted again."""

    def lacking(self, what: Collection[What], /) -> str:
        """What is wanted but not offered here, as a sentence; empty where there is nothing."""

    def require(self, what: Collection[What], folder: Path, /) -> None:
        """Checks, without asking the hub, that a fetch can begin.

        Raises:
            UsageError: the client is not installed, or nothing of what is wanted is offered.
            DownloadError: there is no token, unless everything is here; or the folder holds something else.
        """

    def fetch(self, folder: Path, what: Collection[What], report: Report, /) -> Path:
        """Fetches and unpacks what is wanted, or the rest of it; the folder to give as source.path.

        Raises:
            UsageError: see `require`.
            DownloadError: no token, no access, no network, or a damaged archive.
            MachineError: the disk is full, or must not be written to.
        """


def client(module: str) -> Any:
    """A module of a client, imported only now: most people need neither.

    Raises:
        UsageError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        name = (error.name or module).partition(".")[0]
        raise UsageError(
            f"{name} is not installed, and downloads from Kaggle or Hugging Face need their own clients.",
            "Install them: pip install huggingface-hub kagglehub",
        ) from error


def no_token(hub: str, log_in: str) -> DownloadError:
    """The error where a hub's client found no token; `log_in` says how to get one."""
    return DownloadError(f"{hub} delivers nothing without a token, and its client found none.", log_in)


def refusal(
    hub: str, status: int, log_in: str, *, forbidden: DownloadError, otherwise: DownloadError
) -> DownloadError | Transient:
    """The error for a hub's HTTP status; `forbidden` and `otherwise` name the page to look at."""
    if status in _TEMPORARY or status >= 500:
        return Transient(f"{hub} answered with status {status}")
    if status == 401:
        return DownloadError(f"{hub} does not accept the token that its client found (401).", log_in)
    return forbidden if status == 403 else otherwise


def size(path: Path) -> int:
    """Bytes of a file; 0 where there is none."""
    return path.stat().st_size if path.is_file() else 0


def summary(error: Exception) -> str:
    """The type of a client's error, and the first line of its message, without a full stop."""
    return f"{type(error).__name__}: {error}".partition("\n")[0].rstrip(": .")


def bar(file: str, report: Report) -> type:
    """A class that the clients use in place of tqdm, which reports and draws nothing.

    It raises Transient at the end of a transfer that the client takes for complete, but that has another size: neither
    client compares the two.
    """

    class Bar:
        def __init__(self, *, total: int | None = None, initial: int = 0, **_: object) -> None:
            self.total, self.done = total or 0, initial

        def __enter__(self) -> Self:
            return self

        def __exit__(self, kind: object, *_: object) -> None:
            if kind is None and self.total and self.done != self.total:
                raise Transient(f"the server sent {self.done:,} bytes instead of {self.total:,}")

        def update(self, count: int) -> None:
            self.done += count
            report(Transferring(file=file, done=self.done, total=self.total))

        def close(self) -> None:
            pass

    return Bar


@contextmanager
def quiet(logger: str) -> Iterator[None]:
    """Within it, a client logs nothing to the terminal; log files that the person has set up are still written."""
    log = logging.getLogger(logger)
    before = log.handlers, log.propagate
    # Without any handler, logging prints warnings to stderr itself.
    log.handlers = [logging.NullHandler(), *(each for each in log.handlers if isinstance(each, logging.FileHandler))]
    log.propagate = False
    try:
        yield
    finally:
        log.handlers, log.propagate = before
