"""The loop: submit a window of shards, collect, retry, stop. Yields events; never prints, never asks."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait

from wizard.engine.events import Beat, Event, ShardDone, ShardResult, WorkerLost
from wizard.engine.executors import WorkerDied
from wizard.engine.journal import Journal
from wizard.engine.plan import ShardTask
from wizard.engine.worker import build_shard
from wizard.errors import Interrupted, MachineError

ATTEMPTS = 3
"""How often a shard is tried whose worker dies."""
_PATIENCE = 0.25
"""Seconds between two looks at the beats."""


def build_shards(
    tasks: Iterable[ShardTask],
    executor: Executor,
    journal: Journal,
    *,
    window: int,
    beats: Callable[[], list[Beat]],
    stopping: Callable[[], bool],
) -> Iterator[Event]:
    """Builds shards and records them.

    Args:
        tasks: the shards that are missing; made as they are needed.
        executor: runs `build_shard`.
        journal: of the output folder.
        window: shards under way at a time.
        beats: what workers have told since it was last called.
        stopping: once true, nothing new begins and what runs is finished.

    Yields:
        Beat, ShardDone, WorkerLost.

    Raises:
        Interrupted: `stopping` became true before everything was built.
        MachineError: a shard's worker died ATTEMPTS times.
        SetupError: whatever `build_shard` found.
    """
    missing = iter(tasks)
    again: deque[ShardTask] = deque()
    running: dict[Future[ShardResult], ShardTask] = {}
    attempts: Counter[str] = Counter()
    exhausted = False
    while True:
        while not stopping() and not exhausted and len(running) < window:
            task = again.popleft() if again else next(missing, None)
            if task is None:
                exhausted = True
            else:
                running[executor.submit(build_shard, task)] = task
        if stopping():
            again.extend(_withdraw(running))
        if not running:
            break
        done, _ = wait(running, timeout=_PATIENCE, return_when=FIRST_COMPLETED)
        yield from beats()
        for future in done:
            task = running.pop(future)
            error = None if future.cancelled() else future.exception()
            if error is not None:
                yield _lost(task, error, attempts)
                again.append(task)
                exhausted = False
            elif not future.cancelled():
                result = future.result()
                journal.record(result)
                yield ShardDone(result=result)
    if stopping() and (again or next(missing, None) is not None):
        raise Interrupted(f"Stopped with {len(journal.done):,} shards done; nothing of them is lost.")


def _lost(task: ShardTask, error: BaseException, attempts: "Counter[str]") -> WorkerLost:
    if not isinstance(error, WorkerDied):
        raise error
    attempts[task.name] += 1
    if attempts[task.name] >= ATTEMPTS:
        raise MachineError(
            f"{task.name} was tried {ATTEMPTS} times, and each time its worker died; the last time: {error}.",
            "Give it more memory or fewer workers (--set run.workers=1); the same command goes on where it stopped",
        ) from error
    return WorkerLost(shard=task.name, attempt=attempts[task.name], reason=str(error))


def _withdraw(running: dict[Future[ShardResult], ShardTask]) -> list[ShardTask]:
    """Takes back what no worker has begun."""
    waiting = [future for future in running if not future.running() and future.cancel()]
    return [running.pop(future) for future in waiting]
