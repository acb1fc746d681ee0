"""The engine "local": worker processes on this machine."""

from collections.abc import Collection

from wizard.engine.executors.engine import Report
from wizard.engine.executors.executor import Executor
from wizard.engine.executors.look import Look
from wizard.engine.executors.worker_pool import WorkerPool
from wizard.machine.memory import Memory, usable_memory
from wizard.profile_run import Run


class LocalEngine:
    """Lets the workers that have measured build as well."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    def crew(self, _look: Look, _report: Report) -> None:
        """There is nobody to look at: they see what the run sees."""

    def memory(self) -> Memory:
        """What this process can get, with what its workers hold already."""
        return usable_memory().with_freed(self._pool.held)

    def executor(self, workers: int, _look: Look, _ignored: Collection[str] = ()) -> Executor:
        """The pool's."""
        return self._pool.executor(workers)

    def close(self) -> None:
        """Does nothing: the pool ends its workers."""


def open_engine(_run: Run, pool: WorkerPool) -> LocalEngine:
    """The engine of a pool."""
    return LocalEngine(pool)
