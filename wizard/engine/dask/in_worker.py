"""A Dask worker's side: each of its threads makes calls in a process of its own.

An image that crashes a decoder would take the whole worker along, with all its calls, and nobody would know which
image it was; and `heartbeat`, `in_hand` and `stages` are globals of a process. A process is a `LocalExecutor(1)`, so
everything that is known of a local worker's death is known here.

Heartbeats go through the worker's event log: one message a second for all processes of a worker.
"""

import pickle
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from multiprocessing import current_process
from threading import Lock, Thread
from typing import Any

from distributed import Worker, get_worker, secede

from wizard.engine.executors.local import LocalExecutor
from wizard.engine.executors.look import Look, Sight, look_around
from wizard.engine.executors.packed import call_packed
from wizard.events import Heartbeat

TOPIC = "imagenet-setup"
"""Of the event log. One for all runs, as the scheduler keeps the last 1,000 events of each topic for good."""
_PATIENCE = 0.25
"""Seconds between two looks at a call that is being made."""
_INTERVAL = 1.0
"""Seconds between two messages with heartbeats."""
IDLE = 60.0
"""Seconds without a call after which the processes end: nobody may be left to end them."""
_UNDER_WAY = ("executing", "long-running")
"""States of a task that the scheduler still wants (`distributed.worker_state_machine`)."""


class Deferred:
    """A call that is made by whoever unpickles this.

    Tasks are `pickle.loads(content)`: so the scheduler, which unpickles a task's function, needs nothing of ours.
    """

    def __init__(self, fn: Callable[..., Any], *args: Any) -> None:
        self._call = fn, args

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self._call


@dataclass(kw_only=True, eq=False)
class _Slot:
    """A process, and the runs whose calls it is making; `is_taken` while one of them, `call`, has its core."""

    number: int
    call: int = 0
    executor: LocalExecutor = field(default_factory=lambda: LocalExecutor(1))
    runs: list[str] = field(default_factory=list)
    is_taken: bool = False


class _Slots:
    """The processes of this worker: one for each thread that has ever made a call at the same time as others."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._slots: list[_Slot] = []
        self._stopped: set[str] = set()
        self._worker: Worker | None = None
        self._used = 0.0

    def take(self, worker: Worker, run: str, call: int) -> _Slot | None:
        """A process with a free core; None if the run was stopped."""
        with self._lock:
            if run in self._stopped:
                return None
            self._used = time.monotonic()
            if self._worker is None:
                _allow_children()
                self._worker = worker
                Thread(target=self._forward, name="imagenet-setup heartbeats", daemon=True).start()
            slot = next((each for each in self._slots if not each.is_taken and each.executor.free > 0), None)
            if slot is None:
                slot = _Slot(number=len(self._slots) + 1)
                self._slots.append(slot)
            slot.is_taken, slot.call = True, call
            slot.runs.append(run)
            return slot

    def hand_over(self, slot: _Slot) -> None:
        """Lets another call take the process, which only flushes the last one."""
        with self._lock:
            slot.is_taken = False

    def end(self, slot: _Slot, run: str, *, handed_over: bool) -> None:
        """Says that a call has ended."""
        with self._lock:
            slot.runs.remove(run)
            if not handed_over:
                slot.is_taken = False
            self._used = time.monotonic()

    def drop(self, slot: _Slot) -> None:
        """Kills a process, whatever it is doing."""
        with self._lock:
            if slot in self._slots:
                self._slots.remove(slot)
        slot.executor.shutdown(cancel_futures=True)

    def stop(self, run: str) -> None:
        """Kills the processes that make calls of a run, and lets it begin no other; idle ones are left to the next."""
        with self._lock:
            self._stopped.add(run)
            doomed = [slot for slot in self._slots if run in slot.runs]
        for slot in doomed:
            self.drop(slot)

    def send_heartbeats(self) -> None:
        """Sends what the processes have sent since the last time."""
        with self._lock:
            worker, slots = self._worker, [(slot, slot.runs[-1], slot.call) for slot in self._slots if slot.runs]
            if worker is None:
                return
            latest: dict[str, dict[int, Heartbeat]] = {}
            for slot, run, call in slots:
                for beat in slot.executor.heartbeats():
                    latest.setdefault(run, {})[call] = replace(beat, number=slot.number)
        for run, beats in latest.items():
            _log(worker, kind="heartbeats", run=run, beats=pickle.dumps(beats))

    def _forward(self) -> None:
        """Sends heartbeats, and ends processes that nobody has used for long: the whole of a thread."""
        while True:
            time.sleep(_INTERVAL)
            self.send_heartbeats()
            with self._lock:
                is_idle = not any(slot.runs for slot in self._slots) and time.monotonic() - self._used > IDLE
                doomed = list(self._slots) if is_idle else []
            for slot in doomed:
                self.drop(slot)


_SLOTS = _Slots()


def make_call(content: bytes, run: str, number: int) -> bytes:
    """Makes a call in one of this worker's processes; a task of Dask.

    Args:
        content: the packed call.
        run: whose call it is.
        number: of the call.

    Returns:
        Pickled: whether it raised, and what it returned or raised.
    """
    worker, slot = get_worker(), None
    slot = _SLOTS.take(worker, run, number)
    if slot is None:
        return pickle.dumps((True, RuntimeError("this run was stopped")))
    key, handed_over = worker.get_current_task(), False
    _log(worker, kind="begun", run=run, call=number)
    try:
        future: Future[Any] = slot.executor.submit(call_packed, content)
        while not future.done():
            slot.executor.wait(_PATIENCE)
            if not _is_wanted(worker, key):
                _SLOTS.drop(slot)
                break
            if not handed_over and not future.done() and slot.executor.free > 0:
                handed_over = True
                _SLOTS.hand_over(slot)
                secede()  # the scheduler may give this worker another call
                _log(worker, kind="handed over", run=run, call=number)
        _SLOTS.send_heartbeats()
        return _answer(future)
    finally:
        _SLOTS.end(slot, run, handed_over=handed_over)


def stop_calls(run: str) -> None:
    """Ends all calls of a run at once: nothing is written after this."""
    _SLOTS.stop(run)


def look(what: Look, mark: str) -> Sight:
    """What this worker sees; a task of Dask."""
    worker = get_worker()
    limit = worker.memory_manager.memory_limit or 0
    sight = look_around(what, mark, limit=int(limit), calls=worker.state.nthreads)
    return replace(sight, worker=str(worker.name))


def _allow_children() -> None:
    """Lets this process have children, and lets these start without what it was started with."""
    # A worker that a nanny has started is a daemon of multiprocessing, and may have no children. All that the flag does
    # is that its parent ends it; it ends its own children in any case.
    current_process().daemon = False
    # A child would import the command line's main module, which is all of distributed: a second and 70 MB for nothing.
    main = sys.modules["__main__"]
    main.__spec__ = None
    vars(main).pop("__file__", None)


def _answer(future: "Future[Any]") -> bytes:
    try:
        return pickle.dumps((False, future.result()))
    except BaseException as error:  # noqa: BLE001  it is the caller's
        return pickle.dumps((True, error))


def _is_wanted(worker: Worker, key: Any) -> bool:
    """Whether the scheduler still wants a task; it does not if it was cancelled, or its client is gone."""
    task = worker.state.tasks.get(key)
    return task is not None and task.state in _UNDER_WAY


def _log(worker: Worker, **message: Any) -> None:
    worker.log_event(TOPIC, {"worker": worker.address, **message})
