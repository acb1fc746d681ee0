"""What the workers do in a staged build: spill a stretch, merge spills, put a shard together. Each leaves a record."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import google_crc32c
import numpy as np
import numpy.typing as npt

from wizard.commit_record import CommitRecord
from wizard.engine import handover, heartbeat, in_hand
from wizard.engine.plan import ShardTask
from wizard.engine.process_image import ProcessedImage, ShardCounts, process
from wizard.engine.staged import spilled_image
from wizard.engine.staged.gather import Spilled, gather
from wizard.engine.staged.spill import SpillRecord, SpillWriter, read_record
from wizard.engine.worker import Coming, beat, naming_the_disk, write_shard
from wizard.errors import MachineError

_RUN_BYTES = 64 << 20
"""Bytes of processed images in memory, after which they are sorted and spilled."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """A split's share of a stretch.

    Attributes:
        task: what all tasks of the split have in common.
        layout: the identity of the split's layout.
        volume_ends: int64[volumes], positions before the end of each volume of the spill.
        shards: those whose images are spilled.
        spill_folder: where its spills are.
    """

    task: ShardTask
    layout: str
    volume_ends: npt.NDArray[np.int64]
    shards: tuple[int, ...]
    spill_folder: Path


@dataclass(frozen=True, kw_only=True, eq=False)
class StretchTask(ShardTask):
    """A stretch of the source; its samples may be of several splits, which lie in the same files.

    Attributes:
        number: of the stretch.
        parts: of the splits.
        part: intp[n], the part that each sample belongs to.
        position: int64[n], of each sample in its split.
    """

    number: int
    parts: tuple[Part, ...]
    part: npt.NDArray[np.intp]
    position: npt.NDArray[np.int64]

    @property
    def file(self) -> str:
        """None: it is no shard."""
        return ""


@dataclass(frozen=True, kw_only=True, eq=False)
class StagedTask(ShardTask):
    """A step of a staged build after its source was read: a merge, or a shard.

    Attributes:
        first: the position of the step's first image.
        end: the position after its last.
        volume_ends: int64[volumes], positions before the end of each volume of the spills that are written.
        spilled_ends: the same of the spills that are read.
        spills: the names of these.
        layout: the identity of the split's layout.
        stretches: the first stretch that the task covers, and the one after the last.
        shards: those whose images are spilled.
        spill_folder: where the spills of its split are.
    """

    first: int = 0
    end: int = 0
    volume_ends: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    spilled_ends: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    spills: tuple[str, ...] = ()
    layout: str = ""
    stretches: tuple[int, int] = (0, 0)
    shards: tuple[int, ...] = ()
    spill_folder: Path = Path()

    @property
    def file(self) -> str:
        """The shard's file; empty for a merge, which writes a spill."""
        return "" if len(self.volume_ends) else super().file


class _Spilling:
    """A part on its way into its spill: images are sorted and written whenever there are many bytes of them."""

    def __init__(self, part: Part, spill: SpillWriter) -> None:
        self.part = part
        self.spill = spill
        self.waiting: list[Spilled] = []
        self.images = self.skipped = self.bytes_in = 0

    def add(self, position: int, processed: ProcessedImage) -> int:
        """Takes an image; returns the bytes that it holds until it is written."""
        self.images += 1
        self.bytes_in += processed.bytes_in
        self.skipped += processed.stored is None
        data = spilled_image.to_bytes(processed)
        self.waiting.append(Spilled(position, data, google_crc32c.value(data)))
        return len(data)

    def write(self) -> None:
        """Writes what waits as a run."""
        self.spill.add_run(_by_position(self.waiting))

    def commit(self, task: StretchTask, rss: int) -> SpillRecord:
        """Flushes the spill and writes its record."""
        return self.spill.commit(
            plan_id=task.plan_id,
            layout=self.part.layout,
            stretches=(task.number, task.number + 1),
            shards=self.part.shards,
            images=self.images,
            skipped=self.skipped,
            bytes_in=self.bytes_in,
            check=self.part.task.recipe.check,
            rss=rss,
        )


