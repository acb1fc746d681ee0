"""From a profile to a dataset: the steps of a build in order, reported as events."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from wizard.commit_record import CommitRecord, SkippedImage, checks_of, kept_in
from wizard.engine import manifest
from wizard.engine.build_result import BuildResult, SplitSummary
from wizard.engine.commit_records import CommitRecords, remove_leftovers, start_or_resume
from wizard.engine.completion import naming_what_is_gone, require_whole
from wizard.engine.executors.worker_pool import WorkerPool
from wizard.engine.loading import loading
from wizard.engine.plan import Plan
from wizard.engine.run import build_shards
from wizard.engine.sidecars import write_sidecars
from wizard.engine.staged.build import build_staged, remove_spills, staged_splits
from wizard.engine.staged.layout import WORKER_BYTES
from wizard.engine.staged.split import StagedSplit
from wizard.errors import MachineError, SetupError, writing
from wizard.events import BuildFinished, Event, SplitStart, Started
from wizard.lock import exclusive_lock
from wizard.planning import Job, Report, make_plan, settle_checks, stoppable
from wizard.preflight.checks import memory_for_an_image
from wizard.preflight.crew import look_of
from wizard.preflight.guard import Guard
from wizard.sources.class_counts import count_images
from wizard.sources.glance import LabelState, glance
from wizard.targets.dataset import BuiltDataset
from wizard.targets.expected import ShardDamage
from wizard.targets.names import STATE_FOLDER
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


def build(job: Job, report: Report, options: Options, pool: WorkerPool | None = None) -> BuildResult:
    """Builds a job, or the rest of one that an earlier run began; ends the workers of the pool.

    Raises:
        SetupError: of any kind that `wizard.errors` knows but VerifyFailed.
    """
    output = job.output
    if output.exists() and not output.is_dir():
        raise MachineError(f"{output} is a file, not a folder.", "Choose another one: --set output.path=FOLDER")
    report_or_stop = stoppable(report, options.stopping)
    plan = make_plan(job, report_or_stop, md5=options.md5)
    with (
        writing(output),
        exclusive_lock(output / STATE_FOLDER / "lock", f"Another run is building in {output}."),
        _workers(pool or WorkerPool(), output, plan.target) as workers,
    ):
        engine = workers.engine(job.profile.run)
        executor = engine.executor(job.workers, look_of(job), options.ignored)
        remove_leftovers(output, plan.target)  # under the lock: those of a run under way are no leftovers
        records = start_or_resume(output, plan)
        if options.repair:
            every_task = plan.tasks(str(output), skip_bad=job.skip_bad)
            set_rejected_aside(output, every_task, records, executor, report_or_stop)
        finished = [name for name in plan.shard_names if records.is_finished(name, plan.target, skip_bad=job.skip_bad)]
        built_before = {name: records.done[name] for name in finished}
        to_build = set(plan.shard_names) - built_before.keys()
        checks = settle_checks(job, plan, to_build, executor, report_or_stop, md5=options.md5)
        _prepare_folder(output, plan, built_before)
        spilled = WORKER_BYTES if job.reading.staged else 0
        share = None if "memory" in options.ignored else memory_for_an_image(engine.memory(), job.workers, spilled)
        staged: list[list[StagedSplit]] = []
        if job.reading.staged:
            common = partial(plan.empty_task, folder=str(output), skip_bad=job.skip_bad, memory=share, checks=checks)
            staged = staged_splits(plan, output, to_build, common)
        else:
            remove_spills(output)
        splits = [split for group in staged for split in group]
        report(_started(job, plan, list(built_before.values()), splits))
        guard = Guard(output, job.workers, sum(split.tasks for split in splits) or len(to_build), options.stopping)
        tasks = plan.tasks(
            str(output), skip_bad=job.skip_bad, without=built_before, memory=share, checks=checks, largest_first=True
        )
        if job.reading.staged:
            building = build_staged(staged, output, executor, records, stopping=guard)
        else:
            building = build_shards(tasks, executor, records, stopping=guard)
        with naming_what_is_gone(output, plan, records):
            seconds = _watch(building, guard, report)
            sidecars = write_sidecars(
                output,
                plan,
                records.done,
                boxes_csv=job.profile.output.boxes_csv,
                load_with=job.trainer if job.profile.output.load_py else None,
                report=report,
            )
            answers = job.profile.model_dump(mode="json", exclude_none=True)
            sums = manifest.write(output, plan, records.done, answers, sidecars)
        require_whole(output, plan, records, sums)
    report(BuildFinished())
    return _finished(job, plan, records, built_before, seconds)


@contextmanager
def _workers(pool: WorkerPool, output: Path, target: Target) -> Iterator[WorkerPool]:
    try:
        with pool:
            yield pool
    finally:
        remove_leftovers(output, target)


def _prepare_folder(output: Path, plan: Plan, built_before: Mapping[str, CommitRecord]) -> None:
    """Restores the files beside finished shards, and removes those that a killed run left beside others."""
    for name in plan.shard_names:
        record = built_before.get(name)
        if record is None or plan.target.wrong_beside(output, record):
            with suppress(ShardDamage):  # verify reports the damage if the shard is not rebuilt
                plan.target.restore_beside(output, name)
    # A dataset that is not whole has no manifest; indexes, which it names, may come or go.
    if len(built_before) < len(plan.shard_names) or not _describes(output, plan.target):
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


def _started(job: Job, plan: Plan, built_before: list[CommitRecord], staged: list[StagedSplit]) -> Started:
    splits = []
    reading = {each.split.split: each for each in staged}
    for split in plan.splits:
        mine = [record for record in built_before if record.split == split.split]
        start = SplitStart(
            split=split.split,
            images=len(split.order),
            shards=split.shards,
            images_done=sum(record.images + len(record.skipped) for record in mine),
            shards_done=len(mine),
            bytes_in_done=sum(record.bytes_in for record in mine),
            bytes_out_done=sum(record.bytes_out for record in mine),
        )
        if split.split in reading:
            spilled = reading[split.split]
            start = replace(
                start,
                stretches=spilled.stretches,
                stretches_done=spilled.stretches_done,
                images_read=spilled.images_read,
            )
        splits.append(start)
    return Started(plan_id=plan.plan_id, output=str(job.output), workers=job.workers, splits=tuple(splits))


def _finished(
    job: Job, plan: Plan, records: CommitRecords, built_before: Collection[str], seconds: float
) -> BuildResult:
    results = [records.done[name] for name in plan.shard_names]
    summaries, counts = [], []
    converted: Counter[str] = Counter()
    skipped: list[SkippedImage] = []
    for split in plan.splits:
        mine = [result for result in results if result.split == split.split]
        left_out: list[SkippedImage] = []
        for result in mine:
            converted.update(image.kind for image in result.converted)
            left_out += result.skipped
        skipped += left_out
        counts.append(count_images(split.split, split.table, without={image.name for image in left_out}))
        summary = SplitSummary(
            split=split.split,
            images_in=len(split.order),
            images_out=sum(result.images for result in mine),
            boxes=sum(result.boxes for result in mine),
            shards=len(mine),
            bytes_in=sum(result.bytes_in for result in mine),
            bytes_out=sum(result.bytes_out for result in mine),
            unlabelled=int((split.table.label < 0).sum()),
            kept=kept_in(mine) if split.recipe.keep_small else None,
            checks=checks_of(mine),
        )
        summaries.append(summary)
    labels: LabelState = "stored" if plan.target.stores_labels else "none"
    dataset = BuiltDataset(
        folder=job.output,
        classes=plan.classes,
        label_base=plan.label_base,
        shards=results,
        unlabeled=plan.unlabeled,
    )
    return BuildResult(
        output=str(job.output),
        plan_id=plan.plan_id,
        splits=tuple(summaries),
        converted=dict(converted),
        skipped=tuple(skipped),
        seconds=seconds,
        images_built=sum(result.images for result in results if result.shard not in built_before),
        label_base=plan.label_base,
        target=plan.target,
        classes=len(plan.classes),
        loading=loading(dataset, plan.target, dict(job.profile.output)),
        imagenet=plan.classes.whole_imagenet,
        glance=glance(plan.classes, plan.label_base, counts, labels=labels),
    )
