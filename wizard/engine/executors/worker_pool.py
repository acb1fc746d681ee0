"""Worker pool: workers that one step of a run leaves for the next."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Self

from wizard.engine.executors.engine import Engine
from wizard.engine.executors.local import LocalExecutor
from wizard.engines import ENGINES
from wizard.profile_run import Run


class WorkerPool:
    """Keeps an executor, and the engine, between the steps of a run; a context manager that kills its workers.

    The pre-flight measures with as many workers as the build will have, unless memory or cores are short. A worker
    takes half a second to start.
    """

    def __init__(self) -> None:
        self._executor: LocalExecutor | None = None
        self._engine: Engine | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Kills the workers, and closes the engine; the pool can be used again."""
        engine, self._engine = self._engine, None
        try:
            if engine is not None:
                engine.close()
        finally:
            self.end_workers()

    def end_workers(self) -> None:
        """Kills the workers, whatever they are doing."""
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)
        self._executor = None

    def executor(self, workers: int) -> LocalExecutor:
        """An executor of so many workers: the last one, or a new one if that had another number of them."""
        if self._executor is None or self._executor.capacity != workers:
            self.end_workers()
            self._executor = LocalExecutor(workers)
        return self._executor

    def engine(self, run: Run) -> Engine:
        """The engine that a profile asks for; the same one until the pool is closed.

        Raises:
            UsageError: its packages are not installed, or its settings are wrong.
        """
        if self._engine is None:
            self._engine = import_module(ENGINES[run.engine]).open_engine(run, self)
        return self._engine

    @property
    def held(self) -> int:
        """Bytes of memory that the workers hold."""
        return 0 if self._executor is None else self._executor.held


@contextmanager
def local_workers(count: int) -> Iterator[LocalExecutor]:
    """A local executor whose workers are killed at the end of the block, whatever they are doing."""
    with WorkerPool() as pool:
        yield pool.executor(count)
