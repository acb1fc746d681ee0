"""How fast the source is read at random places and in order, and which way of reading follows from that.

All workers read at the same time, because a disk with one head is no faster for two readers, and many others are.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wizard.engine.dry_run import seconds_to_read
from wizard.engine.plan import ShardTask
from wizard.errors import reading
from wizard.formatting import human_bytes
from wizard.planning import Reading
from wizard.sources.samples import SampleTable
from wizard.sources.sampling import draw
from wizard.sources.source import Survey

_SCATTERED = 24
"""Images that each worker reads at random places: a fifth of a second on a disk that takes 8 ms to find each."""
_IN_ORDER = 16 << 20
"""Bytes that each worker reads in order."""
_WORTH_IT = 1.5
"""How many times faster staged reading must be to be chosen: it needs more of the disk."""


@dataclass(frozen=True, kw_only=True)
class ReadingSpeed:
    """Bytes a second that all workers read together: whole images at random places, and in order."""

    scattered: float
    in_order: float

    def __str__(self) -> str:
        scattered, in_order = human_bytes(self.scattered), human_bytes(self.in_order)
        return f"{scattered}/s at random places, {in_order}/s in order"


def measure_reading(
    survey: Survey,
    workers: int,
    cache: Path,
    submit: Callable[..., Future[float]],
    task: Callable[[SampleTable], ShardTask],
) -> ReadingSpeed:
    """Measures how fast a split is read; other images each time, as the system remembers what it has read.

    Args:
        survey: of the split.
        workers: how many read at once.
        cache: the folder of indexes.
        submit: has a worker call a function.
        task: makes a task of images.

    Raises:
        InputError: the source cannot be read.
    """
    seed = time.time_ns()
    tables = [draw(survey, _SCATTERED, seed + worker, cache).table for worker in range(workers)]
    scattered = _together([submit(seconds_to_read, task(table)) for table in tables])
    read = sum(int(table.size.sum()) for table in tables)
    places = np.random.default_rng(seed).random(workers)
    if survey.table is None:
        size = min(_IN_ORDER, max(1, survey.bytes // workers))
        offsets = [int(place * (survey.bytes - size)) for place in places]
        futures = [submit(seconds_to_read_bytes, survey.path, offset, size) for offset in offsets]
        in_order = workers * size / _together(futures)
    else:
        stretches = [_stretch(survey.table, place) for place in places]
        seconds = _together([submit(seconds_to_read, task(table)) for table in stretches])
        in_order = sum(int(table.size.sum()) for table in stretches) / seconds
    return ReadingSpeed(scattered=read / scattered, in_order=in_order)


def seconds_to_read_bytes(path: Path, offset: int, size: int) -> float:
    """Seconds that it takes to read a range of a file.

    Raises:
        InputError: it cannot be read.
    """
    begun = time.perf_counter()
    with reading(path), path.open("rb", buffering=0) as file:
        file.seek(offset)
        while size > 0:
            data = file.read(min(size, 1 << 20))
            if not data:
                break
            size -= len(data)
    return time.perf_counter() - begun


def choose(speed: ReadingSpeed, size: int, work: float, spilling: float) -> Reading:
    """The faster way to read a source that can be read in either.

    Args:
        speed: of reading.
        size: bytes of the images.
        work: seconds that the workers need for them, without reading.
        spilling: seconds that it takes to spill them and to read that again.
    """
    direct = max(work, size / max(1.0, speed.scattered))
    staged = max(work, size / max(1.0, speed.in_order)) + spilling
    if direct < _WORTH_IT * staged:
        return Reading()
    faster = f"{speed}: reading it once, in order, takes about {100 * staged / direct:.0f} % of the time"
    return Reading(staged=True, why=f"The raw data is read at {faster}")


def without_room(chosen: Reading, missing: int) -> Reading:
    """Direct reading, where the disk has too few bytes for the way that would be faster."""
    why = f"{chosen.why}, but {human_bytes(missing)} are missing on the output's disk for that"
    return Reading(is_slow=True, why=why)


def _stretch(table: SampleTable, place: float) -> SampleTable:
    """Images that lie behind each other, of some megabytes, from a place in 0..1 on."""
    order = np.lexsort((table.offset, table.file))
    until = np.concatenate([[0], np.cumsum(table.size[order])])
    most = max(0.0, float(until[-1]) - _IN_ORDER)
    first, end = np.searchsorted(until, [place * most, place * most + _IN_ORDER]).tolist()
    return table.take(order[first : max(end, first + 1)])


def _together(futures: Sequence[Future[float]]) -> float:
    """Seconds of the slowest, and never none."""
    return max(1e-6, *(future.result() for future in futures))
