"""A split of a staged build: what is spilled of it, and the tasks that are left."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wizard.commit_record import CommitRecord
from wizard.engine.commit_records import CommitRecords
from wizard.engine.plan import ShardTask, SplitPlan
from wizard.engine.run import recorded
from wizard.engine.staged.layout import Layout, merged_name, stretch_name
from wizard.engine.staged.spill import SpillFiles, SpillRecord, holds, read_record
from wizard.engine.staged.work import Part, StagedTask
from wizard.events import Event, StretchDone
from wizard.sources.samples import SampleTable
from wizard.storage import PREFIX


@dataclass(frozen=True, kw_only=True, eq=False)
class Share:
    """A split's images in a stretch, as they lie in the source.

    Attributes:
        position: int64[n], at which each is written.
        place: intp[n], of each among the images of all splits that lie in the same files.
    """

    samples: SampleTable
    position: npt.NDArray[np.int64]
    place: npt.NDArray[np.intp]


@dataclass(kw_only=True)
class StagedSplit:
    """A split on its way: what is spilled of it, by name.

    Attributes:
        task: what all its tasks have in common.
        shards: names of all its shards.
        wanted: those that are to be built, by their number.
        folder: where its spills are.
        covered: stretches that were read.
    """

    split: SplitPlan
    task: ShardTask
    shards: list[str]
    wanted: list[int]
    layout: Layout
    folder: Path
    spills: dict[str, SpillRecord] = field(default_factory=dict)
    covered: set[int] = field(default_factory=set)

    @cached_property
    def _is_needed(self) -> npt.NDArray[np.bool_]:
        """bool[stretches], whether a stretch has images of wanted shards."""
        position = self.layout.position[self.layout.order]
        is_wanted = np.isin(np.searchsorted(self.layout.shard_ends, position, side="right"), self.wanted)
        before = np.concatenate([[0], np.cumsum(is_wanted)])
        needed: npt.NDArray[np.bool_] = np.diff(before[self.layout.stretch_ends], prepend=0) > 0
        return needed

    @property
    def stretches(self) -> int:
        """Stretches that are needed for what is left to build."""
        return int(self._is_needed.sum())

    @property
    def stretches_done(self) -> int:
        """Those of them that were read."""
        return int(self._is_needed[sorted(self.covered)].sum())

    @property
    def images_read(self) -> int:
        """Images that were read."""
        return sum(record.images for record in self.spills.values())

    @property
    def tasks(self) -> int:
        """How many tasks there are left, at most."""
        merges = len(self.layout.groups) if self.layout.group else 0
        return self.stretches - self.stretches_done + merges + len(self.wanted)

    def take_over(self) -> None:
        """Takes over what an earlier run spilled, where it still fits; removes the rest."""
        self.folder.mkdir(parents=True, exist_ok=True)
        names = [stretch_name(number) for number in range(self.layout.stretches)]
        expected = {name: (number, number + 1) for number, name in enumerate(names)}
        if self.layout.group:
            groups = {merged_name(number): group for number, group in enumerate(self.layout.groups)}
            expected = {name: (group.start, group.stop) for name, group in groups.items()} | expected
        for name, stretches in expected.items():  # merged ones first: what they were made of may still be there
            record = read_record(self.folder, name)
            if record is not None and self._fits(record, stretches) and self.covered.isdisjoint(range(*stretches)):
                self.spills[name] = record
                self.covered |= {*range(*stretches)}
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

    def share(self, stretch: int) -> Share:
        """What is still to be read of a stretch."""
        chosen = np.zeros(0, np.intp)
        rows, places = self.layout.rows(stretch), self.layout.places(stretch)
        if stretch not in self.covered:
            shard = np.searchsorted(self.layout.shard_ends, self.layout.position[rows], side="right")
            chosen = np.flatnonzero(np.isin(shard, self.wanted))
        rows = rows[chosen]
        return Share(samples=self.split.table.take(rows), position=self.layout.position[rows], place=places[chosen])

    @property
    def part(self) -> Part:
        """Its part of a stretch."""
        return Part(
            task=self.task,
            layout=self.layout.identity,
            volume_ends=self.layout.spill_ends,
            shards=tuple(self.wanted),
            spill_folder=self.folder,
        )

    def merging(self) -> Iterator[StagedTask]:
        """The tasks that merge groups of stretches; none where there are few stretches."""
        for number, group in enumerate(self.layout.groups if self.layout.group else ()):
            if merged_name(number) in self.spills:
                continue
            names = tuple(name for name in map(stretch_name, group) if name in self.spills)
            if not names:  # the group has images of other splits only
                continue
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
        common = StagedTask(**vars(self.task), layout=self.layout.identity, spill_folder=self.folder)
        return replace(common, **fields)  # type: ignore[arg-type]  # fields of StagedTask

    def spilled(self, record: SpillRecord) -> StretchDone:
        """Takes the spill of a stretch into account, and reports it."""
        self.spills[record.name] = record
        self.covered |= {*range(*record.stretches)}
        return StretchDone(
            stretch=record.name,
            split=self.split.split,
            images=record.images,
            bytes_in=record.bytes_in,
            bytes_out=record.bytes_out,
            skipped=record.skipped,
        )

    def merged(self, record: SpillRecord) -> Iterator[Event]:
        """Takes a merged spill into account, removes what it was made of, and reports it."""
        for number in range(*record.stretches):
            SpillFiles(folder=self.folder, name=stretch_name(number)).remove()
            self.spills.pop(stretch_name(number), None)
        self.spills[record.name] = record
        yield StretchDone(stretch=record.name, split=self.split.split, is_merged=True)

    def built(self, records: CommitRecords) -> Callable[[CommitRecord], Iterable[Event]]:
        """What takes a finished shard into account: files are removed whose shards are all built."""
        report = recorded(records)
        left = Counter(self.layout.volume_of[self.wanted].tolist())

        def done(record: CommitRecord) -> Iterable[Event]:
            events = report(record)
            volume = int(self.layout.volume_of[self.shards.index(record.shard)])
            left[volume] -= 1
            if not left[volume]:
                for name in self.spills:
                    SpillFiles(folder=self.folder, name=name).images(volume).unlink(missing_ok=True)
            return events

        return done
