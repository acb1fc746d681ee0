"""DaskExecutor: calls made by the workers of a Dask cluster that have passed the look."""

import asyncio
import pickle
from collections import deque
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from threading import Condition
from typing import Any, ParamSpec, TypeVar

from distributed import KilledWorker

from wizard.engine.dask import in_worker
from wizard.engine.dask.connection import CANCELLED, STOPPING, Connection
from wizard.engine.dask.in_worker import Deferred
from wizard.engine.dask.loop import LoopThread
from wizard.engine.dask.watch import Watch
from wizard.engine.deaths import WorkersLost
from wizard.engine.executors.look import Look, Sight
from wizard.engine.executors.packed import pack
from wizard.events import Heartbeat, Note

P = ParamSpec("P")
T = TypeVar("T")
_MOST = 4
"""Workers that may be lost with a call before it fails: as many as Dask allows, unless its configuration says other."""


@dataclass(kw_only=True, eq=False)
class _Call:
    """A call, and where it is.

    Attributes:
        content: packed.
        task: Dask's future of it; None while it waits.
        among: the workers that may make it.
        address: the worker that makes it; empty while that is not known.
        is_flushing: whether it has handed over its core.
        shard: as its last heartbeat says.
        earlier: other workers that made it before, and must have been lost.
        lost: the names of workers that were lost while they made it.
    """

    number: int
    future: Future[Any]
    content: bytes
    task: Any = None
    among: set[str] = field(default_factory=set)
    address: str = ""
    is_flushing: bool = False
    shard: str = ""
    earlier: set[str] = field(default_factory=set)
    lost: list[str] = field(default_factory=list)


