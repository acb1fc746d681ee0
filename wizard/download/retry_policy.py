"""The one retry policy of downloads: number of attempts, waits, and when to give up."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from wizard.download.errors import GivenUp, Transient
from wizard.download.events import Report, Waiting
from wizard.formatting import counted

_Result = TypeVar("_Result")


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """Times in seconds.

    Attributes:
        connect: time-out of a connection attempt.
        stall: time without a byte after which a connection counts as broken.
        first_wait: the first wait; each further one is twice as long.
        max_wait: the longest wait that we choose.
        max_retry_after: the longest wait that a server may ask for.
        attempts: failures in a row without a byte, after which the next one ends the transfer.
        attempts_unanswered: attempts at a server that has never answered, whose address may be wrong.
    """

    connect: float = 30.0
    stall: float = 60.0
    first_wait: float = 1.0
    max_wait: float = 300.0
    max_retry_after: float = 3600.0
    attempts: int = 12
    attempts_unanswered: int = 4

    def wait(self, failures: int, retry_after: float = 0.0, *, answered: bool = True) -> float | None:
        """Seconds until the next attempt; None to give up.

        >>> [RetryPolicy().wait(failures) for failures in (1, 2, 3, 10, 13)]
        [1.0, 2.0, 4.0, 300.0, None]

        Args:
            failures: in a row, since the last byte that arrived.
            retry_after: seconds that the server asks for.
            answered: whether anything has ever come from there. A server that says when to come again has answered.
        """
        most = self.attempts if answered or retry_after else self.attempts_unanswered - 1
        if failures > most or retry_after > self.max_retry_after:
            return None
        return max(retry_after, min(self.max_wait, self.first_wait * 2.0 ** (failures - 1)))


class Retries:
    """Failures in a row of one transfer; any byte that arrives resets the count."""

    def __init__(self, file: str, policy: RetryPolicy) -> None:
        self._file, self._policy = file, policy
        self._failures = 0

    def reset(self) -> None:
        """Called when a byte arrives."""
        self._failures = 0

    def after(self, error: Transient, *, answered: bool = True) -> Waiting:
        """The wait before the next attempt.

        Args:
            error: why the last one failed.
            answered: see `RetryPolicy.wait`.

        Raises:
            GivenUp: there should be no further attempt.
        """
        self._failures += 1
        seconds = self._policy.wait(self._failures, error.retry_after, answered=answered)
        if seconds is not None:
            return Waiting(file=self._file, reason=error.reason, seconds=seconds, attempt=self._failures)
        end = f"; given up after {counted(self._failures, 'attempt')}"
        hint = "What is here is kept: the same command resumes it once the network and the server work again"
        if error.retry_after > self._policy.max_retry_after:
            end = f", and asks for a wait of {round(error.retry_after / 60):,} minutes"
            hint = "What is here is kept: run the same command again later"
        elif answered:
            end += " without a byte"
        else:
            hint = "Check the network, and the address: --base URL"
        raise GivenUp(f"{self._file}: {error.reason}{end}.", hint) from error


def retry(
    file: str,
    attempt: Callable[[], _Result],
    policy: RetryPolicy,
    report: Report,
    *,
    sleep: Callable[[float], None] = time.sleep,
    answered: Callable[[], bool] = lambda: True,
    progress: Callable[[], int] = lambda: 0,
) -> _Result:
    """The result of the first attempt that raises no Transient.

    Args:
        file: its name, for reports.
        attempt: what is tried.
        policy: how often, and how long to wait in between.
        report: receives each wait.
        sleep: waits that number of seconds.
        answered: whether anything has ever come from the server.
        progress: bytes received so far; if they grew, the attempt counts as partly successful.

    Raises:
        GivenUp: too many attempts in a row without a byte.
    """
    retries = Retries(file, policy)
    while True:
        before = progress()
        try:
            return attempt()
        except Transient as error:
            if progress() > before:
                retries.reset()
            waiting = retries.after(error, answered=answered())
        report(waiting)
        sleep(waiting.seconds)
