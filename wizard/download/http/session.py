"""State shared by fetches, and requests with retries and logins."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from wizard.download.errors import LoginPage, Unauthorized
from wizard.download.events import Report
from wizard.download.http.auth import cleartext_warning
from wizard.download.http.http_client import HttpClient
from wizard.download.retry_policy import retry
from wizard.errors import Interrupted
from wizard.events import Note

POLL_SECONDS = 0.1
"""How long a request to stop may go unnoticed."""

_Result = TypeVar("_Result")


@dataclass(frozen=True, kw_only=True)
class Session:
    """Shared settings of all fetches.

    Attributes:
        client: the server.
        folder: where the files go.
        cache: folder in which verified sums are remembered.
        report: receives the events, always from the fetching thread.
        stopping: whether the person wants to stop.
        connections: to one file at a time.
    """

    client: HttpClient
    folder: Path
    cache: Path
    report: Report
    stopping: Callable[[], bool]
    connections: int

    def warn(self, text: str) -> None:
        """Reports a warning."""
        self.report(Note(text=text, warning=True))

    def check_stop(self) -> None:
        """Stops at the person's request.

        Raises:
            Interrupted: they do.
        """
        if self.stopping():
            raise Interrupted("Stopped; what is here is kept.")

    def with_retries(self, name: str, ask: Callable[[], _Result]) -> _Result:
        """The server's answer about a file, with retries.

        Raises:
            DownloadError: it fails too often, or refuses access.
            Interrupted: the person wanted to stop.
        """
        return retry(
            name,
            lambda: self.with_login(lambda: self._interruptible(ask)),
            self.client.retry_policy,
            self.report,
            sleep=self._sleep,
            answered=lambda: self.client.answered,
        )

    def with_login(self, ask: Callable[[], _Result]) -> _Result:
        """The server's answer; the person is asked for a login if it is required.

        Raises:
            DownloadError: there is none that it accepts.
        """
        while True:
            try:
                return ask()
            except Unauthorized as wanted:
                if warning := cleartext_warning(wanted):
                    self.warn(warning)
                self.client.login.answer_challenge(wanted)
            except LoginPage as page:
                self.client.login.handle_login_page(page)

    def _interruptible(self, ask: Callable[[], _Result]) -> _Result:
        future = in_background(ask)
        while not future.done():
            self.check_stop()
            wait((future,), timeout=POLL_SECONDS)
        return future.result()

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.check_stop()
            time.sleep(min(left, POLL_SECONDS))


def in_background(work: Callable[[], _Result]) -> Future[_Result]:
    """What `work` returns or raises, in a daemon thread.

    A ThreadPoolExecutor joins its threads when the process ends: after Ctrl-C, a server that sends nothing would hold
    it up for a minute.
    """
    future: Future[_Result] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except Exception as error:  # noqa: BLE001  raised again by whoever asks for the result
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future
