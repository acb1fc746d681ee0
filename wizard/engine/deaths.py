"""How a worker process ended, in fields, and in the sentences that they make."""

import signal

CRASH_HINT = (
    "A crash is a fault of a library, of this program or of the hardware: report it with the versions in use. "
    "The same command goes on where it stopped"
)
_OUTSIDE = (signal.SIGTERM, getattr(signal, "SIGKILL", 9))
"""Signals that come from outside: a worker never sends them to itself, and no image makes it."""


class WorkerDied(Exception):
    """The process that ran a task is gone; the message says how it went.

    Attributes:
        pid: of the process.
        exit_code: as multiprocessing gives it: a signal's number made negative, or what the process returned; None
            where it had stopped answering and was ended.
        oom: whether the kernel killed it for want of memory; None where that cannot be told, or it was not killed.
        item: number of the item of its task that it had in hand, from 0; None where it had none.
    """

    def __init__(
        self, pid: int | None, exit_code: int | None, *, oom: bool | None = None, item: int | None = None
    ) -> None:
        super().__init__(pid, exit_code)
        self.pid, self.exit_code, self.oom, self.item = pid, exit_code, oom, item

    @property
    def signal(self) -> str:
        """The signal's name; "exit code 3" and the like where it was none.

        >>> WorkerDied(1, -11).signal
        'SIGSEGV'
        """
        if self.exit_code is None or self.exit_code >= 0:
            return f"exit code {self.exit_code}"
        try:
            return signal.Signals(-self.exit_code).name
        except ValueError:
            return f"signal {-self.exit_code}"

    @property
    def crashed(self) -> bool:
        """Whether it ended by what it was doing, rather than by somebody outside."""
        return self.exit_code is not None and -self.exit_code not in _OUTSIDE

    def __str__(self) -> str:
        worker = f"worker {self.pid}"
        if self.exit_code is None:
            return f"{worker} stopped answering and was ended"
        if self.exit_code >= 0:
            return f"{worker} ended by itself ({self.signal})"
        if self.crashed:
            return f"{worker} crashed ({self.signal})"
        if self.exit_code == -signal.SIGTERM:
            return f"{worker} was asked to end by somebody else (SIGTERM)"
        if self.oom:
            return f"{worker} was killed by the system because memory ran out (SIGKILL)"
        if self.oom is None:
            return f"{worker} was killed (SIGKILL): by the system because memory ran out, or by a person or a program"
        return f"{worker} was killed (SIGKILL) by a person or a program; the system did not run out of memory"

    @property
    def hint(self) -> str:
        """What to do about it."""
        goes_on = "the same command goes on where it stopped"
        if self.oom:
            return f"Give it more memory or fewer workers (--set run.workers=1); {goes_on}"
        if self.crashed:
            return CRASH_HINT
        who = "See what ends processes here: a job scheduler's limit, a program such as earlyoom, a person"
        if self.oom is None and self.exit_code not in (None, -signal.SIGTERM):
            return f"{who}; if memory is short, take fewer workers (--set run.workers=1). {goes_on.capitalize()}"
        return f"{who}; {goes_on}"
