"""The MD5 of a file that grows: made while it is written, from what is in memory wherever that can be."""

import hashlib
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Self

_CHUNK = 1 << 20
_HELD = 8 << 20
"""Bytes that may wait to be summed; whoever writes waits when there are more."""


class Digest:
    """Sums a file from its beginning in a thread of its own.

    What an earlier run left is read from the file, once, and so is what is written meanwhile; when the sum has caught
    up, every byte is summed from memory.

    Args:
        path: the file.
        size: bytes that it has.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._written = size
        self._summed = 0
        self._sum = hashlib.md5(usedforsecurity=False)
        self._waiting: deque[Sequence[bytes]] = deque()
        self._held = 0
        self._changed = threading.Condition()
        self._ended = False
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="md5", daemon=True)
        self._thread.start()

    @property
    def summed(self) -> int:
        """Bytes that are in the sum."""
        return self._summed

    def feed(self, chunks: Sequence[bytes], count: int) -> None:
        """Takes what was just written at the file's end; waits while there is much to sum that is in memory.

        Args:
            chunks: the bytes.
            count: how many they are.

        Raises:
            OSError: what was to be read from the file cannot be.
        """
        with self._changed:
            behind = self._written > self._summed + self._held
            if not behind:
                self._changed.wait_for(lambda: self._held < _HELD or self._ended)
            if self._error:
                raise self._error
            # Counted after the wait: what counts as written and is not held is read from the file, before what is held.
            self._written += count
            if behind:
                return  # those before it are still to be read from the file, and then it will be too
            self._waiting.append(chunks)
            self._held += count
            self._changed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Whether all that was written is summed, waiting at most so long.

        Raises:
            OSError: the file cannot be read.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._error or self._summed == self._written, seconds)
            if self._error:
                raise self._error
            return self._summed == self._written

    def hex(self) -> str:
        """The sum of what is summed."""
        return self._sum.hexdigest()

    def close(self) -> None:
        """Ends the thread."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _run(self) -> None:
        try:
            self._catch_up()
            self._follow()
        except OSError as error:
            with self._changed:
                self._error, self._ended = error, True
                self._changed.notify_all()

    def _catch_up(self) -> None:
        """Reads the file as far as it was written without being handed over."""
        with self._path.open("rb", buffering=0) as file:
            while True:
                with self._changed:
                    left = self._written - self._held - self._summed
                if not left or self._ended:
                    return
                chunk = file.read(min(_CHUNK, left))
                if not chunk:
                    raise OSError(None, "the file is shorter than what was written", str(self._path))
                self._sum.update(chunk)
                with self._changed:
                    self._summed += len(chunk)
                    self._changed.notify_all()

    def _follow(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._ended)
                if self._ended:
                    return
                chunks = self._waiting.popleft()
            for chunk in chunks:
                self._sum.update(chunk)
            count = sum(map(len, chunks))
            with self._changed:
                self._summed += count
                self._held -= count
                self._changed.notify_all()
