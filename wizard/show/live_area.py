"""Lines at the bottom of a terminal that are redrawn in place."""

import math

from rich.console import Console, ConsoleDimensions, Group
from rich.control import Control
from rich.live import Live
from rich.segment import ControlType
from rich.text import Text


class LiveArea:
    """Draws lines below everything else that is printed on the console, and erases them again.

    Args:
        console: of the terminal.
    """

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
        """Replaces the lines drawn before; with no lines at all, erases them.

        Args:
            lines: no wider than the window.
            size: of the window that they were made for.
        """
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
