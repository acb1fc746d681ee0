"""Looks at the files of many shards: one after the other, or many at once where each has to cross a network."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from wizard.commit_record import CommitRecord
from wizard.targets.target import Target

Seen = TypeVar("Seen")

AT_ONCE = 32
_SLOW = 100e-6
"""Seconds for a file above which threads pay; a local file system takes 2 microseconds, an NFS server 200 and more."""


def look_at_each(
    records: Sequence[CommitRecord], look: Callable[[CommitRecord], Seen], *, files_of_images: bool
) -> Iterator[Seen]:
    """What a look at each shard gives, in order.

    A million image files at 3 ms each would take an hour, one after the other. The first shard shows how quick it goes.

    Args:
        records: the shards'.
        look: asks the file system for the files of one.
        files_of_images: whether a shard has a file for each of its images.
    """
    if not records:
        return
    before = time.perf_counter()
    yield look(records[0])
    each = (time.perf_counter() - before) / (max(1, records[0].images) if files_of_images else 1)
    if each < _SLOW:
        yield from map(look, records[1:])
        return
    with ThreadPoolExecutor(AT_ONCE) as threads:
        yield from threads.map(look, records[1:])


def missing_shards(folder: Path, records: Sequence[CommitRecord], target: Target) -> dict[str, str]:
    """The recorded shards that are not there with their sizes: a clause on what is missing, by the shard's name."""
    seen = look_at_each(
        records, lambda record: target.missing(folder, record), files_of_images=target.one_file_per_image
    )
    return {record.shard: gone for record, gone in zip(records, seen, strict=True) if gone}
