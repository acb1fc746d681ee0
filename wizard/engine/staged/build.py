"""A build whose source is read once and in order: stretches are spilled, merged where there are many, put together."""

import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from wizard.engine.commit_records import CommitRecords
from wizard.engine.executors.executor import Executor
from wizard.engine.plan import Plan, ShardTask, SplitPlan
from wizard.engine.run import run_tasks, saying_what_is_done
from wizard.engine.staged.layout import layouts, sharing_files, spills_of, stretch_name
from wizard.engine.staged.spill import SpillRecord
from wizard.engine.staged.split import StagedSplit
from wizard.engine.staged.work import StretchTask, merge_spills, put_together, spill_stretch
from wizard.events import Event
from wizard.slices import WHOLE, Slice
from wizard.sources.samples import joined


def remove_spills(output: Path, part: Slice) -> None:
    """Removes everything that an earlier run of a slice spilled; of the whole, what any slice did."""
    shutil.rmtree(spills_of(output, part), ignore_errors=True)


def remove_useless_spills(output: Path, part: Slice) -> None:
    """Removes what runs spilled that dealt out the shards otherwise: no slice beside this one can use it.

    To be called while no such run lives.
    """
    if part.is_whole:  # `staged_splits` and `remove_spills` look after all of them
        return
    for folder in spills_of(output, WHOLE).glob("*"):
        if not folder.name.endswith(f"-of-{part.of}"):
            shutil.rmtree(folder, ignore_errors=True)


def staged_splits(
    plan: Plan, spills: Path, to_build: Collection[str], task: Callable[[SplitPlan], ShardTask]
) -> list[list[StagedSplit]]:
    """The splits that have shards to build, with what an earlier run spilled of them; the rest of that is removed.

    Splits that lie in the same files come together, because these files are read once for all of them.

    Args:
        plan: of the build.
        spills: the folder of this run's spills.
        to_build: names of the shards that are to be built.
        task: gives what all tasks of a split have in common.
    """
    groups = []
    names = {split.split for split in plan.splits}
    for folder in spills.glob("*"):
        if folder.name not in names:
            shutil.rmtree(folder, ignore_errors=True)
    for together in sharing_files(plan.splits):
        group = []
        # Stretches are the same whatever is left to build, so that those of an earlier run fit.
        for split, layout in zip(together, layouts(together), strict=True):
            shards = [plan.target.shard(split.split, index, split.shards) for index in range(split.shards)]
            wanted = [number for number, name in enumerate(shards) if name in to_build]
            if not wanted:
                shutil.rmtree(spills / split.split, ignore_errors=True)
                continue
            staged = StagedSplit(
                split=split,
                task=task(split),
                shards=shards,
                wanted=wanted,
                layout=layout,
                folder=spills / split.split,
            )
            staged.take_over()
            group.append(staged)
        if group:
            groups.append(group)
    return groups


def build_staged(
    groups: Collection[Sequence[StagedSplit]],
    executor: Executor,
    records: CommitRecords,
    *,
    stopping: Callable[[], bool],
) -> Iterator[Event]:
    """Builds the missing shards of these splits, one group after the other; see `build_shards`.

    Yields:
        Heartbeat, StretchDone, ShardDone, WorkerLost.
    """
    with saying_what_is_done(records, partial(_read_so_far, groups)):
        for group in groups:
            yield from run_tasks(spill_stretch, _reading(group), executor, _spilled(group), stopping=stopping)
            for staged in group:
                yield from run_tasks(merge_spills, [*staged.merging()], executor, staged.merged, stopping=stopping)
                built = staged.built(records)
                yield from run_tasks(put_together, staged.putting_together(), executor, built, stopping=stopping)
                shutil.rmtree(staged.folder, ignore_errors=True)


def _read_so_far(groups: Collection[Sequence[StagedSplit]]) -> str:
    splits = [split for group in groups for split in group]
    done, every = sum(split.stretches_done for split in splits), sum(split.stretches for split in splits)
    return f", and {done:,} of {every:,} stretches of the raw data read"


def _spilled(group: Sequence[StagedSplit]) -> Callable[[tuple[tuple[str, SpillRecord], ...]], Iterator[Event]]:
    """What takes the spills of a stretch into account, each in its split."""
    by_name = {staged.split.split: staged for staged in group}

    def done(made: tuple[tuple[str, SpillRecord], ...]) -> Iterator[Event]:
        for split, record in made:
            yield by_name[split].spilled(record)

    return done


def _reading(group: Sequence[StagedSplit]) -> Iterator[StretchTask]:
    """The tasks for the stretches of these splits that were not read yet."""
    for number in range(group[0].layout.stretches):
        shares = [(staged, staged.share(number)) for staged in group]
        shares = [(staged, share) for staged, share in shares if len(share.samples)]
        if not shares:
            continue
        order = np.argsort(np.concatenate([share.place for _, share in shares]))
        part = np.repeat(np.arange(len(shares)), [len(share.samples) for _, share in shares])
        position = np.concatenate([share.position for _, share in shares])
        samples = joined([share.samples for _, share in shares])
        fields = {**vars(shares[0][0].task), "name": stretch_name(number), "samples": samples.take(order)}
        yield StretchTask(
            **fields,
            number=number,
            parts=tuple(staged.part for staged, _ in shares),
            part=part[order],
            position=position[order],
        )
