"""What a build reports of itself: what there is to do when it starts, and its result."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from wizard.commit_record import CommitRecord, SkippedImage, checks_of, outcomes_of
from wizard.engine.build_result import BuildResult, SliceResult, SplitSummary
from wizard.engine.loading import loading
from wizard.engine.plan import Plan
from wizard.engine.staged.split import StagedSplit
from wizard.events import SplitStart, Started
from wizard.planning import Job
from wizard.sources.class_counts import count_images
from wizard.sources.glance import LabelState, glance
from wizard.sources.image_formats import added
from wizard.targets.dataset import BuiltDataset


def started(job: Job, plan: Plan, built_before: Mapping[str, CommitRecord], staged: Sequence[StagedSplit]) -> Started:
    """What there is to do: of the slice's shards, and what was done of these before."""
    own = {*job.slice.among(plan.shard_names)}
    splits = []
    reading = {each.split.split: each for each in staged}
    for split in plan.splits:
        counts = np.diff(split.ends, prepend=0)
        indexes = [each for each in range(split.shards) if plan.target.shard(split.split, each, split.shards) in own]
        mine = [record for record in built_before.values() if record.split == split.split]
        start = SplitStart(
            split=split.split,
            images=int(counts[indexes].sum()),
            source_bytes=int(split.bytes[indexes].sum()),
            shards=len(indexes),
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
    return Started(
        plan_id=plan.plan_id,
        output=str(job.output),
        workers=job.workers,
        splits=tuple(splits),
        slice="" if job.slice.is_whole else str(job.slice),
        one_file_per_image=job.target.one_file_per_image,
    )


def finished(
    job: Job, plan: Plan, done: Mapping[str, CommitRecord], built_now: Collection[str], seconds: float
) -> BuildResult:
    """The result of a build whose dataset is complete.

    Args:
        job: what was built.
        plan: of this job.
        done: the records of all shards, by name.
        built_now: the shards that this run built.
        seconds: that it took to build them.
    """
    results = [done[name] for name in plan.shard_names]
    summaries, counts = [], []
    skipped: list[SkippedImage] = []
    for split in plan.splits:
        mine = [result for result in results if result.split == split.split]
        left_out: list[SkippedImage] = []
        for result in mine:
            left_out += result.skipped
        skipped += left_out
        counts.append(count_images(split.split, split.table, without={image.name for image in left_out}))
        outcomes = outcomes_of(mine)
        summary = SplitSummary(
            split=split.split,
            images_in=len(split.order),
            images_out=outcomes.images,
            boxes=sum(result.boxes for result in mine),
            shards=len(mine),
            bytes_in=sum(result.bytes_in for result in mine),
            bytes_out=sum(result.bytes_out for result in mine),
            unlabelled=int((split.table.label < 0).sum()),
            kept=outcomes.kept,
            reencoded=outcomes.reencoded,
            smaller=outcomes.smaller,
            unboxed=outcomes.unboxed,
            converted=outcomes.converted,
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
        converted=added(summary.converted for summary in summaries),
        skipped=tuple(skipped),
        seconds=seconds,
        images_built=sum(result.images for result in results if result.shard in built_now),
        label_base=plan.label_base,
        target=plan.target,
        classes=len(plan.classes),
        loading=loading(dataset, plan.target, dict(job.profile.output)),
        imagenet=plan.classes.whole_imagenet,
        glance=glance(plan.classes, plan.label_base, counts, labels=labels),
    )


def slice_finished(
    job: Job, plan: Plan, done: Mapping[str, CommitRecord], built_now: Collection[str], seconds: float
) -> SliceResult:
    """The result of a slice that is complete, while shards of others are missing; arguments as for `finished`."""
    mine = [done[name] for name in job.slice.among(plan.shard_names)]
    return SliceResult(
        output=str(job.output),
        plan_id=plan.plan_id,
        slice=str(job.slice),
        shards=len(mine),
        images_out=sum(record.images for record in mine),
        bytes_out=sum(record.bytes_out for record in mine),
        skipped=tuple(image for record in mine for image in record.skipped),
        seconds=seconds,
        images_built=sum(record.images for record in mine if record.shard in built_now),
        shards_done=len(done),
        shards_planned=len(plan.shard_names),
    )
