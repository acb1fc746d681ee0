"""How a worker reports its progress, and notices that the run is gone.

A pipe without a reader means that the run was killed; the worker then must not put another shard in place.
"""

import socket
import time
from collections.abc import Callable

from wizard.events import Heartbeat

INTERVAL = 0.5
"""Seconds between two heartbeats of a worker."""
HOST = socket.gethostname()

_send: Callable[[Heartbeat], None] | None = None
_last = 0.0


def install(send: Callable[[Heartbeat], None]) -> None:
    """Sets what sends heartbeats to the run; called once in a worker process."""
    global _send
    _send = send


def due() -> bool:
    """Whether enough time has passed for the next heartbeat."""
    return time.monotonic() - _last >= INTERVAL


def send(heartbeat: Heartbeat) -> None:
    """Sends a heartbeat; does nothing in a process that is no worker.

    Raises:
        BrokenPipeError: the run that this worker belongs to is gone.
    """
    global _last
    _last = time.monotonic()
    if _send is not None:
        _send(heartbeat)
