"""Keys typed while something moves on the terminal: they are not echoed, as an Enter would shift the picture."""

import os
import select
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

if sys.platform != "win32":
    import termios


def discard_typed_keys() -> None:
    """Discards keys typed before a question was shown, so that they do not answer it by chance."""
    if sys.platform != "win32" and owns_terminal():
        termios.tcflush(sys.stdin, termios.TCIFLUSH)


@contextmanager
def echo_off() -> Iterator[None]:
    """Turns the terminal's echo off while the block runs; what is typed stays there for the next reader.

    Does nothing on Windows, and where stdin is not a terminal or is another job's.
    """
    if sys.platform == "win32":
        yield
        return
    with _without(termios.ECHO):
        yield


@contextmanager
def leaving_keys(*, when: bool = True) -> Iterator[Callable[[float], bool]]:
    """Reads keys while the block runs, without echo; where `when` or `owns_terminal` is false, it reads none.

    Yields:
        What waits for some seconds, and says at once if q or Esc is pressed meanwhile.
    """
    if sys.platform == "win32" or not (when and owns_terminal()):
        yield _sleep
        return
    with _without(termios.ECHO | termios.ICANON):
        yield _wait_for_leaving


def owns_terminal() -> bool:
    """Whether stdin is a terminal whose settings this process may change: a background job that tries is stopped."""
    if sys.platform == "win32":
        return False
    try:
        return bool(sys.stdin) and sys.stdin.isatty() and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:  # the terminal was lost between the two
        return False


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def _wait_for_leaving(seconds: float) -> bool:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if not owns_terminal():  # lost, or put into the background meanwhile
            return _sleep(left)
        if select.select([sys.stdin], [], [], left)[0]:
            typed = os.read(sys.stdin.fileno(), 1024)
            if not typed:  # the terminal is gone
                return _sleep(left)
            if b"q" in typed.lower() or typed.endswith(b"\x1b"):  # an arrow key's code only begins with Esc
                return True
    return False


@contextmanager
def _without(flags: int) -> Iterator[None]:
    """Turns local modes of the terminal off while the block runs, if it is this process's."""
    if not owns_terminal():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    termios.tcsetattr(sys.stdin, termios.TCSANOW, [*before[:3], before[3] & ~flags, *before[4:]])
    try:
        yield
    finally:
        with suppress(termios.error):  # the terminal may be gone
            termios.tcsetattr(sys.stdin, termios.TCSANOW, before)
