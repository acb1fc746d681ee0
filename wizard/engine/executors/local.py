"""Local executor: worker processes on this machine, each with a pipe and a thread that receives from it.

Workers share no lock and no pipe, so that one that is killed, at whatever instant, can hold nobody up. The standard
library's pool of processes cannot be used, not even with one worker a pool: if a worker is killed while it sends a
result of more than 64 KiB (Linux's pipe buffer), the pool waits for the rest forever, for it holds the writing end of
that pipe itself (15 of 40 such kills, with results of 5 MB on Python 3.11).
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager, suppress
from ctypes import c_int64
from dataclasses import dataclass, field, replace
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from multiprocessing.process import BaseProcess
from threading import Condition, Thread
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
_CONTEXT = get_context("spawn")
_KILLED = -9
"""SIGKILL's exit code in multiprocessing."""
_PATIENCE = 1.0
"""Seconds that a process whose pipe has closed gets to exit."""
_FEWER = Hint("Ask for fewer workers ({}), or free processes, memory or open files", "run.workers=1")


@dataclass(frozen=True, kw_only=True, eq=False)
class _Call:
    number: int
    future: Future[Any]
    content: tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


@dataclass(kw_only=True, eq=False)
class _Worker:
    """A worker, as this side sees it.

    Attributes:
        number: its place among all workers, from 1; the one after a lost worker takes it over.
        item: shared with the process: the item of its task that it is processing.
        is_ready: whether it waits for a call.
        computing: the number of the call that has its core, or had it last.
        calls: all that it has not answered, by number.
    """

    number: int
    process: BaseProcess
    pipe: Connection
    item: c_int64
    is_ready: bool = False
    computing: int = 0
    calls: dict[int, _Call] = field(default_factory=dict)


