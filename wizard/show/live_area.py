"""A few lines at the bottom of a terminal that are drawn over and over in the same place."""

import math

from rich.console import Console, ConsoleDimensions, Group
from rich.control import Control
from rich.live import Live
from rich.segment import ControlType
from rich.text import Text


class LiveArea:
    """Draws lines below whatever else is said on the console, and takes them away again.

    Args:
        console: of the terminal.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._drawn: list[Text] = []
        self._size = ConsoleDimensions(0, 0)

    def clear_after_resize(self) -> bool:
        """Forgets a picture that the terminal may have wrapped, when its window became another; whether it did."""
        if self._live is None or self._console.size == self._size:
            return False
        wrapped = sum(max(0, math.ceil(line.cell_len / self._console.width) - 1) for line in self._drawn)
        self._console.control(Control(*[(ControlType.ERASE_IN_LINE, 2), (ControlType.CURSOR_UP, 1)] * wrapped))
        self.close()
        self._console.clear()
        return True

    def draw(self, lines: list[Text], size: ConsoleDimensions) -> None:
        """Draws lines in place of those before; none at all takes the picture away.

        Args:
            lines: no broader than the window.
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
        """Erases the picture: an empty one takes its place, because Live draws once more when it stops."""
        if self._live is not None:
            self._live.update(Group(), refresh=True)
            self._live.stop()
            self._live = None
