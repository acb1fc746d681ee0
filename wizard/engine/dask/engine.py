"""The engine "dask": opened once for a run, it has the cluster, looks at its workers, and gives the executor."""

import sys
import time
from collections.abc import Collection
from concurrent.futures import Future
from contextlib import suppress

from wizard.engine.dask.cluster import expected_calls, quiet
from wizard.engine.dask.connection import Connection
from wizard.engine.dask.executor import DaskExecutor
from wizard.engine.dask.loop import LoopThread
from wizard.engine.executors.engine import Report
from wizard.engine.executors.look import Crew, Look, Sight
from wizard.engine.executors.worker_pool import WorkerPool
from wizard.errors import Interrupted, MachineError
from wizard.events import Note, Waiting
from wizard.formatting import duration
from wizard.machine.memory import Memory
from wizard.profile_run import Run

FIRST = 600.0
"""Seconds in which a scheduler at an address must have a worker. Jobs may wait in their queue for any time."""
_OTHERS = 10.0
"""Seconds that others have to come once there is a worker, if more are expected."""
_INTERVAL = 0.5
_OUT_OF_REACH = (
    "Stopped at once; but the workers could not be told to: they may still finish the shards that they have begun, "
    "which does no harm."
)


class DaskEngine:
    """A cluster, from the moment a run asks for it to the end of the run."""

    def __init__(self, run: Run, pool: WorkerPool) -> None:
        quiet()
        self._pool = pool
        self._run = run
        self._connection = Connection(run)
        self._loop = LoopThread()
        self._opening: Future[None] = self._loop.begin(self._connection.open())
        self._look: Look | None = None
        self._sights: dict[str, Sight] = {}
        self._executor: DaskExecutor | None = None

    def crew(self, look: Look, report: Report) -> Crew:
        """Has all workers that are there look around; waits until there is one.

        Raises:
            MachineError: no scheduler answers, or it has no worker for too long.
            UsageError: the class of the cluster refuses its settings.
        """
        self._open(report)
        self._wait_for_workers(report)
        workers = self._loop.run(self._connection.workers())
        self._look, self._sights = look, self._loop.run(self._connection.look(look, workers))
        return self._crew()

    def memory(self) -> Memory:
        """Memory that all workers have together, if each call had as much as where it is scarcest."""
        return self._crew().memory()

    def executor(self, workers: int, look: Look, ignored: Collection[str] = ()) -> DaskExecutor:
        """The executor; it begins with the workers that looked around in the pre-flight, if that was the same look."""
        if self._executor is None:
            self._pool.end_workers()  # they have measured, and build nothing
            if look != self._look:
                self.crew(look, lambda _event: None)
            self._executor = DaskExecutor(self._loop, self._connection, look, ignored, self._limit(workers))
            self._executor.begin(self._sights)
        return self._executor

    def close(self) -> None:
        """Stops all calls, and leaves the cluster; ends it if it was started here.

        Raises:
            Interrupted: after a second Ctrl-C, if workers could not be told to stop.
        """
        self._opening.cancel()
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)
        with suppress(Exception):
            self._loop.run(self._connection.close(), 30)
        self._loop.stop()
        if (
            self._executor is not None
            and self._executor.is_out_of_reach
            and isinstance(sys.exception(), KeyboardInterrupt)
        ):
            raise Interrupted(_OUT_OF_REACH)

    def _limit(self, workers: int) -> float:
        """Calls at a time: as many as were asked for, or as workers take, those that come later too."""
        return workers if self._run.workers != "auto" else float("inf")

    def _crew(self) -> Crew:
        sights = tuple(self._sights.values())
        return Crew(place=self._connection.place, sights=sights, expected=expected_calls(self._run))

    def _open(self, report: Report) -> None:
        begun = time.monotonic()
        while not self._opening.done():
            report(Waiting(what=self._connection.place, seconds=time.monotonic() - begun))
            with suppress(TimeoutError):
                self._opening.exception(_INTERVAL)
        self._opening.result()

    def _wait_for_workers(self, report: Report) -> None:
        """Waits until there is a worker, and until those that are expected have had the time to come."""
        place, begun, expected = self._connection.place, time.monotonic(), expected_calls(self._run)
        limit = FIRST if self._connection.is_lasting else float("inf")
        first: float | None = None
        calls, is_told = 0, False
        while True:
            now = time.monotonic()
            seen = sum(self._loop.run(self._connection.workers()).values())
            if seen > calls:
                first, calls = now, seen
            if first is not None and (calls >= expected or now - first > _OTHERS):
                return
            if first is None and now - begun > limit:
                raise MachineError(
                    f"{place} has had no worker for {duration(limit)}.",
                    f"Start workers with dask worker {self._run.scheduler}",
                )
            if first is None and not is_told:
                is_told = True
                report(Note(text=f"Waiting for a worker: {place} has none yet"))
            report(Waiting(what=f"a worker of {place}", seconds=now - begun))
            time.sleep(_INTERVAL)
