"""DaskExecutor: calls made by the workers of a Dask cluster that have passed the look."""

import asyncio
import pickle
from collections import deque
from collections.abc import Callable, Collection
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from threading import Condition
from typing import Any, ParamSpec, TypeVar

from distributed import KilledWorker

from wizard.engine.dask import in_worker
from wizard.engine.dask.connection import CANCELLED, Connection
from wizard.engine.dask.in_worker import Deferred
from wizard.engine.dask.loop import LoopThread
from wizard.engine.dask.roster import Roster
from wizard.engine.deaths import WorkersLost
from wizard.engine.executors.look import Look, Sight
from wizard.engine.executors.packed import pack
from wizard.errors import MachineError
from wizard.events import Heartbeat, Note, WorkerLost
from wizard.formatting import duration

P = ParamSpec("P")
T = TypeVar("T")
RETURN = 600.0
"""Seconds for which the executor waits for a scheduler that is gone."""
_INTERVAL = 1.0
"""Seconds between two looks at who is there."""


@dataclass(kw_only=True, eq=False)
class _Call:
    """A call, and where it is.

    Attributes:
        content: packed.
        task: Dask's future of it; None while it waits.
        among: the workers that may make it.
        address: the worker that makes it.
        is_flushing: whether it has handed over its core.
        shard: as its last heartbeat says.
        losses: workers that were lost while they made it.
    """

    number: int
    future: Future[Any]
    content: bytes
    task: Any = None
    among: set[str] = field(default_factory=set)
    address: str = ""
    is_flushing: bool = False
    shard: str = ""
    losses: int = 0


