"""The reporter for a terminal: messages, and below them a live picture of the command's progress."""

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from rich.console import Console, ConsoleDimensions, Group
from rich.control import Control
from rich.live import Live
from rich.segment import ControlType
from rich.text import Text

from wizard.output import Output
from wizard.show.dashboard_view import picture
from wizard.show.how_it_ended import ending
from wizard.show.progress import Event, Progress
from wizard.show.window_progress import WindowProgress, headline
from wizard.terminal_echo import echo_off

_EVERY = 0.2
"""Seconds between two drawings."""


class LiveArea:
    """Lines below everything else that is printed on a terminal's console, redrawn in place."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._drawn: list[Text] = []
        self._size = ConsoleDimensions(0, 0)

    def clear_after_resize(self) -> None:
        """Clears the window if its size has changed, because the terminal may have wrapped the lines differently."""
        if self._live is None or self._console.size == self._size:
            return
        # Live erases as many lines as it drew; lines that the terminal has wrapped since are more.
        wrapped = sum(max(0, math.ceil(line.cell_len / self._console.width) - 1) for line in self._drawn)
        self._console.control(Control(*[(ControlType.ERASE_IN_LINE, 2), (ControlType.CURSOR_UP, 1)] * wrapped))
        self.close()
        self._console.clear()

    def draw(self, lines: list[Text], size: ConsoleDimensions) -> None:
        """Replaces the lines drawn before with lines made for a window of this size; no lines at all erase them."""
        self._drawn, self._size = lines, size
        if not lines:
            self.close()
            return
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
            self._live.start()
        self._live.update(Group(*lines), refresh=True)

    def close(self) -> None:
        """Erases the lines: they are replaced by none, because Live draws once more when it stops."""
        if self._live is not None:
            self._live.update(Group(), refresh=True)
            self._live.stop()
            self._live = None


class TerminalReporter:
    """Draws five times a second, and at once after a message or a change of phase; erases the picture at the end.

    The window's title says the same in short.
    """

    def __init__(self, output: Output) -> None:
        self._output, self._console = output, output.console
        self._progress = Progress()
        self._area = LiveArea(output.console)
        self._window = WindowProgress(output.console)
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
            failed = False
            try:
                yield
            except BaseException as error:
                failed = ending(error).state == "failed"
                raise
            finally:
                ended.set()
                self._hide(True)
                with self._lock:
                    self._window.close(failed=failed)

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
            if not self._hidden:
                self._window.show(headline(self._progress))

    def _draw_until(self, ended: threading.Event) -> None:
        # If the terminal is gone, the next message ends the command; a traceback of this thread would help nobody.
        with suppress(BrokenPipeError):
            while not ended.wait(_EVERY) and self._console.is_terminal:  # it is none any more once it is lost
                self.draw()

    def _hide(self, hidden: bool) -> None:
        with self._lock:
            self._hidden = hidden
            self.draw()
