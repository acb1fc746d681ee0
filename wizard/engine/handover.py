"""A worker's core is handed to its next call while the one before only waits for the disk.

To flush a shard takes milliseconds on a fast disk, and far longer on a slow or remote one; meanwhile the core decodes
images of the next.
"""

from collections.abc import Callable
from threading import local


class _OfThread(local):
    hand_over: Callable[[], None] | None = None


_of_thread = _OfThread()
"""The threads of a worker take turns, so that each can end its own only."""


def install(hand_over: Callable[[], None] | None) -> None:
    """Sets what lets the worker begin another call while this thread goes on; called for each call."""
    _of_thread.hand_over = hand_over


def hand_over() -> None:
    """Says that the rest of the call under way mostly waits; does nothing in a process that is no worker.

    From here on, another call may run in this process beside it. So `heartbeat`, `in_hand` and `stages`, which know
    of one call only, are that one's.
    """
    if _of_thread.hand_over is not None:
        _of_thread.hand_over()
