"""How long a worker spends on each stage of a shard, by its own clock. A change of stage costs 0.2 microseconds.

The stage is the process's own state, as is the item in hand: whatever processes an image says what it begins, and
need not know whether anybody is measuring.
"""

from time import perf_counter
from typing import Literal

Stage = Literal["read", "check", "decode", "resize", "encode", "write", "commit"]
"""What a worker does: reads an image; checks one whose bytes are kept; or decodes, resizes and encodes it; writes what
is stored of it; flushes a whole shard to the disk and puts it in place."""

_seconds: dict[Stage, float] = {}
_stage: Stage = "read"
_since = 0.0


def begin() -> None:
    """Begins a shard, by reading."""
    global _stage, _since
    _seconds.clear()
    _stage, _since = "read", perf_counter()


def enter(stage: Stage) -> None:
    """Ends the stage under way, and begins another."""
    global _stage, _since
    now = perf_counter()
    _seconds[_stage] = _seconds.get(_stage, 0.0) + now - _since
    _stage, _since = stage, now


def end() -> dict[Stage, float]:
    """Ends the stage under way; the seconds of each since `begin`."""
    enter("read")
    return dict(_seconds)
