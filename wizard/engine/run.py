"""Run loop: submit shards, collect them, retry, stop. Yields events; never prints, never asks."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future

from wizard.commit_record import CommitRecord
from wizard.engine.commit_records import CommitRecords
from wizard.engine.deaths import WorkerDied
from wizard.engine.executors.executor import Executor
from wizard.engine.losses import Losses
from wizard.engine.plan import ShardTask
from wizard.engine.worker import build_shard
from wizard.errors import Interrupted
from wizard.events import Event, ShardDone

_PATIENCE = 0.25
"""Seconds between two looks at the heartbeats."""


def build_shards(
    tasks: Iterable[ShardTask], executor: Executor, records: CommitRecords, *, stopping: Callable[[], bool]
) -> Iterator[Event]:
    """Builds the missing shards; its worker commits each before it is reported here and added to the records.

    Once `stopping` is true, nothing new begins and running shards are finished.

    Yields:
        Heartbeat, ShardDone, WorkerLost.

    Raises:
        BadImage: an image crashes workers, and may not be left out.
        Interrupted: `stopping` became true before everything was built.
        MachineError: a shard's worker died too often without an image being the cause.
        SetupError: `build_shard` raised it.
    """
    coming = _Ahead(tasks)
    again: deque[ShardTask] = deque()
    running: dict[Future[CommitRecord], ShardTask] = {}
    losses = Losses()
    while True:
        while executor.free > 0 and not stopping():
            task = again.popleft() if again else coming.take()
            if task is None:
                break
            running[executor.submit(build_shard, task)] = task
        if stopping():
            not_begun = [future for future in running if future.cancel()]
            again.extend(map(running.pop, not_begun))
        there_is_more = coming.look() or bool(again)
        if not running and (stopping() or not there_is_more):
            break
        executor.wait(_PATIENCE)
        ended = [future for future in running if future.done()]
        yield from executor.heartbeats()  # after that look: a shard's last heartbeat comes before its end
        for future in ended:
            next_try = yield from _collect(running.pop(future), future, records, losses)
            if next_try is not None:
                again.append(next_try)
    if again or coming.look():
        raise Interrupted(f"Stopped with {len(records.done):,} shards done; none of them is lost.")


class _Ahead:
    """Tasks, the next of which is made while the workers are busy: one that hands over its core waits for this loop."""

    def __init__(self, tasks: Iterable[ShardTask]) -> None:
        self._tasks = iter(tasks)
        self._next: ShardTask | None = None

    def look(self) -> bool:
        """Makes the next task, if that has not been done; whether there is one."""
        if self._next is None:
            self._next = next(self._tasks, None)
        return self._next is not None

    def take(self) -> ShardTask | None:
        """The next task; None if there are no more."""
        self.look()
        task, self._next = self._next, None
        return task


def _collect(
    task: ShardTask, future: Future[CommitRecord], records: CommitRecords, losses: Losses
) -> Generator[Event, None, ShardTask | None]:
    """Records a finished shard; if its worker died, returns the task to run next."""
    error = future.exception()
    if isinstance(error, WorkerDied):
        return (yield from losses.after(task, error))
    record = future.result()
    records.done[record.shard] = record
    yield ShardDone(result=record)
    return None
