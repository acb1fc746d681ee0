"""Local executor: worker processes on this machine, each with a pipe and a thread that receives from it.

Workers share no lock and no pipe, so that one that is killed, at whatever instant, can hold nobody up. The standard
library's pool of processes cannot be used, not even with one worker a pool: if a worker is killed while it sends a
result of more than 64 KiB (Linux's pipe buffer), the pool waits for the rest forever, for it holds the writing end of
that pipe itself (15 of 40 such kills, with results of 5 MB on Python 3.11).
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor, Future
from contextlib import suppress
from dataclasses import replace
from itertools import count
from threading import Condition, Thread
from typing import Any, ParamSpec, TypeVar

import psutil

from wizard.engine import in_hand
from wizard.engine.deaths import WorkerDied
from wizard.engine.executors.local_worker import Call, Worker, exit_code_of, start_worker
from wizard.engine.executors.worker_process import Kind, block_signals
from wizard.errors import Hint, MachineError
from wizard.events import Heartbeat, Note, WorkerLost
from wizard.machine.cgroup import oom_kills
from wizard.machine.cores import usable_cores

P = ParamSpec("P")
T = TypeVar("T")
_KILLED = -9
"""SIGKILL's exit code in multiprocessing."""
_FEWER = Hint("Ask for fewer workers ({}), or free processes, memory or open files", "run.workers=1")


class LocalExecutor(Executor):
    """At most so many worker processes on this machine, spawned rather than forked, when they are first needed."""

    def __init__(self, workers: int) -> None:
        self.capacity = workers
        self._heartbeats: deque[Heartbeat] = deque()
        self._numbers = count(1)
        self._changed = Condition()
        """Guards all that follows; notified whenever a call or a worker ends."""
        self._waiting: deque[Call] = deque()
        self._workers: set[Worker] = set()
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
            self._waiting.append(Call(number=next(self._numbers), future=future, content=(fn, args, kwargs)))
            self._dispatch()
        return future

    @property
    def cores(self) -> int:
        """How many calls have a core to themselves."""
        return min(self.capacity, usable_cores())

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

    def notes(self) -> list[Note | WorkerLost]:
        """Nothing: these workers' deaths end their calls."""
        return []

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
        if cancel_futures:
            # Before the lock is taken: it may be held by a thread that sends to a worker that was suspended.
            for worker in list(self._workers):
                worker.process.kill()
        with self._changed:
            self._is_closed = True
            if cancel_futures:
                self._stop()
            self._tell()
            if wait:
                self._changed.wait_for(lambda: self._is_stopped)
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
        while self._waiting and (ready := [worker for worker in self._workers if worker.is_ready]):
            call = self._waiting.popleft()
            if call.future.running() or call.future.set_running_or_notify_cancel():
                self._send(min(ready, key=lambda worker: len(worker.calls)), call)  # one with no shard to flush first
        self._start_workers(min(len(self._waiting), self.capacity - len(self._workers)))

    def _send(self, worker: Worker, call: Call) -> None:
        """Hands a call to a ready worker; it waits again if that was killed while it had nothing to do."""
        worker.is_ready = False
        worker.item.value = in_hand.NOTHING
        worker.calls[call.number] = call
        try:
            worker.pipe.send((call.number, call.content))
            worker.computing = call.number
        except OSError:
            del worker.calls[call.number]
            self._waiting.appendleft(call)
        except Exception as error:  # noqa: BLE001  pickle raises anything; nothing was sent
            del worker.calls[call.number]
            call.future.set_exception(error)
            worker.is_ready = True

    def _start_workers(self, number: int) -> None:
        """Has so many workers starting, those that are already among them."""
        while self._starting < number:
            receiver = Thread(target=self._run_worker, name="worker", daemon=True)
            try:
                receiver.start()
            except RuntimeError as error:  # the system allows no further thread
                while self._waiting and not self._workers and not self._starting:  # else those take the calls
                    self._fail_next(_not_started(str(error)))
                return
            self._receivers.add(receiver)
            self._starting += 1

    def _fail_next(self, error: Exception) -> None:
        """Fails the call that has waited longest, as there is no worker for it."""
        if self._waiting:
            future = self._waiting.popleft().future
            if future.running() or future.set_running_or_notify_cancel():
                future.set_exception(error)
        self._tell()

    def _tell(self) -> None:
        """Wakes whoever waits; ends the workers if nothing is left to do, and nothing can come."""
        if self._is_closed and not self._waiting and not any(worker.calls for worker in self._workers):
            self._stop()
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

    def _receive(self, worker: Worker) -> None:
        with suppress(EOFError, OSError):
            while True:
                kind, number, value = worker.pipe.recv()
                if kind is Kind.HEARTBEAT:
                    self._heartbeats.append(replace(value, number=worker.number))
                    continue
                with self._changed:
                    if kind is Kind.READY:
                        worker.is_ready = worker.was_ready = True
                        self._dispatch()
                    else:
                        # Under the lock: whoever sees that the call has ended sees that its worker is free.
                        _end(worker.calls.pop(number).future, kind, value)
                    self._tell()

    def _start_process(self) -> Worker | None:
        """A new worker; None if it cannot be started, which the call that has waited longest is told, or need not."""
        with self._changed:
            self._starting -= 1
            if self._is_stopped:
                return None
            number = min(set(range(1, self.capacity + 1)).difference(each.number for each in self._workers))
            try:
                worker = start_worker(number)
            except Exception as error:  # noqa: BLE001  whatever it is, a call waits to be told
                self._fail_next(_not_started(getattr(error, "strerror", None) or str(error)))
                self._dispatch()
                return None
            self._workers.add(worker)
            return worker

    def _bury(self, worker: Worker) -> None:
        """Cleans up after a worker that has died, and fails its calls; others may take its place."""
        exit_code = exit_code_of(worker.process)
        pid, costs_a_call = worker.process.pid, bool(worker.calls) or not worker.was_ready
        oom = self._ran_out_of_memory() if exit_code == _KILLED and costs_a_call else None
        item = None if worker.item.value == in_hand.NOTHING else worker.item.value
        with self._changed:
            worker.pipe.close()
            self._workers.discard(worker)
            for call in worker.calls.values():
                beside = call.number != worker.computing and worker.computing in worker.calls
                death = WorkerDied(pid, exit_code, oom=oom, item=None if beside else item, beside=beside)
                call.future.set_exception(death)
            if not worker.was_ready:  # the next one may die like this too, so that the call would wait forever
                self._fail_next(WorkerDied(pid, exit_code, oom=oom))
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


def _end(future: Future[Any], kind: Kind, value: Any) -> None:
    if kind is Kind.ERROR:
        future.set_exception(value)
    else:
        future.set_result(value)


def _not_started(why: str) -> MachineError:
    return MachineError(f"A worker process cannot be started: {why}.", _FEWER)
