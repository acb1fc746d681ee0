"""How a worker tells how far it is, and learns that nobody listens any more.

Workers share one pipe without a lock: a beat is smaller than what the system writes in one piece (PIPE_BUF), so a
worker killed while it writes can neither tear a message nor leave a lock behind. A pipe whose reader is gone means
that the run itself was killed; the worker then must not put another shard in place.
"""

import time
from multiprocessing.connection import Connection

from wizard.events import Beat

INTERVAL = 0.5
"""Seconds between two beats of a worker."""

_pipe: Connection | None = None
_last = 0.0


def install(pipe: Connection) -> None:
    """Called once in a worker process: where its beats go."""
    global _pipe
    _pipe = pipe


def due() -> bool:
    """Whether enough time has passed for the next beat."""
    return time.monotonic() - _last >= INTERVAL


def send(beat: Beat) -> None:
    """Sends a beat; does nothing in a process that has no pipe.

    Raises:
        BrokenPipeError: the run that this worker belongs to is gone.
    """
    global _last
    _last = time.monotonic()
    if _pipe is not None:
        _pipe.send(beat)