def spill_stretch(task: StretchTask) -> tuple[tuple[str, SpillRecord], ...]:
    """Reads a stretch of the source in order, processes its images, and spills them.

    Returns:
        The split of each part, and its spill.

    Raises:
        BadImage: an image cannot be decoded, and the task does not allow to skip it.
        InputError: a file cannot be read as indexed.
        MachineError: a spill cannot be written, or an image needs more memory than there is.
        BrokenPipeError: the run that asked for it is gone.
    """
    counts, held = ShardCounts(), 0
    # An image that crashes workers is known by its row in the stretch.
    tasks = [replace(part.task, crashing=task.crashing) for part in task.parts]
    with naming_the_disk(task), ExitStack() as stack:
        parts = [
            _Spilling(part, stack.enter_context(SpillWriter(part.spill_folder, task.name, part.volume_ends)))
            for part in task.parts
        ]
        coming = in_hand.each(task.samples.contents())
        rows = zip(task.part.tolist(), task.position.tolist(), coming, strict=True)
        for row, (part, position, content) in enumerate(rows):
            if heartbeat.due():
                beat(task, counts, _size(parts) + held, content.sample.name, reading=True)
            processed = process(tasks[part], content, row)
            counts.read += 1
            counts.bytes_in += processed.bytes_in
            held += parts[part].add(position, processed)
            if held >= _RUN_BYTES:
                for each in parts:
                    each.write()
                held = 0
        for each in parts:
            each.write()
        beat(task, counts, _size(parts), reading=True)
        handover.hand_over()
        return tuple((each.part.task.split, each.commit(task, counts.rss)) for each in parts)


def _size(parts: Iterable[_Spilling]) -> int:
    return sum(each.spill.size for each in parts)


def merge_spills(task: StagedTask) -> SpillRecord:
    """Makes one spill of several, which the run removes once it is on the disk.

    Raises:
        MachineError: a spill was altered, or the merged one cannot be written.
        BrokenPipeError: the run that asked for it is gone.
    """
    records, counts = _records(task), ShardCounts()
    with naming_the_disk(task), SpillWriter(task.spill_folder, task.name, task.volume_ends) as merged:
        merged.add_run(_merging(task, records, counts, merged))
        beat(task, counts, merged.size, reading=True, total=counts.read)
        handover.hand_over()
        return merged.commit(
            plan_id=task.plan_id,
            layout=task.layout,
            stretches=task.stretches,
            shards=task.shards,
            images=sum(each.images for each in records),
            skipped=sum(each.skipped for each in records),
            bytes_in=sum(each.bytes_in for each in records),
            check=task.recipe.check,
            rss=counts.rss,
        )


def put_together(task: StagedTask) -> CommitRecord:
    """Builds a shard from the spills of its split, and commits it; raises what `build_shard` and `gather` do."""
    spilled = gather(task.spill_folder, _records(task), task.spilled_ends, task.first, task.end)
    return write_shard(task, _coming(task, spilled))


def _by_position(waiting: list[Spilled]) -> Iterator[Spilled]:
    """The images sorted by position, each forgotten once it was given."""
    waiting.sort(key=lambda image: image.position, reverse=True)
    while waiting:
        yield waiting.pop()


def _merging(
    task: StagedTask, records: list[SpillRecord], counts: ShardCounts, merged: SpillWriter
) -> Iterator[Spilled]:
    total = sum(record.run_ends[-1] for record in records)
    for image in gather(task.spill_folder, records, task.spilled_ends, task.first, task.end, sparse=True):
        if heartbeat.due():
            beat(task, counts, merged.size, reading=True, total=total)
        counts.read += 1
        yield image


def _coming(task: StagedTask, spilled: Iterator[Spilled]) -> Iterator[Coming]:
    for sample, image in zip(task.samples, spilled, strict=True):
        yield Coming(sample, partial(spilled_image.from_bytes, memoryview(image.data)))


def _records(task: StagedTask) -> list[SpillRecord]:
    found = [read_record(task.spill_folder, name) for name in task.spills]
    missing = next((name for name, record in zip(task.spills, found, strict=True) if record is None), None)
    if missing is not None:
        raise MachineError(
            f"The spilled images {missing} in {task.spill_folder} are gone: they were removed during the run.",
            "Run the same command again: it reads that part of the source once more",
        )
    return [record for record in found if record is not None]
