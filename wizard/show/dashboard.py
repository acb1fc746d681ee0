"""The dashboard: on a person's terminal, a picture of the command under way that moves."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from wizard.events import BuildFinished, Event, Started
from wizard.machine.resources import cores
from wizard.output import Output
from wizard.show.dashboard_view import picture
from wizard.show.live_area import Canvas
from wizard.show.progress import Tally
from wizard.show.reporters import told
from wizard.terminal_echo import without_echo

_EVERY = 0.2
"""Seconds between two drawings."""


class Dashboard:
    """Bars of what is prepared, then the panel of the build; drawn when events come, and gone when they end."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._console = output.talk
        self._tally = _fresh()
        self._canvas = Canvas(output.talk)
        self._next = 0.0

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Draws while it is open, and leaves nothing behind."""
        with without_echo():
            try:
                yield
            finally:
                self._canvas.close()

    def handle(self, event: Event) -> None:
        """Says what is to be told, above the picture, and draws that anew where it is time."""
        before = self._phase()
        self._tally = _fresh() if isinstance(event, BuildFinished) else self._tally
        self._tally.add(event)
        if self._canvas.heed_the_window():
            self._next = 0.0
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
        size = self._console.size
        ascii_only = not self._console.encoding.startswith("utf")
        self._canvas.draw(picture(self._tally, size.width, size.height, ascii_only=ascii_only), size)


def _fresh() -> Tally:
    return Tally(cores=cores())
