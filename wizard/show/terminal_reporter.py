"""The reporter for a terminal: messages, and below them a live picture of the command's progress."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from wizard.output import Output
from wizard.show.dashboard_view import picture
from wizard.show.live_area import LiveArea
from wizard.show.progress import Event, Progress
from wizard.terminal_echo import echo_off

_EVERY = 0.2
"""Seconds between two drawings."""


class TerminalReporter:
    """Draws five times a second, and at once after a message or a change of phase; erases the picture at the end."""

    def __init__(self, output: Output) -> None:
        self._output, self._console = output, output.console
        self._progress = Progress()
        self._area = LiveArea(output.console)
        self._hidden = False
        # Downloads send events from several threads, and the drawing thread must not see half of one.
        self._lock = threading.RLock()

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Draws while the block runs, and erases the picture after it."""
        ended = threading.Event()
        self._hide(False)
        threading.Thread(target=self._draw_until, args=(ended,), daemon=True).start()
        with echo_off():  # an Enter would move the picture by a line
            try:
                yield
            finally:
                ended.set()
                self._hide(True)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Hides the picture while the block runs."""
        self._hide(True)
        try:
            yield
        finally:
            self._hide(False)

    def handle(self, event: Event) -> None:
        """Takes an event into account, and prints its messages above the picture."""
        with self._lock:
            before = self._progress.phase
            lines = self._progress.add(event)
            self._area.clear_after_resize()
            for line in lines:
                self._output.say(line)
            if lines or self._progress.phase != before:
                self.draw()

    def draw(self) -> None:
        """Draws the progress as it is now."""
        with self._lock:
            self._area.clear_after_resize()
            size = self._console.size
            ascii_only = not self._output.unicode
            shown = [] if self._hidden else picture(self._progress, size.width, size.height, ascii_only=ascii_only)
            self._area.draw(shown, size)

    def _draw_until(self, ended: threading.Event) -> None:
        # If the terminal is gone, the next message ends the command; a traceback of this thread would help nobody.
        with suppress(BrokenPipeError):
            while not ended.wait(_EVERY):
                self.draw()

    def _hide(self, hidden: bool) -> None:
        with self._lock:
            self._hidden = hidden
            self.draw()
