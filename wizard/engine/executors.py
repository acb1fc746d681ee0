"""Where shards are built. An executor is a concurrent.futures.Executor; the local one outlives killed workers.

Every worker has a pipe of its own and shares no lock with any other, so one that is killed, at whatever instant, can
hold nobody up. The pools of the standard library, loky and pebble share locks or break as a whole: with pebble 5.2,
killing a worker between two small tasks left the pool waiting for over a minute, again and again.
"""

import os
import signal
import traceback
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from ctypes import c_int64
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from multiprocessing.process import BaseProcess
from threading import Lock, Thread
from typing import Any, ParamSpec, TypeVar

from wizard.engine import heartbeat, in_hand
from wizard.engine.deaths import WorkerDied
from wizard.errors import MachineError
from wizard.events import Beat
from wizard.machine.cgroup import oom_kills

P = ParamSpec("P")
T = TypeVar("T")

_CONTEXT = get_context("spawn")
_KILLED = -9
"""SIGKILL's exit code in multiprocessing."""
_FEWER = "Ask for fewer workers (--set run.workers=1), or free processes, memory or open files"


@dataclass(kw_only=True, eq=False)
class _Job:
    future: Future[Any]
    call: tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


@dataclass(kw_only=True, eq=False)
class _Worker:
    process: BaseProcess
    pipe: Connection
    place: c_int64
    job: _Job | None = None


@dataclass(kw_only=True, eq=False)
class _Shared:
    """What the calling thread and the dispatching one both touch, under `lock`."""

    lock: Lock = field(default_factory=Lock)
    jobs: deque[_Job] = field(default_factory=deque)
    woken: bool = False
    closing: bool = False
    stopping: bool = False
    error: Exception | None = None