class DaskExecutor:
    """At most `limit` calls at a time, each made by any worker that takes part."""

    def __init__(
        self, loop: LoopThread, connection: Connection, look: Look, ignored: Collection[str], limit: int
    ) -> None:
        self._loop, self._connection = loop, connection
        self._look, self._ignored, self._limit = look, ignored, limit
        self._numbers = count(1)
        self._changed = Condition()
        """Guards what follows; notified whenever a call ends or hands over its core, or workers come."""
        self._waiting: deque[_Call] = deque()
        self._calls: dict[int, _Call] = {}
        self._heartbeats: deque[Heartbeat] = deque()
        self._notes: deque[Note | WorkerLost] = deque()
        self._has_news = self._is_closed = False
        self._failure: MachineError | None = None
        self._roster = Roster()
        self._looking: set[str] = set()
        self._welcomes: set[asyncio.Task[None]] = set()
        self._online = asyncio.Event()
        """Set while there is a scheduler, and a worker that takes part. For the event loop alone."""

    def begin(self, sights: dict[str, Sight]) -> None:
        """Takes those workers on that have just looked around; others are looked at as they come."""
        for address, sight in sights.items():
            wrong = self._roster.judge(address, sight, self._look, self._ignored)
            if wrong:
                text = f"worker {sight.worker} on {sight.host} is not used: {wrong}"
                self._notes.append(Note(text=text, warning=True))
        self._loop.run(self._begin())

    async def _begin(self) -> None:
        self._connection.subscribe(self._hear)
        self._update_online()
        self._watching = asyncio.create_task(self._watch())

    @property
    def capacity(self) -> int:
        """How many calls have a core at a time, of the workers that are there now."""
        return min(self._limit, self._roster.calls)

    @property
    def cores(self) -> int:
        """The same: a worker of Dask has as many threads as it may use cores."""
        return self.capacity

    @property
    def free(self) -> int:
        """How many calls could begin now."""
        with self._changed:
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
            if self._failure is not None:
                future.set_exception(self._failure)
                return future
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

    def notes(self) -> list[Note | WorkerLost]:
        """Workers that were lost, came, or may not take part; a scheduler that is gone."""
        return [self._notes.popleft() for _ in range(len(self._notes))]

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Lets go of the workers: at once with `cancel_futures`, else when nothing is left to do."""
        with self._changed:
            self._is_closed = True
            if wait and not cancel_futures:
                self._changed.wait_for(lambda: not self._calls and not self._waiting)
        if wait or cancel_futures:
            with suppress(Exception):
                self._loop.run(self._stop(), 2 * in_worker.IDLE)
        with self._changed:
            futures = [call.future for call in (*self._waiting, *self._calls.values())]
            self._waiting.clear()
            self._calls.clear()
        for future in futures:
            if not future.cancel() and not future.done():
                future.set_exception(CancelledError())

    async def _stop(self) -> None:
        self._watching.cancel()
        for call in list(self._calls.values()):
            if call.task is not None:
                with suppress(Exception):
                    await call.task.cancel()
        await self._connection.stop_calls()

    def _dispatch(self) -> None:
        """Gives waiting calls to Dask, as many as have a core."""
        with self._changed:
            while self._waiting and self.free + len(self._waiting) > 0:
                call = self._waiting.popleft()
                if call.future.set_running_or_notify_cancel():
                    self._calls[call.number] = call
                    self._loop.begin(self._make(call))

    def _tell(self) -> None:
        self._has_news = True
        self._changed.notify_all()

    async def _make(self, call: _Call) -> None:
        """Has a call made; again if it was lost with its scheduler, or with all workers that might make it."""
        for attempt in count(1):
            await self._online.wait()
            if self._failure is not None:
                return self._end(call, error=self._failure)
            client, call.among = self._connection.client, set(self._roster.members)
            content = pickle.dumps(Deferred(in_worker.make_call, call.content, self._connection.run, call.number))
            call.address, call.is_flushing = "", False
            # Dask's own choice of a worker, among those that passed the look, and its own repetition elsewhere.
            call.task = client.submit(
                pickle.loads,
                content,
                key=f"{in_worker.TOPIC}-{self._connection.run}-{call.number}-{attempt}",
                workers=list(call.among),
                pure=False,
            )
            try:
                raised, value = pickle.loads(await call.task)
            except KilledWorker as error:
                last = str(getattr(error.last_worker, "name", "") or error.last_worker)
                return self._end(call, error=WorkersLost(last, error.allowed_failures + 1))
            except CANCELLED:
                if self._is_closed:
                    return None
                continue
            except Exception as error:  # noqa: BLE001  of Dask itself
                return self._end(call, error=error)
            if raised:
                return self._end(call, error=value)
            return self._end(call, value=value)
        return None

    def _end(self, call: _Call, *, value: Any = None, error: Exception | None = None) -> None:
        with self._changed:
            self._calls.pop(call.number, None)
            if not call.future.done():
                if error is not None:
                    call.future.set_exception(error)
                else:
                    call.future.set_result(value)
            self._tell()
        self._dispatch()

    def _hear(self, event: Any) -> None:
        """Takes a message of a worker's event log."""
        _, message = event
        kind, address = message["kind"], message["worker"]
        if message["run"] != self._connection.run:
            return
        if kind == "heartbeats":
            for number, beat in pickle.loads(message["beats"]).items():
                if number in self._calls:
                    self._calls[number].shard = beat.shard
                self._heartbeats.append(replace(beat, number=self._roster.number(address, beat.number)))
            return
        call = self._calls.get(message["call"])
        if call is None:
            return
        with self._changed:
            call.address = address
            call.is_flushing = kind == "handed over"
            self._tell()
        self._dispatch()

    async def _watch(self) -> None:
        """Looks who is there, for as long as the executor is open."""
        while True:
            await asyncio.sleep(_INTERVAL)
            try:
                present = await self._connection.workers() if self._connection.is_connected else None
            except (OSError, AttributeError):
                present = None
            if present is None:
                if not await self._come_back():
                    return
                continue
            self._lose(present)
            new = [address for address in self._roster.unknown(present) if address not in self._looking]
            if new:
                self._looking.update(new)
                welcoming = asyncio.create_task(self._welcome(new))  # one of them may take long
                self._welcomes.add(welcoming)
                welcoming.add_done_callback(self._welcomes.discard)
            self._update_online()

    def _update_online(self) -> None:
        if self._roster.members and self._connection.is_connected:
            self._online.set()
        else:
            self._online.clear()

    def _lose(self, present: Collection[str]) -> None:
        """Takes leave of workers that are gone."""
        for address, sight in self._roster.remove_absent(present):
            who = f"the worker {sight.worker} on {sight.host} is gone"
            theirs = [call for call in self._calls.values() if call.address == address]
            for call in theirs:
                call.losses += 1
                call.address, call.is_flushing = "", False
            shards = [call.shard for call in theirs if call.shard]
            more = f", and {', '.join(shards)} is built again elsewhere" if shards else ""
            self._notes.append(Note(text=f"{who}{more}", warning=True))
        for call in list(self._calls.values()):
            if call.task is not None and call.among and not call.among & set(present):
                # Dask would wait for one of these workers for good.
                asyncio.get_running_loop().create_task(call.task.cancel())

    async def _welcome(self, addresses: Collection[str]) -> None:
        """Has workers that have come look around, and takes on those that may take part."""
        try:
            sights = await self._connection.look(self._look, addresses)
        except MachineError as error:  # the disk is full, say: the guard or a shard's writer is about to stop the run
            self._notes.append(Note(text=f"{len(addresses)} workers could not look around: {error.what}", warning=True))
            return
        finally:
            self._looking.difference_update(addresses)
        for address, sight in sights.items():
            who = f"worker {sight.worker} on {sight.host}" if sight.worker else f"worker {address}"
            wrong = self._roster.judge(address, sight, self._look, self._ignored)
            if wrong:
                self._notes.append(Note(text=f"{who} has come, and is not used: {wrong}", warning=True))
            else:
                self._notes.append(Note(text=f"{who} has come, and takes part"))
        self._update_online()
        with self._changed:
            self._tell()
        self._dispatch()

    async def _come_back(self) -> bool:
        """Waits for a scheduler that is gone; fails all calls if it does not come back."""
        self._online.clear()
        self._roster = Roster()
        place = self._connection.place
        text = f"{place} is gone; waiting for it to come back, {duration(RETURN)} at most"
        self._notes.append(Note(text=text, warning=True))
        if await self._connection.come_back(RETURN):
            self._notes.append(Note(text=f"{place} is back; what was under way and is not committed is built again"))
            return True
        with self._changed:
            self._failure = MachineError(
                f"{place} was gone for {duration(RETURN)}.",
                "Start scheduler and workers again; the same command then resumes where it stopped",
            )
        self._online.set()
        return False
