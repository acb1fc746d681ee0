"""Which bytes of a file are asked for next: in order, never far ahead of what is written, what broke off first."""

import heapq
import threading
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Block:
    """Bytes `start` to `stop` of a file, `stop` not included."""

    start: int
    stop: int


class Blocks:
    """Hands out a file's blocks to the connections that fetch it; may be used by several threads.

    Args:
        start: first byte that is wanted.
        stop: the byte after the last.
        block: bytes of a block; 0 for one block that holds everything.
        window: bytes that may be under way ahead of what is written.
    """

    def __init__(self, start: int, stop: int, *, block: int, window: int) -> None:
        self._next, self._stop = start, stop
        self._written = start
        self._block = block or stop - start
        self._window = max(window, self._block)
        self._back: list[Block] = []
        self._out = 0
        self._changed = threading.Condition()
        self._closed = False

    def take(self) -> Block | None:
        """The next block, once it may be fetched; None when there will be no more."""
        with self._changed:
            self._changed.wait_for(self._ready)
            if self._closed or not (self._back or self._next < self._stop):
                return None
            self._out += 1
            if self._back:
                return heapq.heappop(self._back)
            block = Block(self._next, min(self._next + self._block, self._stop))
            self._next = block.stop
            return block

    def done(self, rest: Block | None = None) -> None:
        """A block that was taken is fetched, or all but `rest` of it, which somebody else may take."""
        with self._changed:
            self._out -= 1
            if rest is not None and rest.start < rest.stop:
                heapq.heappush(self._back, rest)
            self._changed.notify_all()

    def written(self, stop: int) -> None:
        """All bytes before `stop` are written."""
        with self._changed:
            self._written = stop
            self._changed.notify_all()

    def close(self) -> None:
        """Nothing more is wanted."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _ready(self) -> bool:
        """Whether a block may be taken, or there will never be one."""
        if self._closed or self._back:
            return True
        if self._next < self._stop:
            return self._next < self._written + self._window
        return not self._out