class LocalExecutor(Executor):
    """Worker processes on this machine, started anew rather than forked, as they are needed.

    If a worker dies, its one task fails with WorkerDied, which says which item it was processing, and a new worker
    takes its place.

    Args:
        workers: how many at most.
    """

    def __init__(self, workers: int) -> None:
        self._limit = workers
        self._workers: list[_Worker] = []
        self._shared = _Shared()
        self._oom_kills = oom_kills()
        self._beats, self._beats_in = _CONTEXT.Pipe(duplex=False)
        self._awake, self._wake = _CONTEXT.Pipe(duplex=False)
        self._dispatcher = Thread(target=self._dispatch, name="dispatcher", daemon=True)
        self._dispatcher.start()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Queues a call; its future runs from the moment a worker has it, and can be cancelled until then."""
        future: Future[T] = Future()
        with self._shared.lock:
            if self._shared.error is not None:
                future.set_exception(self._shared.error)
                return future
            if self._shared.closing:
                raise RuntimeError("the executor is shut down")
            self._shared.jobs.append(_Job(future=future, call=(fn, args, kwargs)))
            self._rouse()
        return future

    def beats(self) -> list[Beat]:
        """What workers have told since the last call."""
        told: list[Beat] = []
        with suppress(OSError):  # the executor has given up and closed its pipes
            while self._beats.poll():
                told.append(self._beats.recv())
        return told

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends the workers: at once with `cancel_futures`, else when nothing is left to do."""
        with self._shared.lock:
            self._shared.closing = True
            self._shared.stopping |= cancel_futures
            with suppress(OSError):
                self._rouse()
        if wait:
            self._dispatcher.join()

    def _rouse(self) -> None:
        """Makes the dispatcher look again; the lock is held."""
        if not self._shared.woken:
            self._shared.woken = True
            self._wake.send_bytes(b"!")

    def _dispatch(self) -> None:
        _block_signals()
        try:
            self._serve()
        except OSError as error:
            self._give_up(MachineError(f"A worker process cannot be started: {error.strerror or error}.", _FEWER))
        except Exception as error:  # noqa: BLE001  whoever waits for a job must hear of it
            self._give_up(error)
        for worker in list(self._workers):
            worker.process.kill()
            self._lose(worker)
        for pipe in (self._beats, self._beats_in, self._awake, self._wake):
            pipe.close()

    def _give_up(self, error: Exception) -> None:
        with self._shared.lock:
            self._shared.closing, self._shared.error = True, error
            for job in self._shared.jobs:
                if job.future.set_running_or_notify_cancel():
                    job.future.set_exception(error)
            for worker in self._workers:
                if worker.job is not None:
                    worker.job.future.set_exception(error)
                    worker.job = None

    def _serve(self) -> None:
        while self._assign():
            watched = [place for worker in self._workers for place in (worker.pipe, worker.process.sentinel)]
            events = wait_for([self._awake, *watched])
            if self._awake in events:
                with self._shared.lock:
                    self._awake.recv_bytes()
                    self._shared.woken = False
            for worker in list(self._workers):
                if worker.pipe in events or worker.process.sentinel in events:
                    self._collect(worker)

    def _assign(self) -> bool:
        """Hands waiting jobs to idle workers; false when there is nothing more to wait for."""
        with self._shared.lock:
            if self._shared.stopping:
                for job in self._shared.jobs:
                    job.future.cancel()
                return False
            while self._shared.jobs:
                worker = self._idle()
                if worker is None:
                    break
                job = self._shared.jobs.popleft()
                if job.future.set_running_or_notify_cancel():
                    self._hand(worker, job)
            return not self._shared.closing or bool(self._shared.jobs) or any(each.job for each in self._workers)

    def _idle(self) -> _Worker | None:
        idle = next((worker for worker in self._workers if worker.job is None), None)
        if idle is None and len(self._workers) < self._limit:
            ours, theirs = _CONTEXT.Pipe()
            place = _shared_place()
            process = _CONTEXT.Process(target=_work, args=(theirs, self._beats_in, place), daemon=True)
            process.start()
            theirs.close()
            idle = _Worker(process=process, pipe=ours, place=c_int64(in_hand.NOTHING) if place is None else place)
            self._workers.append(idle)
        return idle

    def _hand(self, worker: _Worker, job: _Job) -> None:
        worker.job = job
        worker.place.value = in_hand.NOTHING
        try:
            worker.pipe.send(job.call)
        except OSError:
            self._lose(worker)
        except Exception as error:  # noqa: BLE001  whatever pickling meets is the caller's to know
            worker.job = None
            job.future.set_exception(error)

    def _collect(self, worker: _Worker) -> None:
        try:
            if not worker.pipe.poll():
                self._lose(worker)
                return
            succeeded, value = worker.pipe.recv()
        except (EOFError, OSError):
            self._lose(worker)
            return
        job, worker.job = worker.job, None
        if job is None:
            return
        if succeeded:
            job.future.set_result(value)
        else:
            job.future.set_exception(value)

    def _lose(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        exit_code = _end(worker, patience=1.0)
        if worker.job is not None:
            oom = self._ran_out_of_memory() if exit_code == _KILLED else None
            item = worker.place.value if worker.place.value != in_hand.NOTHING else None
            worker.job.future.set_exception(WorkerDied(worker.process.pid, exit_code, oom=oom, item=item))

    def _ran_out_of_memory(self) -> bool | None:
        """Whether the system has killed one more process for lack of memory than counted so far; None if unknown."""
        kills = oom_kills()
        if kills is None or self._oom_kills is None:
            return None
        if kills <= self._oom_kills:
            return False
        self._oom_kills += 1
        return True


def _shared_place() -> c_int64 | None:
    """Memory shared with a worker; None if there is no room for its backing file, and the worker goes without."""
    try:
        return _CONTEXT.RawValue(c_int64, in_hand.NOTHING)
    except OSError:
        return None


def _end(worker: _Worker, patience: float) -> int | None:
    """Waits for a process to exit; kills it if it is still running after `patience` seconds.

    Returns:
        Its exit code; None if it had to be killed.
    """
    worker.process.join(patience)
    exit_code = worker.process.exitcode
    if exit_code is None:
        worker.process.kill()
        worker.process.join()
    worker.pipe.close()
    return exit_code


def _block_signals() -> None:
    """Ctrl-C is the run's to hear, also while a worker starts: it inherits the mask of the thread that starts it."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})


def _work(pipe: Connection, beats_pipe: Connection, place: c_int64 | None) -> None:
    """A worker's life: call, answer, call, until the pipe's other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    os.environ["RAYON_NUM_THREADS"] = "1"  # kornia-rs would start a thread a core in every worker
    heartbeat.install(beats_pipe)
    if place is not None:
        in_hand.install(place)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            fn, args, kwargs = pipe.recv()
            pipe.send(_answer(fn, args, kwargs))


def _answer(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[bool, Any]:
    try:
        return True, fn(*args, **kwargs)
    except Exception as error:  # noqa: BLE001  it is the caller's
        error.add_note(f"In a worker:\n{''.join(traceback.format_exception(error))}")
        return False, error
