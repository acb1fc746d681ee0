"""Measures what a run's first process spends on each shard, and after the last one, with its real functions."""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from tests.benchmarks.simulation import Costs
from wizard.commit_record import CommitRecord
from wizard.engine import handover, heartbeat, manifest
from wizard.engine.commit_records import read_commit_records, start_or_resume
from wizard.engine.completion import require_whole
from wizard.engine.executors.local import LocalExecutor
from wizard.engine.plan import Plan, ShardTask
from wizard.engine.run import build_shards
from wizard.engine.sidecars import write_sidecars
from wizard.events import Heartbeat, SplitStart, Started
from wizard.preflight.guard import Guard
from wizard.show.progress import Progress
from wizard.targets.record_file import record_path

P = ParamSpec("P")
T = TypeVar("T")

_MANY_BEATS = 25
_RUNS = 2
_STARTS = 5


def measure(plan: Plan, *, before: float) -> Costs:
    """The costs of building a plan, without commits; `before` is as in `Costs`.

    They are CPU seconds, but for the start of a process: others may use the machine, and next to nothing waits.
    """
    shards = len(plan.shard_names)
    assert plan.plan_id  # once for all tasks
    began = time.process_time()
    for _ in plan.tasks("/out", skip_bad=False, largest_first=True):
        pass
    make = (time.process_time() - began) / shards
    with tempfile.TemporaryDirectory(prefix="scaling-") as folder:
        runs: dict[int, list[float]] = {1: [], _MANY_BEATS: []}
        for number, beats in enumerate([*runs] * _RUNS):
            runs[beats].append(_run_loop(Path(folder) / str(number), plan, beats) / shards)
        after_last = after(Path(folder) / "whole", plan)
    few, many = map(min, runs.values())
    beat = max(0.0, (many - few) / (_MANY_BEATS - 1))
    # What is left of a shard's cost comes in about equal parts when it is handed out and when it is done.
    rest = max(0.0, few - make) / 2
    return Costs(
        make=make,
        send=rest,
        collect=rest,
        beat=beat,
        interval=heartbeat.INTERVAL,
        before=before,
        start=statistics.median(_start() for _ in range(_STARTS)),
        after=after_last,
    )


class _WithoutImages(LocalExecutor):
    """Local executor whose workers do everything for a shard but process its images."""

    def __init__(self, beats: int) -> None:
        super().__init__(1)
        self._beats = beats

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        del fn, kwargs
        return cast(Future[T], super().submit(_leave_out, cast(ShardTask, args[0]), self._beats))


def _leave_out(task: ShardTask, beats: int) -> CommitRecord:
    """In place of `build_shard`."""
    for _ in range(beats):
        heartbeat.send(_heartbeat(task))
    handover.hand_over()
    return _record(task.name, task.split, len(task.samples))


def _heartbeat(task: ShardTask) -> Heartbeat:
    images = len(task.samples)
    return Heartbeat(
        worker=1,
        host=heartbeat.HOST,
        shard=task.name,
        split=task.split,
        done=images,
        total=images,
        bytes_in=int(task.samples.size.sum()),
        bytes_out=0,
        rss=1,
        image=task.samples.name[0].decode(),
    )


def _record(name: str, split: str, images: int) -> CommitRecord:
    return CommitRecord(shard=name, split=split, images=images, boxes=0, bytes_in=0, bytes_out=0, sha256="0" * 64)


def _run_loop(folder: Path, plan: Plan, beats: int) -> float:
    """CPU seconds of this process for the run loop over all shards: it waits for its worker most of the time."""
    folder.mkdir()
    start_or_resume(folder, plan)
    records = read_commit_records(folder)
    executor = _WithoutImages(beats)
    try:
        tasks = plan.tasks(str(folder), skip_bad=False, largest_first=True)
        guard = Guard(folder, 1, len(plan.shard_names), lambda: False)
        progress = Progress()
        progress.add(_started(plan))
        for _ in build_shards(islice(tasks, 1), executor, records, stopping=guard):
            pass  # the worker has started
        began = time.process_time()
        for event in build_shards(tasks, executor, records, stopping=guard):
            progress.add(event)
            for seen in guard.watch(event):
                progress.add(seen)
        spent = time.process_time() - began
        assert len(records.done) == len(plan.shard_names)
        return spent
    finally:
        executor.shutdown(cancel_futures=True)


def _started(plan: Plan) -> Started:
    splits = (
        SplitStart(
            split=each.split,
            images=len(each.table),
            source_bytes=int(each.table.size.sum()),
            shards=each.shards,
            images_done=0,
            shards_done=0,
        )
        for each in plan.splits
    )
    return Started(plan_id=plan.plan_id, output="/out", workers=1, splits=tuple(splits))


def after(folder: Path, plan: Plan) -> float:
    """CPU seconds for what follows the last shard: sidecars, manifest, list of images, the look at every file."""
    folder.mkdir()
    start_or_resume(folder, plan)
    records = read_commit_records(folder)
    for name, split, images in _shards(plan):
        records.done[name] = _record(name, split, images)
        (folder / plan.target.file(name)).touch()
        record_path(folder, name).touch()
    began = time.process_time()
    sidecars = write_sidecars(folder, plan, records.done, boxes_csv=False)
    sums = manifest.write(folder, plan, records.done, {}, sidecars)
    require_whole(folder, plan, records, sums)
    return time.process_time() - began


def _shards(plan: Plan) -> Iterator[tuple[str, str, int]]:
    for split in plan.splits:
        for index in range(split.shards):
            yield plan.target.shard(split.split, index, split.shards), split.split, len(split.rows(index))


def _start() -> float:
    """Seconds to start a process; the others wait for it."""
    process: Any = get_context("spawn").Process(target=_nothing)
    began = time.perf_counter()
    process.start()
    seconds = time.perf_counter() - began
    process.join()
    return seconds


def _nothing() -> None:
    pass
