"""Local executor: worker processes on this machine, each served by a thread and a pipe of its own.

The standard library's pool of threads keeps the queue, the futures and their cancellation; a thread of it does no more
than send a call to its worker and wait for the answer. Workers share no lock and no pipe, so that one that is killed,
at whatever instant, can hold nobody up. Its pool of processes cannot be used, not even with one worker a pool: if a
worker is killed while it sends a result of more than 64 KiB (Linux's pipe buffer), the pool waits for the rest forever,
for it holds the writing end of that pipe itself (15 of 40 such kills, with results of 5 MB on Python 3.11).
"""

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from ctypes import c_int64
from dataclasses import dataclass, replace
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from multiprocessing.process import BaseProcess
from threading import Lock, local
from time import sleep
from typing import Any, ParamSpec, Self, TypeVar

import psutil

from wizard.engine import in_hand
from wizard.engine.deaths import WorkerDied
from wizard.engine.executors.worker_process import Kind, block_signals, serve
from wizard.errors import Hint, MachineError
from wizard.events import Heartbeat
from wizard.machine.cgroup import oom_kills

P = ParamSpec("P")
T = TypeVar("T")
_Call = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]

_CONTEXT = get_context("spawn")
_KILLED = -9
"""SIGKILL's exit code in multiprocessing."""
_PATIENCE = 1.0
"""Seconds that a process whose pipe has closed gets to exit."""
_FEWER = Hint("Ask for fewer workers ({}), or free processes, memory or open files", "run.workers=1")


@dataclass(frozen=True, kw_only=True, eq=False)
class _Worker:
    number: int
    process: BaseProcess
    pipe: Connection
    item: c_int64
    """Shared with the process: the item of its task that it is processing."""


class LocalExecutor(Executor):
    """At most so many worker processes on this machine, spawned rather than forked, when they are first needed."""

    def __init__(self, workers: int) -> None:
        self.capacity = workers
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="worker", initializer=block_signals)
        self._own = local()
        self._heartbeats: deque[Heartbeat] = deque()
        self._lock = Lock()
        self._workers: set[_Worker] = set()
        self._is_closed = self._is_stopped = False
        self._oom_kills = oom_kills()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Queues a call.

        Raises:
            MachineError: the system allows no further thread.
            RuntimeError: the executor is shut down.
        """
        try:
            return self._threads.submit(self._run, (fn, args, kwargs))
        except RuntimeError as error:
            if self._is_closed:
                raise
            raise _not_started(str(error)) from error

    def heartbeats(self) -> list[Heartbeat]:
        """What workers have sent since the last call."""
        return [self._heartbeats.popleft() for _ in range(len(self._heartbeats))]

    def start(self) -> None:
        """Starts the workers now, in the background, instead of with their first calls."""
        for _ in range(self.capacity):
            self.submit(os.getpid)

    @property
    def held(self) -> int:
        """Bytes of memory that the workers hold."""
        with self._lock:
            pids = [worker.process.pid for worker in self._workers]
        held = 0
        for pid in pids:
            with suppress(psutil.Error):  # it has just died
                held += psutil.Process(pid).memory_info().rss
        return held

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends the workers: at once with `cancel_futures`, else when nothing is left to do."""
        with self._lock:
            self._is_closed = True
            self._is_stopped |= cancel_futures
            if cancel_futures:
                self._threads.shutdown(wait=False, cancel_futures=True)
                for worker in self._workers:
                    worker.process.kill()
        self._threads.shutdown(wait=wait)
        if wait:
            for worker in list(self._workers):
                worker.process.kill()
                self._bury(worker)

    def _run(self, call: _Call) -> Any:
        worker = self._hand_over(call)
        try:
            kind, value = worker.pipe.recv()
            while kind is Kind.HEARTBEAT:
                self._heartbeats.append(replace(value, number=worker.number))
                kind, value = worker.pipe.recv()
        except (EOFError, OSError) as error:
            raise self._death(worker) from error
        if kind is Kind.ERROR:
            raise value
        return value

    def _hand_over(self, call: _Call) -> _Worker:
        worker: _Worker | None = getattr(self._own, "worker", None)
        if worker is not None:
            worker.item.value = in_hand.NOTHING
            try:
                worker.pipe.send(call)
                return worker
            except OSError:  # it was killed while it had nothing to do, which costs nothing
                self._bury(worker)
        worker = self._own.worker = self._start()
        try:
            worker.pipe.send(call)
        except OSError as error:
            raise self._death(worker) from error
        return worker

    def _start(self) -> _Worker:
        with self._lock:  # what `shutdown` kills is all there is
            if self._is_stopped:
                raise CancelledError
            try:
                ours, theirs = _CONTEXT.Pipe()
                item = _shared_item()
                process = _CONTEXT.Process(target=serve, args=(theirs, item), daemon=True)
                process.start()
            except OSError as error:
                raise _not_started(error.strerror or str(error)) from error
            theirs.close()  # or a worker's death would not be the end of its pipe
            if item is None:
                item = c_int64(in_hand.NOTHING)
            number = min(set(range(1, self.capacity + 1)).difference(each.number for each in self._workers))
            worker = _Worker(number=number, process=process, pipe=ours, item=item)
            self._workers.add(worker)
            return worker

    def _death(self, worker: _Worker) -> WorkerDied:
        exit_code = self._bury(worker)
        oom = self._ran_out_of_memory() if exit_code == _KILLED else None
        item = None if worker.item.value == in_hand.NOTHING else worker.item.value
        return WorkerDied(worker.process.pid, exit_code, oom=oom, item=item)

    def _bury(self, worker: _Worker) -> int | None:
        """Cleans up after a worker that has died; returns its exit code, None if it still ran and had to be killed."""
        self._own.worker = None
        with self._lock:
            self._workers.discard(worker)
        exit_code = _exit_code(worker.process)
        worker.pipe.close()
        return exit_code

    def _ran_out_of_memory(self) -> bool | None:
        """Whether the system has killed one more process for lack of memory than counted so far; None if unknown."""
        kills = oom_kills()
        with self._lock:
            if kills is None or self._oom_kills is None:
                return None
            if kills <= self._oom_kills:
                return False
            self._oom_kills += 1
            return True


