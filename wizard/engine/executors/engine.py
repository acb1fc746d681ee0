"""Engine: where the calls of a run are made, from a first look at the workers to the end of the run."""

from collections.abc import Callable, Collection
from typing import Protocol

from wizard.engine.executors.executor import Executor
from wizard.engine.executors.look import Crew, Look
from wizard.events import Event
from wizard.machine.memory import Memory

Report = Callable[[Event], None]


class Engine(Protocol):
    """Where a run's calls are made. The pre-flight looks at its workers, the build gets its executor.

    The module of an engine, which `wizard.engines` names, has a function `open_engine(run, pool)` that gives one. That
    begins what takes long, such as jobs that wait in a queue, and returns.
    """

    def crew(self, look: Look, report: Report) -> Crew | None:
        """Has all workers that are there look around; None where they are this machine's own.

        Waits until there is a worker; `report` may raise to end that.

        Raises:
            MachineError: no worker can be reached or started.
        """

    def memory(self) -> Memory:
        """Memory that all workers of the executor have together."""

    def executor(self, workers: int, look: Look, ignored: Collection[str] = ()) -> Executor:
        """An executor of at most so many calls at a time.

        A worker that comes later gets no call before it has passed the look; what is wrong with one counts only if
        the check of that name is not among `ignored`.
        """

    def close(self) -> None:
        """Ends everything that the engine began, at once; it cannot be used again.

        Raises:
            Interrupted: it ends because of a Ctrl-C, and some of that may go on.
        """
