"""How files are fetched, and how a server is asked: again where that helps, with what it wants to know."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from wizard.download.errors import DownloadError, LoginPage, Transient, Unauthorized
from wizard.download.events import Event, Waiting
from wizard.download.http.auth import Login, caution
from wizard.download.http.http_client import HttpClient
from wizard.download.retry_policy import RetryPolicy
from wizard.errors import Interrupted
from wizard.events import Note

POLL_SECONDS = 0.1
"""Seconds between two looks at whether to stop."""

_Result = TypeVar("_Result")


@dataclass(frozen=True, kw_only=True)
class Session:
    """How files are fetched.

    Attributes:
        client: the server's.
        login: who asks.
        folder: where to.
        cache: folder in which proven sums are remembered.
        report: told what happens.
        stopping: whether the person wants to stop.
        connections: to one file at a time.
        retry_policy: with the server.
    """

    client: HttpClient
    login: Login
    folder: Path
    cache: Path
    report: Callable[[Event], None]
    stopping: Callable[[], bool]
    connections: int
    retry_policy: RetryPolicy


def with_retries(name: str, ask: Callable[[], _Result], session: Session) -> _Result:
    """The answer to a question about a file; asked again where that may help.

    Raises:
        DownloadError: the server fails too often, or lets nobody in.
        Interrupted: the person wanted to stop.
    """
    attempt = 0
    while True:
        try:
            return with_login(lambda: _watched(ask, session), session)
        except Transient as trouble:
            attempt += 1
            seconds = session.retry_policy.wait(attempt, trouble.wait, strange=not session.client.answered)
            if seconds is None:
                raise DownloadError(*given_up(name, trouble, attempt, session)) from trouble
            session.report(Waiting(file=name, reason=trouble.reason, seconds=seconds, attempt=attempt))
            _sleep(seconds, session)


def with_login(ask: Callable[[], _Result], session: Session) -> _Result:
    """The answer to a question; the person is asked for what the server wants of them.

    Raises:
        DownloadError: they have nothing that does.
    """
    while True:
        try:
            return ask()
        except Unauthorized as wanted:
            warning = caution(wanted)
            if warning:
                session.report(Note(text=warning, warning=True))
            session.login.answer_challenge(wanted)
        except LoginPage as page:
            session.login.handle_login_page(page)


def given_up(name: str, trouble: Transient, attempts: int, session: "Session") -> tuple[str, str]:
    """What is said, and what to do, when a server has failed too often, or asks for too long a wait."""
    if trouble.wait > session.retry_policy.longest:
        minutes = round(trouble.wait / 60)
        return (
            f"{name}: {trouble.reason}, and asks to be left alone for {minutes:,} minutes.",
            "The same command goes on later; what is there is kept",
        )
    tried = "1 attempt" if attempts == 1 else f"{attempts} attempts"
    if not session.client.answered:
        return (
            f"{name}: {trouble.reason}; given up after {tried}.",
            "Check the network, and the address: --base URL",
        )
    return (
        f"{name}: {trouble.reason}; given up after {tried} without a byte.",
        "What is there is kept: the same command goes on once the network and the server are well again",
    )


def check_stop(session: Session) -> None:
    """Ends what is under way when the person wants to stop.

    Raises:
        Interrupted: they do.
    """
    if session.stopping():
        raise Interrupted("Stopped; what is there is kept.")


def _watched(ask: Callable[[], _Result], session: Session) -> _Result:
    """The answer, awaited beside the thread that asks: a silent server keeps nobody from stopping."""
    future: Future[_Result] = Future()

    def work() -> None:
        try:
            future.set_result(ask())
        except Exception as error:  # noqa: BLE001  the thread that waits for this one raises it
            future.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    while not future.done():
        check_stop(session)
        wait((future,), timeout=POLL_SECONDS)
    return future.result()


def _sleep(seconds: float, session: Session) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        check_stop(session)
        time.sleep(min(left, POLL_SECONDS))
