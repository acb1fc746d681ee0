"""A worker's side of its pipe: it says that it is ready, gets a call, sends heartbeats and an answer.

Two threads take turns, so that a call whose rest only waits can hand the core to the next one (see
`wizard.engine.handover`). A thread is ready only while it receives: what is sent to it never fills the pipe.
"""

import os
import pickle
import signal
import traceback
from contextlib import suppress
from ctypes import c_int64
from enum import Enum
from multiprocessing.connection import Connection
from threading import Lock, Thread
from typing import Any

from wizard.engine import handover, heartbeat, in_hand

_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Kind(Enum):
    """What a message from a worker is; each is a triple of its kind, the number of its call, and a value."""

    READY = 1
    HEARTBEAT = 2
    RESULT = 3
    ERROR = 4


def block_signals() -> None:
    """Blocks Ctrl-C, SIGTERM and SIGHUP in a thread that starts workers, which inherit this.

    A terminal sends Ctrl-C, and SIGHUP when it goes away, to every process of the group, and Slurm and systemd send
    SIGTERM to every process of a job or a unit, but only the run is to decide what they mean, also while a worker is
    still starting.
    """
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)


def serve(pipe: Connection, item: c_int64 | None) -> None:
    """Main function of a worker process.

    Args:
        pipe: calls come in, and messages go out. Its end means that the run is gone.
        item: shared memory for the number of the item that is being processed; None if there is none.
    """
    # The run ends its workers by SIGKILL, so none is needed here; see `block_signals`.
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    if item is not None:
        in_hand.install(item)
    worker = _Worker(pipe)
    heartbeat.install(lambda beat: worker.send(Kind.HEARTBEAT, 0, beat))
    other = Thread(target=worker.serve)
    with suppress(RuntimeError):  # the system allows no further thread: calls then follow one another
        other.start()
    worker.serve()
    if other.ident is not None:
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
            with suppress(OSError):  # the terminal may be gone
                traceback.print_exc()
            os._exit(1)

    def _serve_one(self) -> None:
        turn = _Turn(self._turn)
        with turn:
            handover.install(turn.end)
            self.send(Kind.READY, 0, None)
            number, (fn, args, kwargs) = self._pipe.recv()
            try:
                self.send(Kind.RESULT, number, fn(*args, **kwargs))
            except Exception as error:  # noqa: BLE001  it is the caller's; so is a result that cannot be pickled
                self.send(Kind.ERROR, number, _portable(error))


def _portable(error: Exception) -> Exception:
    """The error with its traceback as a note; if it cannot be pickled or read again, one that says the same."""
    note = f"In a worker:\n{''.join(traceback.format_exception(error))}"
    error.add_note(note)
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001  its own methods raise anything
        error = RuntimeError(f"{type(error).__name__}: {error}")
        error.add_note(note)
    return error


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
