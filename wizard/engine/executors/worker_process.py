"""A worker's side of its pipe: call, heartbeats, answer, next call, until the pipe's other end is closed."""

import signal
import traceback
from contextlib import suppress
from ctypes import c_int64
from enum import Enum
from multiprocessing.connection import Connection

from wizard.engine import heartbeat, in_hand

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Kind(Enum):
    """What a message from a worker is; each is a pair of its kind and its value."""

    HEARTBEAT = 1
    RESULT = 2
    ERROR = 3


def block_signals() -> None:
    """Blocks Ctrl-C in a thread that starts workers, which inherit this.

    A terminal sends it to every process of the group, but only the run is to decide what it means, also while a
    worker is still starting.
    """
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)


def serve(pipe: Connection, item: c_int64 | None) -> None:
    """Main function of a worker process.

    Args:
        pipe: calls come in, pairs of Kind and value go out. Its end means that the run is gone.
        item: shared memory for the number of the item that is being processed; None if there is none.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    heartbeat.install(lambda beat: pipe.send((Kind.HEARTBEAT, beat)))
    if item is not None:
        in_hand.install(item)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            fn, args, kwargs = pipe.recv()
            try:
                answer = Kind.RESULT, fn(*args, **kwargs)
            except Exception as error:  # noqa: BLE001  it is the caller's
                error.add_note(f"In a worker:\n{''.join(traceback.format_exception(error))}")
                answer = Kind.ERROR, error
            pipe.send(answer)
