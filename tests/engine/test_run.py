"""The loop with an executor that does what the test says, in threads' place."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from tests.engine.test_commit_records import finish, opened
from tests.engine.test_plan import made
from wizard.engine.deaths import WorkerDied
from wizard.engine.losses import ATTEMPTS
from wizard.engine.plan import ShardTask
from wizard.engine.run import build_shards
from wizard.errors import BadImage, Interrupted, MachineError
from wizard.events import Event, Heartbeat, Note, ShardDone, WorkerLost

PLAN = made(shards=5)


class Scripted:
    """Runs `act` at once; `act` returns a result, raises, or returns None for a task that no worker has begun."""

    def __init__(self, act: Callable[[ShardTask], Any]) -> None:
        self.act = act
        self.capacity = self.cores = 2
        self.calls: Counter[str] = Counter()
        self.most_waiting = 0
        self.waiting: list[Future[Any]] = []

    def submit(self, _fn: Callable[..., Any], /, *args: Any, **_kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.calls[args[0].name] += 1
        try:
            result = self.act(args[0])
        except Exception as error:  # noqa: BLE001
            future.set_exception(error)
            return future
        if result is None:
            self.waiting.append(future)
            self.most_waiting = max(self.most_waiting, sum(not each.done() for each in self.waiting))
        else:
            future.set_result(result)
        return future

    @property
    def free(self) -> int:
        return self.capacity - sum(not future.done() for future in self.waiting)

    def wait(self, timeout: float) -> None:
        pass

    def heartbeats(self) -> list[Heartbeat]:
        return []

    def notes(self) -> list[Note | WorkerLost]:
        return []

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        pass


def run(folder: Path, executor: Scripted, *, stopping: Callable[[], bool] = lambda: False) -> list[Event]:
    records = opened(folder, PLAN)
    tasks = PLAN.tasks(str(folder), skip_bad=False, without=records.done)
    return list(build_shards(tasks, executor, records, stopping=stopping))


def test_every_shard_is_built_and_recorded(tmp_path: Path) -> None:
    events = run(tmp_path, Scripted(lambda task: finish(tmp_path, task)))
    assert sorted(event.result.shard for event in events if isinstance(event, ShardDone)) == PLAN.shard_names
    assert sorted(opened(tmp_path, PLAN).done) == PLAN.shard_names


def test_finished_shards_are_not_built_again(tmp_path: Path) -> None:
    opened(tmp_path, PLAN)
    tasks = list(PLAN.tasks("", skip_bad=False))
    finish(tmp_path, tasks[1])
    executor = Scripted(lambda task: finish(tmp_path, task))
    run(tmp_path, executor)
    assert set(executor.calls) == set(PLAN.shard_names) - {tasks[1].name}


def test_a_lost_worker_costs_its_shard_one_attempt(tmp_path: Path) -> None:
    executor = Scripted(lambda task: finish(tmp_path, task))

    def act(task: ShardTask) -> Any:
        if task.name == PLAN.shard_names[2] and executor.calls[task.name] < ATTEMPTS:
            raise WorkerDied(123, -9)
        return finish(tmp_path, task)

    executor.act = act
    events = run(tmp_path, executor)
    assert executor.calls == Counter(dict.fromkeys(PLAN.shard_names, 1)) | {PLAN.shard_names[2]: ATTEMPTS}
    assert [event.attempt for event in events if isinstance(event, WorkerLost)] == [1, 2]


def test_a_shard_that_kills_every_worker_ends_the_run(tmp_path: Path) -> None:
    def act(task: ShardTask) -> Any:
        if task.name == PLAN.shard_names[2]:
            raise WorkerDied(123, -9)
        return finish(tmp_path, task)

    with pytest.raises(MachineError, match=f"{PLAN.shard_names[2]} was tried {ATTEMPTS} times"):
        run(tmp_path, Scripted(act))


def test_an_error_of_a_shard_ends_the_run(tmp_path: Path) -> None:
    def act(task: ShardTask) -> Any:
        raise BadImage(task.name)

    with pytest.raises(BadImage):
        run(tmp_path, Scripted(act))


def test_stopping_finishes_running_shards_and_begins_no_others(tmp_path: Path) -> None:
    executor = Scripted(lambda task: finish(tmp_path, task))
    with pytest.raises(Interrupted):
        run(tmp_path, executor, stopping=lambda: executor.calls.total() >= 2)
    assert executor.calls.total() == 2
    assert len(opened(tmp_path, PLAN).done) == 2


def test_stopping_cancels_shards_that_no_worker_has_begun(tmp_path: Path) -> None:
    executor = Scripted(lambda _task: None)
    with pytest.raises(Interrupted):
        run(tmp_path, executor, stopping=lambda: executor.calls.total() >= 2)
    assert all(future.cancelled() for future in executor.waiting)


def test_stopping_after_the_last_shard_is_no_interruption(tmp_path: Path) -> None:
    executor = Scripted(lambda task: finish(tmp_path, task))
    run(tmp_path, executor, stopping=lambda: executor.calls.total() >= len(PLAN.shard_names))
    assert sorted(opened(tmp_path, PLAN).done) == PLAN.shard_names


def beat(task: ShardTask) -> Heartbeat:
    size = len(task.samples)
    return Heartbeat(worker=1, shard=task.name, split="train", done=size, total=size, bytes_in=0, bytes_out=1, rss=0)


class EndsWhileHeartbeatsAreRead(Scripted):
    """A shard's last heartbeat and its end arrive right after the loop has taken the heartbeats."""

    def __init__(self, folder: Path) -> None:
        super().__init__(lambda _task: None)
        self.folder = folder
        self.capacity = 1
        self.tasks: list[ShardTask] = []
        self.beats: list[Heartbeat] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.tasks.append(args[0])
        return super().submit(fn, *args, **kwargs)

    def heartbeats(self) -> list[Heartbeat]:
        taken, self.beats = self.beats, []
        if not self.waiting[-1].done():
            self.beats.append(beat(self.tasks[-1]))
            self.waiting[-1].set_result(finish(self.folder, self.tasks[-1]))
        return taken


def test_a_shards_heartbeats_come_before_its_end(tmp_path: Path) -> None:
    events = run(tmp_path, EndsWhileHeartbeatsAreRead(tmp_path))
    seen = [event.shard if isinstance(event, Heartbeat) else event.result.shard for event in events]  # type: ignore[union-attr]
    assert [type(event) for event in events] == [Heartbeat, ShardDone] * len(PLAN.shard_names)
    assert seen[::2] == seen[1::2]


class BusyNowAndThen(Scripted):
    """Its workers cannot take a call at every other look, whatever has ended."""

    looks = 0

    @property
    def free(self) -> int:
        self.looks += 1
        return self.looks % 2


def test_shards_that_no_worker_is_free_for_are_built_later(tmp_path: Path) -> None:
    run(tmp_path, BusyNowAndThen(lambda task: finish(tmp_path, task)))
    assert sorted(opened(tmp_path, PLAN).done) == PLAN.shard_names


def test_no_more_than_the_window_is_under_way(tmp_path: Path) -> None:
    executor = Scripted(lambda _task: None)
    looks = iter(range(100))
    with pytest.raises(Interrupted):
        run(tmp_path, executor, stopping=lambda: next(looks) > 6)
    assert executor.most_waiting == 2
