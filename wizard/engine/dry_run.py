"""Dry runs in a worker process: images are processed as `build_shard` does it, and nothing is stored."""

import time
from dataclasses import dataclass
from itertools import pairwise

import psutil

from wizard.commit_record import SkippedImage
from wizard.engine import image_memory, in_hand
from wizard.engine.plan import ShardTask
from wizard.engine.process_image import ShardCounts, add_image
from wizard.targets.writer import NullWriter


@dataclass(frozen=True, kw_only=True)
class DryRun:
    """Measurements of images processed without being stored: columns, with a row for each image.

    Attributes:
        bytes_out: of their records, framed; 0 for one that would be left out or stop the run.
        kept: 1 for an image that keeps its bytes, else 0.
        smaller: 1 for an image that is smaller than the size that was asked for, and keeps its own, else 0.
        seconds: that they took, reading apart.
        reading: seconds that it took to read them.
        cpu: seconds that this process had a core for all of it; less than went by where others wanted the core too.
        rss: the worker's resident memory afterwards, in bytes.
        largest: bytes of memory that the most demanding image needs.
        damaged: images that cannot be decoded.
    """

    bytes_out: list[int]
    kept: list[int]
    smaller: list[int]
    seconds: list[float]
    reading: list[float]
    cpu: float
    rss: int
    largest: int
    damaged: tuple[SkippedImage, ...] = ()


def dry_run(task: ShardTask) -> DryRun:
    """Processes the task's images as `build_shard` does, and stores nothing.

    An image that needs more memory than there is counts as left out, except in `largest`.

    Raises:
        InputError: an archive cannot be read as indexed.
    """
    counts, shard, cpu = ShardCounts(), NullWriter(task.target.encoder()), time.process_time()
    sizes, kept, smaller, seconds, waiting = [0], [0], [0], [], []
    largest = 0
    coming = in_hand.each(task.samples.contents())
    while True:
        begun = time.perf_counter()
        content = next(coming, None)
        if content is None:
            break
        read = time.perf_counter()
        need = image_memory.needed(content.image, task.recipe)
        largest = max(largest, need)
        if task.memory is None or need <= task.memory:
            add_image(task, content, shard, counts)
        waiting.append(read - begun)
        seconds.append(time.perf_counter() - read)
        sizes.append(shard.size)
        kept.append(counts.kept)
        smaller.append(counts.smaller)
    return DryRun(
        bytes_out=[after - before for before, after in pairwise(sizes)],
        kept=[after - before for before, after in pairwise(kept)],
        smaller=[after - before for before, after in pairwise(smaller)],
        seconds=seconds,
        reading=waiting,
        cpu=time.process_time() - cpu,
        rss=psutil.Process().memory_info().rss,
        largest=largest,
        damaged=tuple(counts.skipped),
    )


def process_repeatedly(task: ShardTask, times: int) -> None:
    """Processes each image as `build_shard` does, `times` times over, to see whether the worker survives.

    Raises:
        InputError: an archive cannot be read as indexed.
    """
    counts, shard = ShardCounts(), NullWriter(task.target.encoder())
    for content in in_hand.each(task.samples.contents()):
        for _ in range(times):
            add_image(task, content, shard, counts)


def seconds_to_read(task: ShardTask) -> float:
    """Seconds that it takes to read the task's images, which are not decoded.

    Raises:
        InputError: an archive cannot be read as indexed.
    """
    begun = time.perf_counter()
    for _ in in_hand.each(task.samples.contents()):
        pass
    return time.perf_counter() - begun


def memory_of_largest(task: ShardTask) -> int:
    """Bytes of memory that the task's most demanding image needs; nothing is decoded.

    Raises:
        InputError: an archive cannot be read as indexed.
    """
    read = in_hand.each(task.samples.contents())
    return max((image_memory.needed(content.image, task.recipe) for content in read), default=0)
