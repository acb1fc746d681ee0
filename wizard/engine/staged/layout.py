"""Where staged reading puts what it spills, and how it cuts a split: pure, and the same for every run of a plan.

A split's images have positions: their places in the order in which they are written, shard after shard. A *stretch* is
a row of images as they lie in the source. What was read of it is *spilled*: sorted by position, into one file for each
*volume*, which is a row of whole shards. So a volume's files can be removed as soon as its shards are done.

Of many stretches, every shard would need a small piece of each. They are therefore merged first, in groups of about the
square root of their number, so that at every step some megabytes are read at once: with 140 GB, 2,200 stretches become
47 merged spills, and a shard needs 3 MB of each.
"""

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wizard.engine.plan import SplitPlan
from wizard.slices import Slice
from wizard.sources.samples import SampleTable
from wizard.targets.names import STATE_FOLDER

SPILL_FOLDER = f"{STATE_FOLDER}/spills"
STRETCH_BYTES = 64 << 20
"""Most bytes of a stretch in the source; what becomes of them is in memory until it is spilled."""
_LEAST_BYTES = 4 << 20
"""A stretch of a small split, so that every worker gets one."""
_LARGEST_BLOCK = 1 << 30
"""Of a block that is larger than a stretch, and is one nevertheless; a build that goes on may have to read it again."""
STRETCH_IMAGES = 20_000
WORKER_BYTES = 100_000_000
"""Bytes of memory that a worker needs beside those of a direct build: a stretch or a window, and what is read ahead."""
UNMERGED = 64
"""Stretches that are not merged: so many pieces of a shard's window are still large."""
_VOLUMES = 16
_VOLUME_BYTES = 256 << 20
"""Bytes of a volume in the source, below which more volumes are not worth their files."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Layout:
    """How a split is read and spilled.

    Attributes:
        order: intp[n], rows of the split's table in the order in which they lie in the source.
        stretch_ends: intp[stretches], how many rows of `order` come before the end of each stretch; some may be none,
            where stretches are shared with another split.
        place: intp[n], of each of `order` among the images of all splits that lie in the same files.
        position: int64[n], of each row of the table.
        shard_ends: int64[shards], positions before the end of each shard.
        volume_ends: int64[volumes], positions before the end of each volume.
        group: stretches that are merged at a time; 0 where none are.
    """

    order: npt.NDArray[np.intp]
    stretch_ends: npt.NDArray[np.intp]
    place: npt.NDArray[np.intp]
    position: npt.NDArray[np.int64]
    shard_ends: npt.NDArray[np.int64]
    volume_ends: npt.NDArray[np.int64]
    group: int

    @cached_property
    def identity(self) -> str:
        """A short name for the stretches and volumes; sources of two forms may have one plan, and two orders."""
        digest = hashlib.sha256(f"{self.group} {len(self.stretch_ends)} {len(self.volume_ends)} ".encode())
        for column in (self.stretch_ends, self.volume_ends, self.position[self.order]):
            digest.update(column.astype("<i8").tobytes())
        return digest.hexdigest()[:16]

    @property
    def stretches(self) -> int:
        """Number of stretches."""
        return len(self.stretch_ends)

    @property
    def groups(self) -> list[range]:
        """The stretches that become one spill each, once all are read."""
        step = self.group or 1
        return [range(first, min(first + step, self.stretches)) for first in range(0, self.stretches, step)]

    @property
    def spill_ends(self) -> npt.NDArray[np.int64]:
        """int64[volumes], as `volume_ends`, for the spill of a stretch: one volume if it is merged later."""
        return self.volume_ends[-1:] if self.group else self.volume_ends

    def rows(self, stretch: int) -> npt.NDArray[np.intp]:
        """The rows of the table in a stretch, in order."""
        return self.order[self._within(stretch)]

    def places(self, stretch: int) -> npt.NDArray[np.intp]:
        """The place of each of these rows."""
        return self.place[self._within(stretch)]

    def _within(self, stretch: int) -> slice:
        return slice(self.stretch_ends[stretch - 1] if stretch else 0, self.stretch_ends[stretch])

    def positions_of(self, shard: int) -> tuple[int, int]:
        """The first position of a shard, and the one after its last."""
        return int(self.shard_ends[shard - 1]) if shard else 0, int(self.shard_ends[shard])

    @cached_property
    def volume_of(self) -> npt.NDArray[np.intp]:
        """intp[shards], the volume of each shard."""
        return np.arange(len(self.shard_ends)) * len(self.volume_ends) // len(self.shard_ends)


def sharing_files(splits: Iterable[SplitPlan]) -> list[list[SplitPlan]]:
    """Splits in groups: those of one group lie in the same files, which are then read once for all of them."""
    groups: list[tuple[list[SplitPlan], set[str]]] = []
    for split in splits:
        together, files = [split], set(split.table.files)
        for group in [group for group in groups if group[1] & files]:
            groups.remove(group)
            together, files = group[0] + together, files | group[1]
        groups.append((together, files))
    return [group for group, _ in groups]


def layouts(splits: Sequence[SplitPlan]) -> list[Layout]:
    """Cuts splits that lie in the same files into stretches, which they share, and each into volumes."""
    tables = [split.table for split in splits]
    numbers: dict[str, int] = {}
    files = [np.array([numbers.setdefault(file, len(numbers)) for file in table.files], np.int64) for table in tables]
    file = np.concatenate([mine[table.file] for mine, table in zip(files, tables, strict=True)])
    order = np.lexsort((np.concatenate([table.offset for table in tables]), file))
    which = np.repeat(np.arange(len(tables)), [len(table) for table in tables])[order]
    row = np.concatenate([np.arange(len(table)) for table in tables])[order]
    size = np.concatenate([table.size for table in tables])[order]
    block = _blocks(tables)[order]
    ends = np.array(list(_stretches(file[order], block, size)), np.intp)
    found = []
    for number, split in enumerate(splits):
        mine = which == number
        before = np.concatenate([[0], np.cumsum(mine)])
        found.append(_of_split(split, row[mine].astype(np.intp), np.flatnonzero(mine), before[ends].astype(np.intp)))
    return found


def _blocks(tables: Sequence[SampleTable]) -> npt.NDArray[np.int64]:
    """The block of each image of all tables; one that is read alone has a number that no other has."""
    alone = np.arange(sum(map(len, tables)), dtype=np.int64) + 2**32
    start = 0
    for table in tables:
        if len(table.block):
            alone[start : start + len(table)] = table.block
        start += len(table)
    return alone


def _of_split(
    split: SplitPlan, order: npt.NDArray[np.intp], place: npt.NDArray[np.intp], stretch_ends: npt.NDArray[np.intp]
) -> Layout:
    position = np.empty(len(order), np.int64)
    position[split.order] = np.arange(len(order))
    shards = split.shards
    volumes = _volumes(shards, float(split.table.size.sum()))
    last = [-(-(volume + 1) * shards // volumes) - 1 for volume in range(volumes)]
    shard_ends = split.ends.astype(np.int64)
    stretches = len(stretch_ends)
    return Layout(
        order=order,
        stretch_ends=stretch_ends,
        place=place,
        position=position,
        shard_ends=shard_ends,
        volume_ends=shard_ends[last],
        group=math.isqrt(stretches - 1) + 1 if stretches > UNMERGED else 0,
    )


def _stretches(file: npt.NDArray[np.int64], block: npt.NDArray[np.int64], size: npt.NDArray[np.int64]) -> Iterator[int]:
    """The end of each stretch: after so many images or bytes, and between blocks where that is possible."""
    until = np.concatenate([[0], np.cumsum(size)])
    # Half as many as are not merged: stretches end before the image that would be too much, so there are a few more.
    most = min(STRETCH_BYTES, max(_LEAST_BYTES, 2 * int(until[-1]) // UNMERGED))
    start, count = 0, len(size)
    is_cut = np.ones(count + 1, np.bool_)
    is_cut[1:count] = (file[1:] != file[:-1]) | (block[1:] != block[:-1])
    while start < count:
        end = int(np.searchsorted(until, until[start] + most, side="right")) - 1
        end = min(max(end, start + 1), start + STRETCH_IMAGES, count)
        cuts = np.flatnonzero(is_cut[start + 1 : end + 1])
        if len(cuts):
            end = start + 1 + int(cuts[-1])
        else:
            # A block that is cut is read by each stretch from its beginning, and sorted runs bound the memory anyway.
            whole = start + 1 + int(np.argmax(is_cut[start + 1 :]))
            end = whole if until[whole] - until[start] <= _LARGEST_BLOCK else end
        yield end
        start = end


def spilled_beside(size: float, source_bytes: float, shards: int, workers: int) -> float:
    """Bytes that a staged build needs at most beside the `size` bytes of the dataset that it writes.

    While shards of a volume are put together, that volume is there twice; while stretches are merged, so are those that
    each worker merges.
    """
    stretches = source_bytes / STRETCH_BYTES
    merging = workers / math.sqrt(stretches) if stretches > UNMERGED else 0.0
    return size * max(1 / _volumes(shards, source_bytes), merging)


def _volumes(shards: int, source_bytes: float) -> int:
    return max(1, min(_VOLUMES, shards, round(source_bytes / _VOLUME_BYTES)))


def spills_of(output: Path, part: Slice) -> Path:
    """Where a run's spills are: every slice reads the source for its own shards, and has a folder of its own."""
    return output / SPILL_FOLDER / ("" if part.is_whole else part.name)


def stretch_name(number: int) -> str:
    """The name of a stretch's spill."""
    return f"stretch-{number:05d}"


def merged_name(number: int) -> str:
    """The name of the spill that a group of stretches becomes."""
    return f"merged-{number:05d}"