class WorkerPool:
    """Workers that one step of a run leaves for the next; a context manager that kills them, whatever they are doing.

    The pre-flight measures with as many workers as the build will have, unless memory or cores are short. A worker
    takes half a second to start.
    """

    def __init__(self) -> None:
        self._executor: LocalExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Kills the workers; the pool can be used again."""
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)
        self._executor = None

    def executor(self, workers: int) -> LocalExecutor:
        """An executor of so many workers: the last one, or a new one if that had another number of them."""
        if self._executor is None or self._executor.capacity != workers:
            self.close()
            self._executor = LocalExecutor(workers)
        return self._executor

    @property
    def held(self) -> int:
        """Bytes of memory that the workers hold."""
        return 0 if self._executor is None else self._executor.held


@contextmanager
def local_workers(count: int) -> Iterator[LocalExecutor]:
    """A local executor whose workers are killed at the end of the block, whatever they are doing."""
    with WorkerPool() as pool:
        yield pool.executor(count)


def _shared_item() -> c_int64 | None:
    """Memory shared with a worker; None if there is no room for its backing file, and the worker goes without."""
    try:
        return _CONTEXT.RawValue(c_int64, in_hand.NOTHING)
    except OSError:
        return None


def _exit_code(process: BaseProcess) -> int | None:
    """The exit code of a process that is about to exit; None if it does not, and is killed."""
    process.join(_PATIENCE)
    for _ in range(100):
        if process.exitcode is not None:
            return process.exitcode
        if process.sentinel not in wait_for([process.sentinel], 0):
            break
        # Another thread that starts a process is just collecting this one: multiprocessing looks after all at once.
        sleep(0.01)
    process.kill()
    process.join()
    return None


def _not_started(why: str) -> MachineError:
    return MachineError(f"A worker process cannot be started: {why}.", _FEWER)
