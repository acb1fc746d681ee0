"""What the clients of Kaggle and Hugging Face have in common: an extra, bars, log lines, and connections that break."""

import importlib
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

from wizard.download.errors import DownloadError, Transient
from wizard.download.events import Event, Transferring, Waiting
from wizard.download.retry_policy import RetryPolicy
from wizard.errors import UsageError

Report = Callable[[Event], None]
_Result = TypeVar("_Result")

POLICY = RetryPolicy(most=60.0, attempts=8)
"""Less than for a server that we speak to ourselves: the clients have tried again before they give up."""
_SLOW_DOWN = {408, 425, 429}


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
            f"{name} is not installed, and downloads from Kaggle or Hugging Face go through their own clients.",
            "Install them: pip install huggingface-hub kagglehub",
        ) from error


def may_pass(status: int) -> bool:
    """Whether a server that answers with this status may answer otherwise in a while."""
    return status in _SLOW_DOWN or status >= 500


def persistently(
    attempt: Callable[[], _Result], file: Path, report: Report, retry_policy: RetryPolicy, name: str = ""
) -> _Result:
    """What an attempt at a transfer gives once it succeeds; after what may pass, it is made again.

    Args:
        attempt: goes on with the transfer where it is; raises Transient where that may help.
        file: that grows meanwhile.
        report: told of each wait.
        retry_policy: how often, and after how long; a byte that came starts the counting over.
        name: of the file, where it is called otherwise.

    Raises:
        DownloadError: that many attempts brought nothing.
    """
    name, failures = name or file.name, 0
    while True:
        before = size(file)
        try:
            return attempt()
        except Transient as error:
            failures = 1 if size(file) > before else failures + 1
            seconds = retry_policy.wait(failures, error.wait)
            if seconds is None:
                raise DownloadError(
                    f"{name} does not come: {error.reason}, and {failures} attempts in a row brought nothing.",
                    "Look at the connection; the same command then goes on where it stopped",
                ) from error
            report(Waiting(file=name, reason=error.reason, seconds=seconds, attempt=failures))
            time.sleep(seconds)


def size(path: Path) -> int:
    """Bytes of a file; 0 where there is none."""
    return path.stat().st_size if path.is_file() else 0


def said(error: Exception) -> str:
    """What a client's error is called, and the first line of what it says, without a full stop."""
    return f"{type(error).__name__}: {error}".partition("\n")[0].rstrip(": .")


def bar(file: str, report: Report) -> type:
    """A class that the clients use as if it were tqdm, and that draws nothing.

    It raises Transient at the end of a transfer that went well for the client, but brought other bytes than it should.
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
def unheard(logger: str, hear: Callable[[str], None] = lambda _: None) -> Iterator[None]:
    """Within it, what a client logs does not reach the terminal; files that the person has it log to get it still.

    Args:
        logger: name of the client's logger.
        hear: gets each message instead.
    """

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            hear(record.getMessage())

    log = logging.getLogger(logger)
    before = log.handlers, log.propagate
    log.handlers = [Ear(), *(handler for handler in log.handlers if isinstance(handler, logging.FileHandler))]
    log.propagate = False
    try:
        yield
    finally:
        log.handlers, log.propagate = before
