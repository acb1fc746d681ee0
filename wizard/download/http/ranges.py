"""Byte-range queue: in order, bounded look-ahead, failures first."""

import heapq
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class ByteRange:
    """Bytes `start` to `stop` of a file, `stop` not included."""

    start: int
    stop: int


class RangeQueue:
    """Hands out the ranges of a file that are still to be fetched.

    Args:
        start: first byte that is wanted.
        stop: the byte after the last.
        size: bytes of a range; 0 for one range that holds everything.
        window: bytes that a range may begin ahead of what is written.
    """

    def __init__(self, start: int, stop: int, *, size: int, window: int) -> None:
        self._next, self._stop = start, stop
        self._size = size or stop - start
        self._window = max(window, self._size)
        self._failed: list[ByteRange] = []

    def take(self, written: int) -> ByteRange | None:
        """The next range; None where there is none, or none yet.

        Args:
            written: all bytes before this one are on disk.
        """
        if self._failed:
            return heapq.heappop(self._failed)
        if self._next >= min(self._stop, written + self._window):
            return None
        taken = ByteRange(self._next, min(self._next + self._size, self._stop))
        self._next = taken.stop
        return taken

    def put_back(self, rest: ByteRange) -> None:
        """The rest of an interrupted range, which is handed out first."""
        if rest.start < rest.stop:
            heapq.heappush(self._failed, rest)
