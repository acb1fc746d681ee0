"""A build whose source is read once and in order: stretches are spilled, merged where there are many, put together."""

import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from wizard.commit_record import CommitRecord
from wizard.engine.commit_records import CommitRecords
from wizard.engine.executors.executor import Executor
from wizard.engine.plan import Plan, ShardTask, SplitPlan
from wizard.engine.run import recorded, run_tasks, saying_what_is_done
from wizard.engine.staged.layout import SPILL_FOLDER, Layout, layout, merged_name, spill_folder, stretch_name
from wizard.engine.staged.spill import SpillFiles, SpillRecord, holds, read_record
from wizard.engine.staged.work import StagedTask, merge_spills, put_together, spill_stretch
from wizard.events import Event, StretchDone
from wizard.storage import PREFIX


def remove_spills(output: Path) -> None:
    """Removes everything that an earlier run spilled."""
    shutil.rmtree(output / SPILL_FOLDER, ignore_errors=True)


@dataclass(kw_only=True)
class StagedSplit:
    """A split on its way: what is spilled of it, by name.

    Attributes:
        task: what all its tasks have in common.
        shards: names of all its shards.
        wanted: those that are not built yet, by their number.
    """

    split: SplitPlan
    task: ShardTask
    shards: list[str]
    wanted: list[int]
    layout: Layout
    spills: dict[str, SpillRecord] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where its spills are."""
        return spill_folder(Path(self.task.folder), self.split.split)

    @property
    def stretches_done(self) -> int:
        """Stretches that were read."""
        return sum(last - first for first, last in (record.stretches for record in self.spills.values()))

    @property
    def images_read(self) -> int:
        """Images that were read."""
        return sum(record.images for record in self.spills.values())

    @property
    def tasks(self) -> int:
        """How many tasks there are left, at most."""
        merges = len(self.layout.groups) if self.layout.group else 0
        return self.layout.stretches - self.stretches_done + merges + len(self.wanted)

    def take_over(self) -> None:
        """Takes over what an earlier run spilled, where it still fits; removes the rest."""
        self.folder.mkdir(parents=True, exist_ok=True)
        names = [stretch_name(number) for number in range(self.layout.stretches)]
        expected = {name: (number, number + 1) for number, name in enumerate(names)}
        covered: set[int] = set()
        if self.layout.group:
            groups = {merged_name(number): group for number, group in enumerate(self.layout.groups)}
            expected = {name: (group.start, group.stop) for name, group in groups.items()} | expected
        for name, stretches in expected.items():  # merged ones first: what they were made of may still be there
            record = read_record(self.folder, name)
            if record is not None and self._fits(record, stretches) and covered.isdisjoint(range(*stretches)):
                self.spills[name] = record
                covered |= {*range(*stretches)}
        for file in self.folder.iterdir():
            if file.name.startswith(PREFIX) or file.name.partition(".")[0] not in self.spills:
                file.unlink(missing_ok=True)

    def _fits(self, record: SpillRecord, stretches: tuple[int, int]) -> bool:
        if (record.plan_id, record.layout) != (self.task.plan_id, self.layout.identity):
            return False
        if record.stretches != stretches or (record.skipped and not self.task.skip_bad):
            return False
        if record.check not in ("decode", self.task.recipe.check):  # its shards' records would claim more
            return False
        volumes = {0} if self._is_merged_later(record.name) else {*self.layout.volume_of[self.wanted].tolist()}
        return holds(self.folder, record, self.wanted, sorted(volumes))

    def _is_merged_later(self, name: str) -> bool:
        return bool(self.layout.group) and name.startswith("stretch")

    def reading(self) -> Iterator[StagedTask]:
        """The tasks for stretches that were not read yet."""
        covered = {number for record in self.spills.values() for number in range(*record.stretches)}
        is_wanted = np.zeros(self.split.shards, np.bool_)
        is_wanted[self.wanted] = True
        for number in range(self.layout.stretches):
            if number in covered:
                continue
            rows = self.layout.rows(number)
            shard = np.searchsorted(self.layout.shard_ends, self.layout.position[rows], side="right")
            rows = rows[is_wanted[shard]]
            yield self._task(
                name=stretch_name(number),
                samples=self.split.table.take(rows),
                position=self.layout.position[rows],
                volume_ends=self.layout.spill_ends,
                stretches=(number, number + 1),
                shards=tuple(self.wanted),
            )

    def merging(self) -> Iterator[StagedTask]:
        """The tasks that merge groups of stretches; none where there are few stretches."""
        for number, group in enumerate(self.layout.groups if self.layout.group else ()):
            if merged_name(number) in self.spills:
                continue
            names = tuple(map(stretch_name, group))
            shards = set.intersection(*(set(self.spills[name].shards) for name in names))
            yield self._task(
                name=merged_name(number),
                end=len(self.split.order),
                volume_ends=self.layout.volume_ends,
                spilled_ends=self.layout.spill_ends,
                spills=names,
                stretches=(group.start, group.stop),
                shards=tuple(sorted(shards)),
            )

    def putting_together(self) -> Iterator[StagedTask]:
        """The tasks that put shards together, volume by volume, so that files can be removed on the way."""
        for shard in self.wanted:
            first, end = self.layout.positions_of(shard)
            yield self._task(
                name=self.shards[shard],
                samples=self.split.table.take(self.split.rows(shard)),
                first=first,
                end=end,
                spilled_ends=self.layout.volume_ends,
                spills=tuple(self.spills),
            )

    def _task(self, **fields: object) -> StagedTask:
        common = StagedTask(**vars(self.task), layout=self.layout.identity)
        return replace(common, **fields)  # type: ignore[arg-type]  # fields of StagedTask

    def spilled(self, record: SpillRecord) -> Event:
        """Takes the spill of a stretch into account, and reports it."""
        self.spills[record.name] = record
        return StretchDone(
            stretch=record.name,
            split=self.split.split,
            images=record.images,
            bytes_in=record.bytes_in,
            bytes_out=record.bytes_out,
            skipped=record.skipped,
        )

    def merged(self, record: SpillRecord) -> Event:
        """Takes a merged spill into account, removes what it was made of, and reports it."""
        for number in range(*record.stretches):
            part = SpillFiles(folder=self.folder, name=stretch_name(number))
            part.remove()
            del self.spills[part.name]
        self.spills[record.name] = record
        return StretchDone(stretch=record.name, split=self.split.split, is_merged=True)

    def built(self, records: CommitRecords) -> Callable[[CommitRecord], Event]:
        """What takes a finished shard into account: files are removed whose shards are all built."""
        report = recorded(records)
        left = Counter(self.layout.volume_of[self.wanted].tolist())

        def done(record: CommitRecord) -> Event:
            event = report(record)
            volume = int(self.layout.volume_of[self.shards.index(record.shard)])
            left[volume] -= 1
            if not left[volume]:
                for name in self.spills:
                    SpillFiles(folder=self.folder, name=name).images(volume).unlink(missing_ok=True)
            return event

        return done


def staged_splits(
    plan: Plan, output: Path, to_build: Collection[str], task: Callable[[SplitPlan], ShardTask]
) -> list[StagedSplit]:
    """The splits that have shards to build, with what an earlier run spilled of them; the rest of that is removed.

    Args:
        plan: of the build.
        output: the dataset's folder.
        to_build: names of the shards that are to be built.
        task: gives what all tasks of a split have in common.
    """
    found = []
    names = {split.split for split in plan.splits}
    for folder in (output / SPILL_FOLDER).glob("*"):
        if folder.name not in names:
            shutil.rmtree(folder, ignore_errors=True)
    for split in plan.splits:
        shards = [plan.target.shard(split.split, index, split.shards) for index in range(split.shards)]
        wanted = [number for number, name in enumerate(shards) if name in to_build]
        if not wanted:
            shutil.rmtree(spill_folder(output, split.split), ignore_errors=True)
            continue
        staged = StagedSplit(split=split, task=task(split), shards=shards, wanted=wanted, layout=layout(split))
        staged.take_over()
        found.append(staged)
    return found


def build_staged(
    splits: Collection[StagedSplit], executor: Executor, records: CommitRecords, *, stopping: Callable[[], bool]
) -> Iterator[Event]:
    """Builds the missing shards of these splits, one split after the other; see `build_shards`.

    Yields:
        Heartbeat, StretchDone, ShardDone, WorkerLost.
    """
    for staged in splits:
        with saying_what_is_done(records):
            yield from run_tasks(spill_stretch, staged.reading(), executor, staged.spilled, stopping=stopping)
            yield from run_tasks(merge_spills, [*staged.merging()], executor, staged.merged, stopping=stopping)
            built = staged.built(records)
            yield from run_tasks(put_together, staged.putting_together(), executor, built, stopping=stopping)
        shutil.rmtree(staged.folder, ignore_errors=True)
    for folder in {staged.folder.parent for staged in splits}:
        shutil.rmtree(folder, ignore_errors=True)
