"""How a worker process died: its exit code and cause, described for a person."""

import signal

from wizard.errors import Hint

CRASH_HINT = (
    "A crash is caused by a bug in a library or in this program, or by faulty hardware: report it with the versions "
    "in use. The same command resumes where it stopped"
)
_OUTSIDE = (signal.SIGTERM, getattr(signal, "SIGKILL", 9))
"""Signals sent from outside: a worker never raises them itself, whatever the image."""


class WorkerDied(Exception):
    """The process that ran a task died; the message says how.

    Attributes:
        exit_code: as in multiprocessing: the negative signal number, or what the process returned; None if it had
            stopped responding and was terminated.
        oom: whether the kernel killed it because memory ran out; None if that is unknown, or it was not killed.
        item: index, from 0, of the item of its task that it was processing; None if there was none.
        beside: whether another task had the worker's core, and this one only waited for the disk.
        times: how many workers died of the task, one after the other, before this was told.
    """

    times = 1

    def __init__(
        self,
        pid: int | None,
        exit_code: int | None,
        *,
        oom: bool | None = None,
        item: int | None = None,
        beside: bool = False,
    ) -> None:
        super().__init__(pid, exit_code)
        self.pid, self.exit_code, self.oom, self.item, self.beside = pid, exit_code, oom, item, beside

    @property
    def signal(self) -> str:
        """The signal's name, or "exit code 3" and the like if there was no signal.

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
        """Whether its own work ended it, rather than something outside."""
        return self.exit_code is not None and -self.exit_code not in _OUTSIDE

    def __str__(self) -> str:
        worker = f"worker {self.pid}"
        if self.exit_code is None:
            return f"{worker} stopped responding and was terminated"
        if self.exit_code >= 0:
            return f"{worker} exited unexpectedly ({self.signal})"
        if self.crashed:
            return f"{worker} crashed ({self.signal})"
        if self.exit_code == -signal.SIGTERM:
            return f"{worker} was terminated by another program or a person (SIGTERM)"
        if self.oom:
            return f"{worker} was killed by the system because memory ran out (SIGKILL)"
        if self.oom is None:
            return f"{worker} was killed (SIGKILL): by the system because memory ran out, or by another program"
        return f"{worker} was killed by another program or a person (SIGKILL); the system did not run out of memory"

    @property
    def hint(self) -> str:
        """What to do about it."""
        resumes = "the same command resumes where it stopped"
        if self.oom:
            return Hint(f"Give it more memory or fewer workers ({{}}); {resumes}", "run.workers=1")
        if self.crashed:
            return CRASH_HINT
        who = "Find out what ends processes here: a job scheduler's limit, a program such as earlyoom, a person"
        if self.oom is None and self.exit_code not in (None, -signal.SIGTERM):
            return Hint(f"{who}; if memory is short, use fewer workers ({{}}). {resumes.capitalize()}", "run.workers=1")
        return f"{who}; {resumes}"


class WorkersLost(WorkerDied):
    """Workers elsewhere were lost one after the other while they ran a task, each whole, for a reason unknown here."""

    def __init__(self, last: str, times: int) -> None:
        super().__init__(None, None)
        self.args = last, times
        self.last, self.times = last, times

    def __str__(self) -> str:
        return f"{self.last} was lost"

    @property
    def hint(self) -> str:
        """What to do about it."""
        return (
            "Their logs may say why: a limit of time or memory, a machine that was shut down. "
            "The same command resumes where it stopped"
        )
