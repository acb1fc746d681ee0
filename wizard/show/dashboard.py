"""The dashboard: on a person's terminal, a picture of the command under way that moves."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import ConsoleDimensions, Group
from rich.control import Control
from rich.live import Live
from rich.segment import ControlType
from rich.text import Text

from wizard.echo import without_echo
from wizard.engine.events import Event, Finished, Started
from wizard.output import Output
from wizard.preflight.machine import cores
from wizard.show.faces import told
from wizard.show.panel import picture
from wizard.show.tally import Tally

_EVERY = 0.2
"""Seconds between two drawings."""


class Dashboard:
    """Bars of what is prepared, then the panel of the build; drawn when events come, and gone when they end."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._console = output.talk
        self._tally = _fresh()
        self._live: Live | None = None
        self._drawn: list[Text] = []
        self._size = ConsoleDimensions(0, 0)
        self._next = 0.0

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Draws while it is open, and leaves nothing behind."""
        with without_echo():
            try:
                yield
            finally:
                self._close()

    def handle(self, event: Event) -> None:
        """Says what is to be told, above the picture, and draws that anew where it is time."""
        before = self._phase()
        self._tally = _fresh() if isinstance(event, Finished) else self._tally
        self._tally.add(event)
        if self._live and self._console.size != self._size:
            self._clear()
        for line in told(event):
            self._output.say(line)
            if not isinstance(event, Started):
                self._tally.remember(line.removeprefix("· "))
        if self._phase() != before or time.monotonic() >= self._next:
            self._draw()

    def _phase(self) -> tuple[str, ...]:
        return (*self._tally.splits, *self._tally.preparing)

    def _draw(self) -> None:
        self._next = time.monotonic() + _EVERY
        self._size = self._console.size
        ascii_only = not self._console.encoding.startswith("utf")
        self._drawn = picture(self._tally, self._size.width, self._size.height, ascii_only=ascii_only)
        if not self._drawn:
            self._close()
            return
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        self._live.update(Group(*self._drawn), refresh=True)

    def _clear(self) -> None:
        """Forgets a picture that the terminal may have wrapped, when its window became narrower."""
        wrapped = sum(max(0, math.ceil(line.cell_len / self._console.width) - 1) for line in self._drawn)
        self._console.control(Control(*[(ControlType.ERASE_IN_LINE, 2), (ControlType.CURSOR_UP, 1)] * wrapped))
        self._close()
        self._console.clear()
        self._next = 0.0

    def _close(self) -> None:
        """Erases the picture: an empty one takes its place, because Live draws once more when it stops."""
        if self._live is not None:
            self._live.update(Group(), refresh=True)
            self._live.stop()
            self._live = None


def _fresh() -> Tally:
    return Tally(cores=cores())
