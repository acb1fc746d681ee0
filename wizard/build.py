"""From a profile to a dataset: the flow from room to room, told as events to whoever listens."""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from wizard.commit_record import CommitRecord
from wizard.engine import manifest
from wizard.engine.build_result import BuildResult, SplitSummary
from wizard.engine.commit_records import CommitRecords, start_or_resume
from wizard.engine.completion import naming_what_is_gone, require_whole
from wizard.engine.executors.local import LocalExecutor, local_workers
from wizard.engine.leftovers import remove_leftovers
from wizard.engine.plan import Plan
from wizard.engine.run import build_shards
from wizard.engine.sidecars import write_sidecars
from wizard.errors import MachineError, SetupError, writing
from wizard.events import BuildFinished, SplitStart, Started
from wizard.lock import exclusive_lock
from wizard.machine.memory import usable_memory
from wizard.planning import Job, Report, make_plan, stoppable
from wizard.preflight.checks import memory_for_an_image
from wizard.preflight.guard import Guard
from wizard.sources.class_counts import count_images
from wizard.sources.glance import Glance, glance
from wizard.targets.expected import ShardDamage
from wizard.targets.names import STATE_FOLDER
from wizard.targets.target import Target
from wizard.verify.repair import set_rejected_aside


@dataclass(frozen=True, kw_only=True)
class Options:
    """What one run is asked beside its job.

    Attributes:
        md5: verify the archives' official sums first.
        repair: re-read the finished shards and build the damaged ones again.
        stopping: once it says true, the shards under way are finished and nothing new begins.
        limit_memory: refuse an image that needs more memory than a worker has.
    """

    md5: bool = False
    repair: bool = False
    stopping: Callable[[], bool] = lambda: False
    limit_memory: bool = True


def build(job: Job, report: Report, options: Options) -> BuildResult:
    """Builds a job, or what an earlier run has left of it.

    Raises:
        SetupError: of any kind that `wizard.errors` knows but VerifyFailed.
    """
    output, workers, skip_bad = job.output, job.workers, job.skip_bad
    _refuse_file(output)
    report_or_stop = stoppable(report, options.stopping)
    plan = make_plan(job, report_or_stop, md5=options.md5)
    with (
        writing(output),
        exclusive_lock(output / STATE_FOLDER / "lock", f"Another run is building in {output}."),
        _workers(workers, output, plan.target) as executor,
    ):
        remove_leftovers(output, plan.target)
        records = start_or_resume(output, plan)
        if options.repair:
            tasks = plan.tasks(str(output), skip_bad=skip_bad)
            set_rejected_aside(output, tasks, records, executor, report_or_stop)
        proven = {name for name in plan.shard_names if records.proves(name, plan.target, skip_bad=skip_bad)}
        built_before = [records.done[name] for name in plan.shard_names if name in proven]
        _restore_beside(output, plan, built_before)
        if len(proven) < len(plan.shard_names) or not _describes(output, plan.target):
            (output / manifest.MANIFEST).unlink(missing_ok=True)
        report(_started(plan, workers, str(output), built_before))
        before = time.monotonic()
        share = memory_for_an_image(usable_memory(), workers) if options.limit_memory else None
        tasks = plan.tasks(str(output), skip_bad=skip_bad, without=proven, memory=share)
        guard = Guard(output, workers, len(plan.shard_names) - len(proven), options.stopping)
        building = build_shards(tasks, executor, records, stopping=guard)
        asked = job.profile.output
        with naming_what_is_gone(output, plan, records):
            with guard.naming_the_shortage():
                for event in building:
                    report(event)
                    for seen in guard.watch(event):
                        report(seen)
            seconds = time.monotonic() - before
            beside = write_sidecars(output, plan, records.done, boxes_csv=asked.boxes_csv)
            answers = job.profile.model_dump(mode="json", exclude_none=True)
            sums = manifest.write(output, plan, records.done, answers, beside)
        require_whole(output, plan, records, sums)
    built = sum(result.images for name, result in records.done.items() if name not in proven)
    finished = _finished(plan, records, str(output), seconds, built, tfds=asked.tfds)
    report(BuildFinished())
    return finished


def _describes(output: Path, target: Target) -> bool:
    """Whether the manifest that is there, if one is, says what will be there: indexes may come or go."""
    try:
        return manifest.read(output).target == target
    except SetupError:
        return False


def _refuse_file(output: Path) -> None:
    if output.exists() and not output.is_dir():
        raise MachineError(f"{output} is a file, not a folder.", "Choose another one: --set output.path=FOLDER")


@contextmanager
def _workers(count: int, output: Path, target: Target) -> Iterator[LocalExecutor]:
    try:
        with local_workers(count) as executor:
            yield executor
    finally:
        remove_leftovers(output, target)


def _restore_beside(output: Path, plan: Plan, proven: Collection[CommitRecord]) -> None:
    """Puts right what lies beside finished shards, and removes what a killed run left beside others."""
    whole = {result.shard for result in proven if not plan.target.wrong_beside(output, result)}
    for name in plan.shard_names:
        if name not in whole:
            with suppress(ShardDamage):  # verify tells what is wrong with the shard, if it is not built again
                plan.target.restore_beside(output, name)


def _started(plan: Plan, workers: int, output: str, proven: list[CommitRecord]) -> Started:
    return Started(
        plan_id=plan.plan_id,
        output=output,
        workers=workers,
        splits=tuple(
            SplitStart(
                split=split.split,
                images=len(split.order),
                shards=split.shards,
                images_done=sum(len(r.skipped) + r.images for r in proven if r.split == split.split),
                shards_done=sum(r.split == split.split for r in proven),
                bytes_in_done=sum(r.bytes_in for r in proven if r.split == split.split),
                bytes_out_done=sum(r.bytes_out for r in proven if r.split == split.split),
            )
            for split in plan.splits
        ),
    )


def _finished(
    plan: Plan, records: CommitRecords, output: str, seconds: float, built: int, *, tfds: bool
) -> BuildResult:
    results = [records.done[name] for name in plan.shard_names]
    summaries = []
    for split in plan.splits:
        mine = [result for result in results if result.split == split.split]
        summaries.append(
            SplitSummary(
                split=split.split,
                images_in=len(split.order),
                images_out=sum(result.images for result in mine),
                boxes=sum(result.boxes for result in mine),
                shards=len(mine),
                bytes_in=sum(result.bytes_in for result in mine),
                bytes_out=sum(result.bytes_out for result in mine),
                unlabelled=int((split.table.label < 0).sum()),
            )
        )
    return BuildResult(
        output=output,
        plan_id=plan.plan_id,
        splits=tuple(summaries),
        converted=dict(Counter(image.kind for result in results for image in result.converted)),
        skipped=tuple(image for result in results for image in result.skipped),
        seconds=seconds,
        images_built=built,
        label_base=plan.label_base,
        target=plan.target,
        classes=len(plan.classes),
        tfds=tfds,
        imagenet=plan.classes.whole_imagenet,
        glance=_glance(plan, records),
    )


def _glance(plan: Plan, records: CommitRecords) -> Glance:
    """Summary of what is stored, without the images that were left out."""
    skipped: dict[str, set[str]] = {split.split: set() for split in plan.splits}
    for name in plan.shard_names:
        result = records.done[name]
        skipped[result.split].update(image.name for image in result.skipped)
    counts = [count_images(split.split, split.table, without=skipped[split.split]) for split in plan.splits]
    return glance(plan.classes, plan.label_base, counts, labels="stored" if plan.target.stores_labels else "none")
