"""Ctrl-C and SIGTERM: once asks a run to finish what it has begun, twice ends it."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def listening(say: Callable[[str], None]) -> Iterator[Callable[[], bool]]:
    """While open, gives a function that tells whether the run was asked to stop.

    Args:
        say: told what the first signal sets in motion, when that is next asked for.

    Raises:
        KeyboardInterrupt: at the second signal, where the program is.
    """
    asked = told = False

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    def stopping() -> bool:
        # Said here and not in the handler, which may interrupt the drawing of a bar.
        nonlocal told
        if asked and not told:
            told = True
            say("! Finishing what is under way, then stopping; Ctrl-C again stops at once. Nothing done is lost.")
        return asked

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
