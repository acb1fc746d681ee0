"""Run loop: submit shards, collect them, retry, stop. Yields events; never prints, never asks."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait

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
    """Builds the missing shards; each is committed by its worker before it is told here, and added to the records.

    Once `stopping` is true, nothing new begins and what runs is finished.

    Yields:
        Heartbeat, ShardDone, WorkerLost.

    Raises:
        BadImage: an image crashes workers, and may not be left out.
        Interrupted: `stopping` became true before everything was built.
        MachineError: a shard's worker died too often without an image being the cause.
        SetupError: whatever `build_shard` found.
    """
    missing = iter(tasks)
    again: deque[ShardTask] = deque()
    running: dict[Future[CommitRecord], ShardTask] = {}
    losses = Losses()
    while True:
        while not stopping() and len(running) < executor.capacity:
            task = again.popleft() if again else next(missing, None)
            if task is None:
                break
            running[executor.submit(build_shard, task)] = task
        if stopping():
            again.extend(_withdraw(running))
        if not running:
            break
        done, _ = wait(running, timeout=_PATIENCE, return_when=FIRST_COMPLETED)
        yield from executor.heartbeats()
        for future in done:
            next_try = yield from _collect(running.pop(future), future, records, losses)
            if next_try is not None:
                again.append(next_try)
    if again or (stopping() and next(missing, None) is not None):
        raise Interrupted(f"Stopped with {len(records.done):,} shards done; none of them is lost.")


def _collect(
    task: ShardTask, future: Future[CommitRecord], records: CommitRecords, losses: Losses
) -> Generator[Event, None, ShardTask | None]:
    """Takes in the outcome of a shard; if its worker died, returns the task to run next."""
    error = future.exception()
    if isinstance(error, WorkerDied):
        return (yield from losses.after(task, error))
    record = future.result()
    records.done[record.shard] = record
    yield ShardDone(result=record)
    return None


def _withdraw(running: dict[Future[CommitRecord], ShardTask]) -> list[ShardTask]:
    """Takes back what no worker has begun."""
    return [running.pop(future) for future in list(running) if future.cancel()]