class LocalExecutor(Executor):
    """At most so many worker processes on this machine, spawned rather than forked, when they are first needed."""

    def __init__(self, workers: int) -> None:
        self.capacity = workers
        self._heartbeats: deque[Heartbeat] = deque()
        self._numbers = count(1)
        self._changed = Condition()
        """Guards all that follows; notified whenever a call or a worker ends."""
        self._waiting: deque[_Call] = deque()
        self._workers: set[_Worker] = set()
        self._receivers: set[Thread] = set()
        self._starting = 0
        self._has_news = False
        self._is_closed = self._is_stopped = False
        self._oom_kills = oom_kills()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Queues a call.

        Raises:
            RuntimeError: the executor is shut down.
        """
        future: Future[T] = Future()
        with self._changed:
            if self._is_closed:
                raise RuntimeError("this executor is shut down")
            self._waiting.append(_Call(number=next(self._numbers), future=future, content=(fn, args, kwargs)))
            self._dispatch()
        return future

    @property
    def free(self) -> int:
        """How many calls could begin now."""
        with self._changed:
            busy = sum(bool(worker.calls) and not worker.is_ready for worker in self._workers)
            return self.capacity - busy - len(self._waiting)

    def wait(self, timeout: float) -> None:
        """Waits until a call has ended or handed over its core since the last wait; for so many seconds at most."""
        with self._changed:
            self._changed.wait_for(lambda: self._has_news, timeout)
            self._has_news = False

    def heartbeats(self) -> list[Heartbeat]:
        """What workers have sent since the last call."""
        return [self._heartbeats.popleft() for _ in range(len(self._heartbeats))]

    def start(self) -> None:
        """Starts the workers now, in the background, instead of with their first calls."""
        with self._changed:
            self._start_workers(self.capacity - len(self._workers))

    @property
    def held(self) -> int:
        """Bytes of memory that the workers hold."""
        with self._changed:
            pids = [worker.process.pid for worker in self._workers]
        held = 0
        for pid in pids:
            with suppress(psutil.Error):  # it has just died
                held += psutil.Process(pid).memory_info().rss
        return held

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends the workers: at once with `cancel_futures`, else when nothing is left to do."""
        with self._changed:
            self._is_closed = True
            if cancel_futures:
                self._stop()
            elif wait:
                self._changed.wait_for(lambda: not self._waiting and not any(each.calls for each in self._workers))
                self._stop()
        if wait:
            for receiver in list(self._receivers):
                receiver.join()

    def _stop(self) -> None:
        self._is_stopped = True
        while self._waiting:
            future = self._waiting.popleft().future
            if not future.cancel():  # it was handed to a worker that had just been killed
                future.set_exception(CancelledError())
        for worker in self._workers:
            worker.process.kill()

    def _dispatch(self) -> None:
        """Hands waiting calls to ready workers, and starts workers for the others, as long as there may be more."""
        ready = [worker for worker in self._workers if worker.is_ready]
        while self._waiting and ready:
            call = self._waiting[0]
            wanted = call.future.running() or call.future.set_running_or_notify_cancel()
            if not wanted or self._send(ready.pop(), call):
                self._waiting.popleft()
        self._start_workers(min(len(self._waiting), self.capacity - len(self._workers)))

    def _send(self, worker: _Worker, call: _Call) -> bool:
        """Hands a call to a ready worker; False if that was killed while it had nothing to do, which costs nothing."""
        worker.is_ready = False
        worker.item.value = in_hand.NOTHING
        worker.computing = call.number
        worker.calls[call.number] = call  # before it is sent: the answer may come at once
        try:
            worker.pipe.send((call.number, call.content))
        except OSError:
            del worker.calls[call.number]
            return False
        except Exception as error:  # noqa: BLE001  pickle raises anything; nothing was sent
            del worker.calls[call.number]
            call.future.set_exception(error)
            worker.is_ready = True
        return True

    def _start_workers(self, number: int) -> None:
        """Has so many workers starting, those that are already among them."""
        while self._starting < number:
            receiver = Thread(target=self._run_worker, name="worker", daemon=True)
            try:
                receiver.start()
            except RuntimeError as error:  # the system allows no further thread
                if not self._workers and not self._starting:
                    self._refuse_next(str(error))
                return
            self._receivers.add(receiver)
            self._starting += 1

    def _refuse_next(self, why: str) -> None:
        """Fails the call that has waited longest, as no worker can be started for it."""
        if self._waiting:
            future = self._waiting.popleft().future
            if future.running() or future.set_running_or_notify_cancel():
                future.set_exception(_not_started(why))
        self._tell()

    def _tell(self) -> None:
        self._has_news = True
        self._changed.notify_all()

    def _run_worker(self) -> None:
        """Starts a worker, and receives from it until it ends: the whole of a receiver's thread."""
        block_signals()
        worker = self._start_process()
        if worker is None:
            return
        try:
            self._receive(worker)
        finally:
            self._bury(worker)

    def _receive(self, worker: _Worker) -> None:
        with suppress(EOFError, OSError):
            while True:
                kind, number, value = worker.pipe.recv()
                if kind is Kind.HEARTBEAT:
                    self._heartbeats.append(replace(value, number=worker.number))
                    continue
                if kind is Kind.RESULT:
                    worker.calls[number].future.set_result(value)
                elif kind is Kind.ERROR:
                    worker.calls[number].future.set_exception(value)
                with self._changed:
                    if kind is Kind.READY:
                        worker.is_ready = True
                        self._dispatch()
                    else:
                        del worker.calls[number]
                    self._tell()

    def _start_process(self) -> _Worker | None:
        """A new worker; None if it cannot be started, which the call that has waited longest is told, or need not."""
        with self._changed:
            self._starting -= 1
            if self._is_stopped:
                return None
            try:
                ours, theirs = _CONTEXT.Pipe()
                item = _shared_item()
                process = _CONTEXT.Process(target=serve, args=(theirs, item), daemon=True)
                process.start()
            except OSError as error:
                self._refuse_next(error.strerror or str(error))
                self._dispatch()
                return None
            theirs.close()  # or a worker's death would not be the end of its pipe
            if item is None:
                item = c_int64(in_hand.NOTHING)
            number = min(set(range(1, self.capacity + 1)).difference(each.number for each in self._workers))
            worker = _Worker(number=number, process=process, pipe=ours, item=item)
            self._workers.add(worker)
            return worker

    def _bury(self, worker: _Worker) -> None:
        """Cleans up after a worker that has died, and fails its calls; others may take its place."""
        exit_code = _exit_code(worker.process)
        oom = self._ran_out_of_memory() if exit_code == _KILLED and worker.calls else None
        item = None if worker.item.value == in_hand.NOTHING else worker.item.value
        with self._changed:
            worker.pipe.close()
            self._workers.discard(worker)
        for call in worker.calls.values():
            beside = call.number != worker.computing and worker.computing in worker.calls
            theirs = None if beside else item
            call.future.set_exception(WorkerDied(worker.process.pid, exit_code, oom=oom, item=theirs, beside=beside))
        with self._changed:
            self._dispatch()
            self._tell()

    def _ran_out_of_memory(self) -> bool | None:
        """Whether the system has killed one more process for lack of memory than counted so far; None if unknown."""
        kills = oom_kills()
        with self._changed:
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