class DaskExecutor:
    """At most `limit` calls at a time, made by workers that take part: Dask chooses which, and repeats what is lost."""

    def __init__(
        self, loop: LoopThread, connection: Connection, look: Look, ignored: Collection[str], limit: float
    ) -> None:
        self._loop, self._connection, self._limit = loop, connection, limit
        self._numbers = count(1)
        self._changed = Condition()
        """Guards what follows; notified whenever a call ends or hands over its core, or workers come."""
        self._waiting: deque[_Call] = deque()
        self._calls: dict[int, _Call] = {}
        self._heartbeats: deque[Heartbeat] = deque()
        self._notes: deque[Note] = deque()
        self._has_news = self._is_closed = False
        self.is_out_of_reach = False
        """Whether workers could not be told to stop what they were doing."""
        self._watch = Watch(
            connection, look, ignored, lost=self._lose, changed=self._tell_and_dispatch, note=self._notes.append
        )

    def begin(self, sights: Mapping[str, Sight]) -> None:
        """Takes those workers on that have just looked around; others are looked at as they come."""
        self._loop.run(self._begin(sights))

    async def _begin(self, sights: Mapping[str, Sight]) -> None:
        self._connection.subscribe(self._hear)
        self._watch.begin(sights)

    @property
    def capacity(self) -> int:
        """How many calls have a core at a time, of the workers that are there now."""
        return int(min(self._limit, self._watch.calls))

    @property
    def cores(self) -> int:
        """The same: a worker of Dask has as many threads as it may use cores."""
        return self.capacity

    @property
    def free(self) -> int:
        """How many calls could begin now."""
        with self._changed:
            if self._watch.failure is not None:  # one call, which ends with the reason
                return 0 if self._calls or self._waiting else 1
            busy = sum(not call.is_flushing for call in self._calls.values())
            return self.capacity - busy - len(self._waiting)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Queues a call.

        Raises:
            RuntimeError: the executor is shut down.
        """
        future: Future[T] = Future()
        content = pack(fn, args, kwargs)
        with self._changed:
            if self._is_closed:
                raise RuntimeError("this executor is shut down")
            self._waiting.append(_Call(number=next(self._numbers), future=future, content=content))
        self._dispatch()
        return future

    def wait(self, timeout: float) -> None:
        """Waits until a call has ended or handed over its core since the last wait; for so many seconds at most."""
        with self._changed:
            self._changed.wait_for(lambda: self._has_news, timeout)
            self._has_news = False

    def heartbeats(self) -> list[Heartbeat]:
        """What workers have sent since the last call."""
        return [self._heartbeats.popleft() for _ in range(len(self._heartbeats))]

    def notes(self) -> list[Note]:
        """Workers that were lost, came, or may not take part; a scheduler that is gone."""
        return [self._notes.popleft() for _ in range(len(self._notes))]

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Lets go of the workers: at once with `cancel_futures`, else when nothing is left to do."""
        with self._changed:
            self._is_closed = True
            if not cancel_futures:
                self._changed.wait_for(lambda: not wait or not (self._calls or self._waiting))
        try:
            self._loop.run(self._stop(), 2 * STOPPING)
        except Exception:  # noqa: BLE001  whatever Dask raises for a cluster that is gone
            self.is_out_of_reach = bool(self._calls)
        with self._changed:
            futures = [call.future for call in (*self._waiting, *self._calls.values())]
            self._waiting.clear()
            self._calls.clear()
        for future in futures:
            if not future.cancel() and not future.done():
                future.set_exception(CancelledError())

    async def _stop(self) -> None:
        """Ends all calls in the workers, even those that Dask has cancelled and whose functions go on."""
        self._watch.end()
        tasks = [call.task for call in self._calls.values() if call.task is not None]
        with suppress(Exception):
            await asyncio.gather(*(task.cancel(force=True) for task in tasks))
        await self._connection.stop_calls()

    def _dispatch(self) -> None:
        """Gives waiting calls to Dask, as many as have a core."""
        with self._changed:
            # Without hope, calls begin that no worker is there for: they end with the reason.
            while self._waiting and (self._watch.failure is not None or self.free + len(self._waiting) > 0):
                call = self._waiting.popleft()
                if call.future.set_running_or_notify_cancel():
                    self._calls[call.number] = call
                    self._loop.begin(self._make(call)).add_done_callback(partial(self._ended, call))

    def _tell_and_dispatch(self) -> None:
        with self._changed:
            self._has_news = True
            self._changed.notify_all()
        self._dispatch()

    async def _make(self, call: _Call) -> None:
        """Has a call made; again if it was lost with its scheduler, or with all workers that might make it."""
        for attempt in count(1):
            await self._watch.ready.wait()
            if self._watch.failure is not None:
                return self._end(call, error=self._watch.failure)
            call.among, call.address, call.is_flushing = set(self._watch.members), "", False
            key = f"{in_worker.TOPIC}-{self._connection.run}-{call.number}-{attempt}"
            content = pickle.dumps(Deferred(in_worker.make_call, call.content, self._connection.run, call.number))
            try:
                call.task = self._connection.submit(content, key, call.among)
                raised, value = pickle.loads(await call.task)
            except KilledWorker as error:
                last = call.lost[-1] if call.lost else f"worker {error.last_worker.address}"
                return self._end(call, error=WorkersLost(last, error.allowed_failures + 1))
            except CANCELLED:
                if self._is_closed:
                    return None
                if len(call.lost) >= _MOST:
                    return self._end(call, error=WorkersLost(call.lost[-1], len(call.lost)))
                await asyncio.sleep(1)  # until the watch has seen that the scheduler is gone
            except Exception as error:  # noqa: BLE001  of Dask itself
                return self._end(call, error=error)
            else:
                return self._end(call, error=value) if raised else self._end(call, value=value)
        return None

    def _ended(self, call: _Call, making: "Future[None]") -> None:
        """Fails a call that can no longer be made because of an error here."""
        error = None if making.cancelled() else making.exception()
        if isinstance(error, Exception):
            self._end(call, error=error)

    def _end(self, call: _Call, *, value: Any = None, error: Exception | None = None) -> None:
        with self._changed:
            self._calls.pop(call.number, None)
        if not call.future.done():
            if error is not None:
                call.future.set_exception(error)
            else:
                call.future.set_result(value)
        self._tell_and_dispatch()

    def _hear(self, event: tuple[float, Any]) -> None:
        """Takes a message of a worker's event log."""
        message = event[1]
        if message["run"] != self._connection.run:
            return
        kind, address = message["kind"], message["worker"]
        if kind == "heartbeats":
            for number, beat in pickle.loads(message["beats"]).items():
                if number in self._calls:
                    self._calls[number].shard = beat.shard
                self._heartbeats.append(replace(beat, number=self._watch.number(address, beat.number)))
        elif message["call"] in self._calls:
            call = self._calls[message["call"]]
            if call.address and call.address != address:
                call.earlier.add(call.address)  # Dask has seen sooner than the watch that this worker is lost
            call.address, call.is_flushing = address, kind == "handed over"
            self._tell_and_dispatch()

    def _lose(self, address: str, who: str) -> list[str]:
        """Takes note that a worker is lost: Dask has its calls made by others, if there are any that may."""
        shards = []
        for call in list(self._calls.values()):
            if address == call.address:
                call.address, call.is_flushing = "", False
                call.earlier.add(address)
            if address in call.earlier:
                call.earlier.discard(address)
                call.lost.append(who)
                shards += [call.shard] if call.shard else []
            is_stuck = not call.among.intersection(self._watch.members)
            if call.task is not None and (is_stuck or len(call.lost) >= _MOST):
                # Dask would wait for the return of these workers for good.
                self._loop.begin(_cancelled(call.task))
        return shards


async def _cancelled(task: Any) -> None:
    await task.cancel(force=True)
