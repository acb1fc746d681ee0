"""Hangup: the terminal goes away while something runs, because its window is closed or ssh is lost; that goes on."""

import errno
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast

from wizard.errors import Interrupted

_STDIO = (0, 1, 2)
_SIGNAL_COMES = 0.1
"""Seconds that a SIGHUP may come later than the broken pipe of a reader that it killed."""


class Terminal:
    """The terminal of this process, or whoever else reads its messages.

    Attributes:
        lost: whether it is gone.
        farewell: the last thing to print there, if it still takes it.
    """

    def __init__(self) -> None:
        # Asked now: of one that is lost, isatty says that it is none.
        self._handles = [handle for handle in _STDIO if _is_terminal(handle)]
        self.lost = False
        self.farewell = ""

    def lose(self, *_: object) -> None:
        """Notes that the terminal is gone; a signal handler, so it takes no lock, as printing would."""
        if not self.lost and self.farewell and self._handles:
            _write_at_once(self._handles[-1], f"\n{self.farewell}\n")
        self.lost = True
        self.discard()

    def discard(self) -> None:
        """Puts /dev/null in the terminal's place."""
        _discard(self._handles)

    def lose_reader(self, handle: int, *, of_results: bool) -> bool:
        """Puts /dev/null in the place of a broken pipe, unless whoever reads results left without a hangup.

        Messages may be lost as the terminal may: of `ssh HOST imagenet-setup run PROFILE` they are all that tells.
        In `imagenet-setup run PROFILE 2>&1 | tee log`, the reader dies of the same SIGHUP.
        """
        if of_results:
            time.sleep(_SIGNAL_COMES)
        else:
            self.lost = True
        if self.lost:
            _discard([handle])
        return self.lost


@contextmanager
def surviving_hangup(terminal: Terminal) -> Iterator[None]:
    """While the block runs, neither SIGHUP nor a terminal that is gone ends anything.

    A shell may also close the terminal without SIGHUP, as for a job in the background: then writing to it fails (EIO).
    """
    before = _handle(terminal.lose)
    streams = sys.stdout, sys.stderr
    # All that is printed below goes through these names, rich's live pictures and tracebacks of threads included.
    sys.stdout = _guarded(sys.stdout, terminal, of_results=True)
    sys.stderr = _guarded(sys.stderr, terminal, of_results=False)
    try:
        yield
    finally:
        if not terminal.lost:  # else the rest of the process could still fail
            sys.stdout, sys.stderr = streams
        if before is not None:
            signal.signal(signal.SIGHUP, before)


@contextmanager
def question_open(terminal: Terminal) -> Iterator[None]:
    """While the block asks a person something, SIGHUP ends it: nobody will answer.

    Raises:
        Interrupted: that has happened.
    """
    lost = False

    def handle(*_: object) -> None:
        nonlocal lost
        lost, terminal.farewell = True, ""  # which would say that it goes on
        terminal.discard()
        raise KeyboardInterrupt  # the only exception that the event loop of a prompt lets through

    before = _handle(handle)
    try:
        yield
    except KeyboardInterrupt:
        if lost:
            raise Interrupted("The terminal was lost while a question was open; what is here is kept.") from None
        raise
    finally:
        if before is not None:
            # The shell and the system may both send one; the second must not cut short what follows from the first.
            signal.signal(signal.SIGHUP, signal.SIG_IGN if lost else before)


def _handle(lose: Callable[..., None]) -> Any:
    """Handles SIGHUP; returns what did so before. One that is ignored, as by nohup, stays so."""
    if not hasattr(signal, "SIGHUP") or signal.getsignal(signal.SIGHUP) in (signal.SIG_IGN, None):
        return None
    return signal.signal(signal.SIGHUP, lose)


class _Guarded:
    """A standard stream whose writes do not fail because of a hangup."""

    def __init__(self, stream: TextIO, terminal: Terminal, *, of_results: bool) -> None:
        self._stream, self._terminal, self._of_results = stream, terminal, of_results

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        self._try(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        self._try(self._stream.flush)

    def _try(self, act: Callable[[], object]) -> None:
        try:
            act()
        except BrokenPipeError:
            if not self._terminal.lose_reader(self._stream.fileno(), of_results=self._of_results):
                raise
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            self._terminal.lose()


def _guarded(stream: TextIO | None, terminal: Terminal, *, of_results: bool) -> TextIO:
    # None where a parent process closed it, as Python has it.
    return cast(TextIO, stream and _Guarded(stream, terminal, of_results=of_results))


def _is_terminal(handle: int) -> bool:
    try:
        return os.isatty(handle)
    except OSError:  # closed
        return False


def _write_at_once(handle: int, text: str) -> None:
    """Writes as much as fits: a terminal that is gone takes nothing, and one that is halted (Ctrl-S) would block."""
    with suppress(OSError):
        blocking = os.get_blocking(handle)
        os.set_blocking(handle, False)
        try:
            os.write(handle, text.encode(errors="replace"))
        finally:
            os.set_blocking(handle, blocking)


def _discard(handles: list[int]) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for handle in handles:
        os.dup2(nowhere, handle)
    os.close(nowhere)
