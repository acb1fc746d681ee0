"""Keys typed while something moves on the terminal are not echoed: an Enter would shift the picture."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

if sys.platform != "win32":
    import termios


def discard_typed_keys() -> None:
    """Discards keys typed before a question was shown, so that they do not answer it by chance."""
    if sys.platform != "win32" and _owns_terminal():
        termios.tcflush(sys.stdin, termios.TCIFLUSH)


@contextmanager
def echo_off() -> Iterator[None]:
    """Turns the terminal's echo off while the block runs; what is typed stays there for the next reader.

    Does nothing on Windows, and where stdin is not a terminal or is another job's.
    """
    if sys.platform == "win32" or not _owns_terminal():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    termios.tcsetattr(sys.stdin, termios.TCSANOW, [*before[:3], before[3] & ~termios.ECHO, *before[4:]])
    try:
        yield
    finally:
        with suppress(termios.error):  # the terminal may be gone
            termios.tcsetattr(sys.stdin, termios.TCSANOW, before)


def _owns_terminal() -> bool:
    """Whether stdin is a terminal whose settings this process may change: a background job that tries is stopped."""
    try:
        return bool(sys.stdin) and sys.stdin.isatty() and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:  # the terminal was lost between the two
        return False
