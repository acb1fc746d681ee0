"""A download on a person's terminal: a bar for each file under way."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.text import Text

from wizard.download.events import Event
from wizard.output import Output
from wizard.show.dashboard_view import MARGIN
from wizard.show.files import File, Files
from wizard.show.live_area import Canvas
from wizard.terminal_echo import without_echo

_EVERY = 0.25
"""Seconds between two drawings."""
_WIDTHS = {"name": 0, "bar": 6, "percent": 5, "amount": 17, "rate": 10, "left": 13}
"""Cells that each column has at least, so that little moves; a bar has what is left over too."""
_DROPPED = ("amount", "rate", "bar", "left")
"""What goes first where there is little room."""
_GAP, _ASCII = "  ", str.maketrans("━─", "#-")


class Bars:
    """A bar for each file under way, with what is told above them; drawn four times a second, gone at the end."""

    def __init__(self, output: Output) -> None:
        self._output, self._console = output, output.talk
        self._files = Files()
        self._lock = threading.RLock()
        self._hidden = False
        self._canvas = Canvas(output.talk)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Draws while it is open, and leaves nothing behind."""
        ended = threading.Event()
        self._hide(False)
        threading.Thread(target=self._tick, args=(ended,), daemon=True).start()
        with without_echo():
            try:
                yield
            finally:
                ended.set()
                self._hide(True)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Draws nothing while it is open."""
        self._hide(True)
        try:
            yield
        finally:
            self._hide(False)

    def handle(self, event: Event) -> None:
        """Takes one event; what is to be told of it stands above the bars at once."""
        with self._lock:
            told = self._files.add(event)
            self._canvas.heed_the_window()
            for line in told:
                self._output.say(line)
            if told:
                self.draw()

    def draw(self) -> None:
        """Draws how far things are now."""
        with self._lock:
            self._canvas.heed_the_window()
            size = self._console.size
            files = () if self._hidden else tuple(self._files.under_way.values())
            lines = drawn(files, size.width, ascii_only=not self._output.draws)
            self._canvas.draw(lines[: max(1, size.height - 1)], size)

    def _tick(self, ended: threading.Event) -> None:
        while not ended.wait(_EVERY):
            self.draw()

    def _hide(self, hidden: bool) -> None:
        with self._lock:
            self._hidden = hidden
            self.draw()


def drawn(files: Sequence[File], width: int, *, ascii_only: bool = False) -> list[Text]:
    """A line for each file, as much of it as a window has room for; MARGIN of its columns stay free."""
    rows, room = [file.cells() for file in files], max(1, width - MARGIN)
    widths = {column: max([least, *(len(row.get(column, "")) for row in rows)]) for column, least in _WIDTHS.items()}
    spare = room - sum(widths.values()) - len(_GAP) * (len(widths) - 1)
    for column in _DROPPED:
        if spare < 0:
            spare += widths.pop(column) + len(_GAP)
    elastic = "bar" if "bar" in widths else "name"
    widths[elastic] = max(1, widths[elastic] + spare)
    name = widths.pop("name")
    lines = []
    for file, row in zip(files, rows, strict=True):
        bar = widths.get("bar", 0) if file.total else 0
        full = min(bar, bar * file.done // max(1, file.total))
        row["bar"] = "━" * full + "─" * (bar - full)
        cells = [f"{row[column]:>{count}}" for column, count in widths.items()]
        plain = _GAP.join([row["name"][:name].ljust(name), *cells])[:room]
        shown = plain.translate(_ASCII).encode("ascii", "replace").decode() if ascii_only else plain
        lines.append(Text(shown, no_wrap=True, overflow="crop"))
        lines[-1].highlight_regex("━+", "cyan")
    return lines
