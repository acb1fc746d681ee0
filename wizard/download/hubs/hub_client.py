"""What the clients of Kaggle and Hugging Face have in common: an optional install, progress bars, and log lines."""

import importlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from wizard.download.errors import Transient
from wizard.download.events import Event, Transferring
from wizard.download.retry_policy import RetryPolicy
from wizard.errors import UsageError

Report = Callable[[Event], None]

POLICY = RetryPolicy(max_wait=60.0, attempts=8)
"""Fewer attempts than for a server that is asked directly: the clients retry themselves before they give up."""
_TEMPORARY = {408, 425, 429}


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


def is_temporary(status: int) -> bool:
    """Whether a server that answers with this HTTP status may answer differently later."""
    return status in _TEMPORARY or status >= 500


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
