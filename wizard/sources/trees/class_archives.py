"""What is in the archives of classes, several of which are read at a time.

An archive is walked from header to header, and on a network file system each of them is waited for: 13 million images
at 1 ms take four hours. Threads wait for several at once.
"""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from wizard.formats import image_codec, tar
from wizard.formats.padding import ends_in_zeros, is_padding

AT_ONCE = 16
"""Archives, where they are waited for; elsewhere one, as Python's threads take turns, and that costs a fifth more."""
_WAITING = 4
"""An archive that takes this many times its CPU time is waited for."""


class ClassArchive(NamedTuple):
    """The members of a class archive.

    Attributes:
        zeros: bytes of zeros at its end.
        is_padded: whether such zeros are what writers of archives put there.
        last_is_hollow: whether its last member ends in zeros, too.
    """

    members: tuple[tar.Member, ...]
    zeros: int
    is_padded: bool
    last_is_hollow: bool


def read_archive(path: Path) -> ClassArchive:
    """Reads the headers of an archive.

    Raises:
        TarDamage: it is not a complete tar archive.
        OSError: it cannot be read.
    """
    ends: list[tuple[int, int]] = []
    with path.open("rb", buffering=0) as file:
        size = path.stat().st_size
        found = tar.members(
            file, 0, size, head=image_codec.MAGIC_BYTES, ended=lambda size, zeros: ends.append((size, zeros))
        )
        members = tuple(found)
        hollow = bool(members) and ends_in_zeros(file, members[-1].offset, members[-1].size)
    [(whole, zeros)] = ends
    return ClassArchive(members, zeros, is_padding(whole, zeros), hollow)


class Reading:
    """Archives, each of which is asked for once, in the order given; read ahead once one had to be waited for."""

    def __init__(self, pool: ThreadPoolExecutor, paths: Sequence[Path]) -> None:
        self._pool = pool
        self._left = deque(paths)
        self._ahead: deque[Future[ClassArchive]] = deque()
        self._is_slow = False

    def take(self, path: Path) -> ClassArchive:
        """What is in the next archive, which is at this path; raises what `read_archive` does."""
        if not self._ahead:
            self._left.popleft()
            wall, cpu = time.perf_counter(), time.thread_time()
            archive = read_archive(path)
            self._is_slow = time.perf_counter() - wall > _WAITING * (time.thread_time() - cpu)
        else:
            archive = self._ahead.popleft().result()
        while self._is_slow and self._left and len(self._ahead) < AT_ONCE:
            self._ahead.append(self._pool.submit(read_archive, self._left.popleft()))
        return archive


@contextmanager
def reading_ahead(paths: Sequence[Path]) -> Iterator[Reading]:
    """Context manager: the archives, read ahead; whatever was not asked for is given up at its end."""
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="class-archive")
    try:
        yield Reading(pool, paths)
    finally:
        pool.shutdown(cancel_futures=True)
