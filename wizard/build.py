"""From a profile to a dataset: the steps of a build in order, reported as events."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from wizard.build_summary import finished, slice_finished, started
from wizard.commit_record import CommitRecord
from wizard.engine import manifest
from wizard.engine.build_result import BuildResult, SliceResult
from wizard.engine.commit_records import CommitRecords, read_commit_records, remove_leftovers, start_or_resume
from wizard.engine.completion import naming_what_is_gone, require_whole
from wizard.engine.executors.worker_pool import WorkerPool
from wizard.engine.plan import Plan
from wizard.engine.run import build_shards
from wizard.engine.shared_folder import (
    Answers,
    agree,
    alone_with,
    forget_the_dead,
    holding,
    naming_a_lost_lease,
    others,
)
from wizard.engine.sidecars import write_sidecars
from wizard.engine.staged.build import build_staged, remove_spills, remove_useless_spills, staged_splits
from wizard.engine.staged.layout import WORKER_BYTES, spills_of
from wizard.engine.staged.split import StagedSplit
from wizard.errors import Hint, Interrupted, MachineError, SetupError, writing
from wizard.events import BuildFinished, Event, Note
from wizard.lock import Waiting
from wizard.planning import Job, Report, make_plan, settle_checks, stoppable
from wizard.preflight.checks import memory_for_an_image
from wizard.preflight.crew import look_of
from wizard.preflight.guard import Guard
from wizard.slices import WHOLE, Slice
from wizard.storage import time_in
from wizard.targets.expected import ShardDamage
from wizard.targets.names import RECORD_FOLDER
from wizard.targets.target import Target
from wizard.verify.repair import set_rejected_aside


@dataclass(frozen=True, kw_only=True)
class Options:
    """Options of a single run that do not belong to its job.

    Attributes:
        md5: verify the archives' official sums first.
        repair: re-read the finished shards and build the damaged ones again.
        stopping: once it says true, the shards under way are finished and nothing new begins.
        ignored: names of checks that may fail; without that of memory, an image that needs more of it than a worker has
            is refused.
    """

    md5: bool = False
    repair: bool = False
    stopping: Callable[[], bool] = lambda: False
    ignored: tuple[str, ...] = ()


def build(job: Job, report: Report, options: Options, pool: WorkerPool | None = None) -> BuildResult | SliceResult:
    """Builds a job's slice, or the rest of one that an earlier run began; ends the workers of the pool.

    Whoever finds the shards of all slices done describes the dataset.

    Returns:
        A BuildResult if the dataset is complete, which it is where the slice is the whole; else a SliceResult.

    Raises:
        SetupError: of any kind that `wizard.errors` knows but VerifyFailed.
    """
    output = job.output
    if output.exists() and not output.is_dir():
        raise MachineError(f"{output} is a file, not a folder.", Hint("Choose another one: {}", "output.path=FOLDER"))
    report_or_stop = stoppable(report, options.stopping)
    plan = make_plan(job, report_or_stop, md5=options.md5)

    waiting = _waiting(report, options.stopping)
    with (
        writing(output),
        holding(output, job.slice, waiting) as lost,
        _workers(pool or WorkerPool(), output, plan, job.slice, lost) as workers,
    ):
        _remove_leftovers(output, plan, job.slice)  # under the lease: those of a run under way are no leftovers
        with alone_with(output, waiting):
            start_or_resume(output, plan, lambda: bool(others(output, job.slice)))
            answers = agree(output, job.slice, job.profile.model_dump(mode="json", exclude_none=True))
            remove_useless_spills(output, job.slice)
        records = read_commit_records(output)
        options = replace(options, stopping=_either(options.stopping, lost))
        with naming_a_lost_lease(output, job.slice, lost):
            built_now, seconds = _build_slice(job, plan, records, workers, report, options)
        remove_spills(output, job.slice)
        with naming_what_is_gone(output, plan, records), alone_with(output, waiting):
            is_complete = _complete(job, plan, records, answers, report)
    report(BuildFinished(is_complete=is_complete))
    summary = finished if is_complete else slice_finished
    return summary(job, plan, records.done, built_now, seconds)


def _waiting(report: Report, stopping: Callable[[], bool]) -> Waiting:
    """A wait for another run, which a person is told of, and which ends when this one is asked to stop."""

    def check() -> None:
        if stopping():
            raise Interrupted("Stopped while waiting for another run.")

    return Waiting(say=lambda text: report(Note(text=text)), check=check)


def _either(first: Callable[[], bool], second: Callable[[], bool]) -> Callable[[], bool]:
    return lambda: first() or second()


@contextmanager
def _workers(pool: WorkerPool, output: Path, plan: Plan, part: Slice, lost: Callable[[], bool]) -> Iterator[WorkerPool]:
    try:
        with pool:
            yield pool
    finally:
        if not lost():  # else they may be those of the process that has taken over
            _remove_leftovers(output, plan, part)


def _remove_leftovers(output: Path, plan: Plan, part: Slice) -> None:
    remove_leftovers(output, plan.target, None if part.is_whole else {*part.among(plan.shard_names)})


def _build_slice(
    job: Job, plan: Plan, records: CommitRecords, workers: WorkerPool, report: Report, options: Options
) -> tuple[Collection[str], float]:
    """Builds what is missing of the slice; returns the shards that were built, and the seconds that it took."""
    output = job.output
    own = job.slice.among(plan.shard_names)
    report_or_stop = stoppable(report, options.stopping)
    engine = workers.engine(job.profile.run)
    executor = engine.executor(job.workers, look_of(job), options.ignored)
    if options.repair:
        tasks = plan.tasks(str(output), skip_bad=job.skip_bad, without={*plan.shard_names} - {*own})
        set_rejected_aside(output, tasks, records, executor, report_or_stop)
    finished_before = records.finished(own, plan.target, skip_bad=job.skip_bad)
    built_before = {name: records.done[name] for name in finished_before}
    to_build = {*own} - built_before.keys()
    checks = settle_checks(job, plan, to_build, executor, report_or_stop, md5=options.md5)
    with alone_with(output, _waiting(report, options.stopping)):
        _prepare_folder(plan, own, records, built_before)
    spilled = WORKER_BYTES if job.reading.staged else 0
    share = None if "memory" in options.ignored else memory_for_an_image(engine.memory(), job.workers, spilled)
    staged: list[list[StagedSplit]] = []
    if job.reading.staged:
        common = partial(plan.empty_task, folder=str(output), skip_bad=job.skip_bad, memory=share, checks=checks)
        staged = staged_splits(plan, spills_of(output, job.slice), to_build, common)
    else:
        remove_spills(output, job.slice)
    splits = [split for group in staged for split in group]
    report(started(job, plan, built_before, splits))
    guard = Guard(output, job.workers, sum(split.tasks for split in splits) or len(to_build), options.stopping)
    if job.reading.staged:
        building = build_staged(staged, executor, records, stopping=guard)
    else:
        others_shards = {*plan.shard_names} - to_build
        tasks = plan.tasks(
            str(output),
            skip_bad=job.skip_bad,
            without=others_shards,
            memory=share,
            checks=checks,
            largest_first=True,
        )
        building = build_shards(tasks, executor, records, stopping=guard)
    with naming_what_is_gone(output, plan, records):
        seconds = _watch(building, guard, report)
    return to_build, seconds


def _complete(job: Job, plan: Plan, records: CommitRecords, answers: Answers, report: Report) -> bool:
    """Describes the dataset if all of its shards are done, and looks at every file once more; else at the slice's.

    Returns:
        Whether the dataset is complete.
    """
    output = job.output
    if not job.slice.is_whole:
        # A file that is made there makes NFS look at the folder again. So the slice that commits last sees all records.
        time_in(output / RECORD_FOLDER)
        own = {name: records.done[name] for name in job.slice.among(plan.shard_names)}
        there = read_commit_records(output).done
        records.done.clear()  # another slice may have rejected a shard since these were read
        records.done.update(there | own)
        waiting = [name for name in plan.shard_names if not records.is_recorded(name, skip_bad=job.skip_bad)]
        if waiting:
            require_whole(output, plan, replace(records, done=own), {})
            return False
        remove_leftovers(output, plan.target)
        remove_spills(output, WHOLE)
    sidecars = write_sidecars(
        output,
        plan,
        records.done,
        boxes_csv=job.profile.output.boxes_csv,
        load_with=job.trainer if job.profile.output.load_py else None,
        report=report,
    )
    sums = manifest.write(output, plan, records.done, answers, sidecars)
    require_whole(output, plan, records, sums)
    forget_the_dead(output, job.slice)
    return True


def _prepare_folder(
    plan: Plan, own: Collection[str], records: CommitRecords, built_before: Mapping[str, CommitRecord]
) -> None:
    """Restores the files beside finished shards, and removes those that a killed run left beside others.

    A shard that is gone loses its record, lest another slice take it for done while it is built again.
    """
    output = records.folder
    for name in own:
        record = built_before.get(name)
        if record is None and name in records.done and plan.target.missing(output, records.done[name]):
            records.reject(name)
        if record is None or plan.target.wrong_beside(output, record):
            with suppress(ShardDamage):  # verify reports the damage if the shard is not rebuilt
                plan.target.restore_beside(output, name)
    # A dataset that is not whole has no manifest; indexes, which it names, may come or go.
    if len(built_before) < len(own) or not _describes(output, plan.target):
        (output / manifest.MANIFEST).unlink(missing_ok=True)


def _describes(output: Path, target: Target) -> bool:
    try:
        return manifest.read(output).target == target
    except SetupError:
        return False


def _watch(building: Iterable[Event], guard: Guard, report: Report) -> float:
    """Builds the shards while the guard watches disk and memory; returns the seconds it took."""
    before = time.monotonic()
    with guard.naming_the_shortage():
        for event in building:
            report(event)
            for seen in guard.watch(event):
                report(seen)
    return time.monotonic() - before
