"""Keys that are typed while something moves on the terminal leave no mark on it: an Enter would shift the picture."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

if sys.platform != "win32":
    import termios


def forget_typed() -> None:
    """Lets go of keys that were typed before anything was asked, so that they answer no question by chance."""
    if sys.platform != "win32" and _ours():
        termios.tcflush(sys.stdin, termios.TCIFLUSH)


@contextmanager
def without_echo() -> Iterator[None]:
    """While it is open the terminal does not show what is typed; it is kept for whoever reads next.

    Does nothing where stdin is no terminal, or the terminal another job's, or the system has no termios (Windows).
    """
    if (
        sys.platform == "win32"
        or not sys.stdin
        or not sys.stdin.isatty()
        or os.tcgetpgrp(sys.stdin.fileno()) != os.getpgrp()
    ):
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    termios.tcsetattr(sys.stdin, termios.TCSANOW, [*before[:3], before[3] & ~termios.ECHO, *before[4:]])
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSANOW, before)


def _ours() -> bool:
    """Whether stdin is a terminal that this process may change without being stopped."""
    return bool(sys.stdin) and sys.stdin.isatty() and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
