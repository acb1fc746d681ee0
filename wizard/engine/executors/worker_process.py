"""A worker's side of its pipe: it says that it is ready, gets a call, sends heartbeats and an answer.

Two threads take turns, so that a call whose rest only waits can hand the core to the next one (see
`wizard.engine.handover`). A thread is ready only while it receives: what is sent to it never fills the pipe.
"""

import os
import signal
import traceback
from contextlib import suppress
from ctypes import c_int64
from enum import Enum
from multiprocessing.connection import Connection
from threading import Lock, Thread
from typing import Any

from wizard.engine import handover, heartbeat, in_hand

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_THREADS = 2


class Kind(Enum):
    """What a message from a worker is; each is a triple of its kind, the number of its call, and a value."""

    READY = 1
    HEARTBEAT = 2
    RESULT = 3
    ERROR = 4


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
        pipe: calls come in, and messages go out. Its end means that the run is gone.
        item: shared memory for the number of the item that is being processed; None if there is none.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    if item is not None:
        in_hand.install(item)
    worker = _Worker(pipe)
    heartbeat.install(lambda beat: worker.send(Kind.HEARTBEAT, 0, beat))
    others = [Thread(target=worker.serve) for _ in range(_THREADS - 1)]
    for other in others:
        other.start()
    worker.serve()
    for other in others:
        other.join()


class _Worker:
    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._turn = Lock()
        """Held by the thread that waits for a call, and until that call needs no core any more."""
        self._sending = Lock()

    def send(self, kind: Kind, call: int, value: Any) -> None:
        with self._sending:
            self._pipe.send((kind, call, value))

    def serve(self) -> None:
        """Takes calls until the pipe's other end is closed."""
        try:
            with suppress(EOFError, BrokenPipeError, ConnectionResetError):
                while True:
                    self._serve_one()
        except BaseException:  # noqa: BLE001
            # A call that cannot be unpickled, say. Without the process's death, its caller would wait forever.
            traceback.print_exc()
            os._exit(1)

    def _serve_one(self) -> None:
        turn = _Turn(self._turn)
        with turn:
            handover.install(turn.end)
            self.send(Kind.READY, 0, None)
            number, (fn, args, kwargs) = self._pipe.recv()
            try:
                answer = Kind.RESULT, fn(*args, **kwargs)
            except Exception as error:  # noqa: BLE001  it is the caller's
                error.add_note(f"In a worker:\n{''.join(traceback.format_exception(error))}")
                answer = Kind.ERROR, error
            self.send(answer[0], number, answer[1])


class _Turn:
    """One call's hold of the core, which it may end early."""

    def __init__(self, lock: Lock) -> None:
        self._lock = lock
        self._is_held = False

    def __enter__(self) -> None:
        self._lock.acquire()
        self._is_held = True

    def end(self) -> None:
        if self._is_held:
            self._is_held = False
            self._lock.release()

    def __exit__(self, *_: object) -> None:
        self.end()
