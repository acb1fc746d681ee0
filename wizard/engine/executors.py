"""Where shards are built. An executor is a concurrent.futures.Executor; the local one outlives killed workers."""

import os
from collections.abc import Callable
from concurrent.futures import Executor, Future
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessPool

from wizard.engine import beats
from wizard.engine.events import Beat

P = ParamSpec("P")
T = TypeVar("T")


class LocalExecutor(Executor):
    """Worker processes on this machine, started anew rather than forked.

    Where a worker dies, its one task fails with `lost_worker(error)` telling how, and another takes its place.
    """

    def __init__(self, workers: int) -> None:
        context = get_context("spawn")
        self._reader, self._writer = context.Pipe(duplex=False)
        self._pool = ProcessPool(
            max_workers=workers, context=context, initializer=_start_worker, initargs=(self._writer,)
        )

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Schedules a call."""
        future: Future[T] = self._pool.schedule(fn, args=args, kwargs=kwargs)
        return future

    def beats(self) -> list[Beat]:
        """What workers have told since the last call."""
        told = []
        while self._reader.poll():
            told.append(self._reader.recv())
        return told

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends the workers: at once with `cancel_futures`, else when nothing is left to do."""
        end: Callable[[], None] = self._pool.stop if cancel_futures else self._pool.close
        end()
        if wait:
            self._pool.join()
            self._reader.close()
            self._writer.close()


def lost_worker(error: BaseException) -> str:
    """How a worker died, if `error` tells that one did; else an empty string."""
    if not isinstance(error, ProcessExpired):
        return ""
    code: Any = error.exitcode
    if code == -9:
        return f"worker {error.pid} was killed by the system or a person (SIGKILL), most likely for want of memory"
    return f"worker {error.pid} died (exit code {code})"


def available_cores() -> int:
    """Cores that this process may use; its CPU affinity counts."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _start_worker(pipe: Connection) -> None:
    """kornia-rs would start a thread a core in every worker."""
    os.environ["RAYON_NUM_THREADS"] = "1"
    beats.install(pipe)
