"""Run loop: submit shards, collect them, retry, stop. Yields events; never prints, never asks."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Generic, TypeVar

from wizard.commit_record import CommitRecord
from wizard.engine.commit_records import CommitRecords
from wizard.engine.deaths import WorkerDied
from wizard.engine.executors.executor import Executor
from wizard.engine.losses import Losses
from wizard.engine.plan import ShardTask
from wizard.engine.worker import build_shard
from wizard.errors import Interrupted
from wizard.events import Event, ShardDone
from wizard.formatting import counted

Task = TypeVar("Task", bound=ShardTask)
Result = TypeVar("Result")
_PATIENCE = 0.25
"""Seconds between two looks at the heartbeats."""


def build_shards(
    tasks: Iterable[ShardTask], executor: Executor, records: CommitRecords, *, stopping: Callable[[], bool]
) -> Iterator[Event]:
    """Builds the missing shards; its worker commits each before it is reported here and added to the records.

    Once `stopping` is true, nothing new begins and running shards are finished.

    Yields:
        Heartbeat, Note, ShardDone, WorkerLost.

    Raises:
        BadImage: an image crashes workers, and may not be left out.
        Interrupted: `stopping` became true before everything was built.
        MachineError: a shard's worker died too often without an image being the cause.
        SetupError: `build_shard` raised it.
    """
    with saying_what_is_done(records):
        yield from run_tasks(build_shard, tasks, executor, recorded(records), stopping=stopping)


def recorded(records: CommitRecords) -> Callable[[CommitRecord], Iterable[Event]]:
    """What takes a finished shard into the records, and makes the event that reports it."""

    def done(record: CommitRecord) -> Iterable[Event]:
        records.done[record.shard] = record
        return [ShardDone(result=record)]

    return done


@contextmanager
def saying_what_is_done(records: CommitRecords, more: Callable[[], str] = lambda: "") -> Iterator[None]:
    """Context manager: what stops a build says how many shards are done, and `more`."""
    try:
        yield
    except Interrupted as error:
        done = counted(len(records.done), "shard")
        if records.plan is not None:
            done = f"{len(records.done):,} of {counted(records.plan.shards, records.plan.part)}"
        raise Interrupted(f"Stopped with {done} done{more()}; none of them is lost.") from error


def run_tasks(
    work: Callable[[Task], Result],
    tasks: Iterable[Task],
    executor: Executor,
    done: Callable[[Result], Iterable[Event]],
    *,
    stopping: Callable[[], bool],
) -> Iterator[Event]:
    """Lets the workers do all tasks, each of which leaves a record on the disk; `done` is told of each.

    Once `stopping` is true, nothing new begins and what is under way is finished.

    Yields:
        Heartbeat, Note, WorkerLost, and the events that `done` makes.

    Raises:
        BadImage: an image crashes workers, and may not be left out.
        Interrupted: `stopping` became true before everything was done.
        MachineError: a task's worker died too often without an image being the cause.
        SetupError: `work` raised it.
    """
    coming = _Ahead(tasks)
    again: deque[Task] = deque()
    running: dict[Future[Result], Task] = {}
    losses = Losses()
    while True:
        while executor.free > 0 and not stopping():
            task = again.popleft() if again else coming.take()
            if task is None:
                break
            running[executor.submit(work, task)] = task
        if stopping():
            not_begun = [future for future in running if future.cancel()]
            again.extend(map(running.pop, not_begun))
        there_is_more = coming.look() or bool(again)
        if not running and (stopping() or not there_is_more):
            break
        executor.wait(_PATIENCE)
        ended = [future for future in running if future.done()]
        yield from executor.heartbeats()  # after that look: a shard's last heartbeat comes before its end
        yield from executor.notes()
        for future in ended:
            next_try = yield from _collect(running.pop(future), future, done, losses)
            if next_try is not None:
                again.append(next_try)
    if again or coming.look():
        raise Interrupted("Stopped before everything was done.")


class _Ahead(Generic[Task]):
    """Tasks, the next of which is made while the workers are busy: one that hands over its core waits for this loop."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._tasks = iter(tasks)
        self._next: Task | None = None

    def look(self) -> bool:
        """Makes the next task, if that has not been done; whether there is one."""
        if self._next is None:
            self._next = next(self._tasks, None)
        return self._next is not None

    def take(self) -> Task | None:
        """The next task; None if there are no more."""
        self.look()
        task, self._next = self._next, None
        return task


def _collect(
    task: Task, future: Future[Result], done: Callable[[Result], Iterable[Event]], losses: Losses
) -> Generator[Event, None, Task | None]:
    """Reports what is done; if its worker died, returns the task to run next."""
    error = future.exception()
    if isinstance(error, WorkerDied):
        return (yield from losses.after(task, error))
    yield from done(future.result())
    return None
