"""Ctrl-C and SIGTERM: the first asks a run to finish what it has begun, the second ends it."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stop_on_signal(say: Callable[[str], None]) -> Iterator[Callable[[], bool]]:
    """While the block runs, gives a function that says whether the run was asked to stop.

    `say` prints the effect of the first signal; it is called when the function is next called.

    Raises:
        KeyboardInterrupt: at the second signal, wherever the program is.
    """
    requested = announced = False

    def handle(_number: int, _frame: FrameType | None) -> None:
        nonlocal requested
        if requested:
            raise KeyboardInterrupt
        requested = True

    def stopping() -> bool:
        # Announced here and not in the handler, which may interrupt the drawing of a bar.
        nonlocal announced
        if requested and not announced:
            announced = True
            say("! Finishing what is under way, then stopping; Ctrl-C again stops at once. Nothing done is lost.")
        return requested

    # SIGTERM is what Slurm, docker stop and systemd send before they kill.
    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def interruptible() -> Iterator[None]:
    """While the block runs, SIGINT is not ignored: `attach --stop` sends it.

    Shells have it ignored by what a script starts with &.

    Raises:
        KeyboardInterrupt: at the signal, if nothing else handles it.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def sigterm_as_ctrl_c() -> Iterator[None]:
    """While the block runs, SIGTERM is what Ctrl-C is.

    Raises:
        KeyboardInterrupt: at the signal, wherever the program is.
    """

    def handle(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
