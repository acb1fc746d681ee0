"""status OUT."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.text import Text

from wizard.commands.output_flags import DEFAULT, OutputFlags
from wizard.commands.parameters import AsMeant
from wizard.commands.watching import how_to_leave
from wizard.output import Output
from wizard.show.at_a_glance import WIDTH
from wizard.show.dashboard_view import MARGIN
from wizard.show.status_problems import problems
from wizard.show.status_view import as_text, line, picture
from wizard.show.terminal_reporter import LiveArea
from wizard.status.evaluate import look
from wizard.status.status import Status
from wizard.terminal_echo import echo_off, leaving_keys

_LOOK = 2.0
"""Seconds between two looks with --watch."""
_SAY = 30.0
"""Seconds between two lines without a terminal."""


def status(
    out: Annotated[Path, AsMeant, Parameter(help="The output folder of a build, on any machine that sees it.")],
    /,
    *,
    watch: Annotated[bool, Parameter(help="Show it until the dataset is complete, or Ctrl-C.")] = False,
    flags: OutputFlags = DEFAULT,
) -> int:
    """Show how far the build in OUT is: shards done, under way and missing, what runs on which host, and failures."""
    output = flags.output()
    folder = out.absolute()
    seen = look(folder)
    if watch:
        with leaving_keys(when=output.live) as left, _shown(output) as show:
            seen = _watched(folder, seen, show, left)
    width = output.columns or WIDTH
    output.result(as_text(seen, width, bars=output.live), wrap=True)
    output.event("finished", as_json(seen) | {"exit_code": 0})
    return 0


def _watched(folder: Path, seen: Status, show: Callable[[Status], None], left: Callable[[float], bool]) -> Status:
    """Shows every look at the build until it is complete or the watcher leaves; returns the last."""
    try:
        while True:
            show(seen)
            if seen.state == "complete":
                return seen
            if left(_LOOK):
                return seen
            seen = look(folder, seen)
    except KeyboardInterrupt:  # the way to end it, and no error
        return seen


@contextmanager
def _shown(output: Output) -> Iterator[Callable[[Status], None]]:
    """What shows a status: a picture that is redrawn, lines, or JSON objects."""
    if not output.live:
        yield _Lines(output).show
        return
    area = LiveArea(output.console)
    hint = how_to_leave()

    def draw(seen: Status) -> None:
        area.clear_after_resize()
        size = output.console.size
        lines = picture(seen, size.width - MARGIN, size.height - 2, ascii_only=not output.unicode)
        area.draw([*lines, Text(hint, "dim", no_wrap=True, overflow="crop")], size)

    with echo_off():
        try:
            yield draw
        finally:
            area.close()


class _Lines:
    """Prints a line from time to time, and what is wrong as soon as it is seen; or all of it as JSON."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._next = -math.inf
        self._said: set[str] = set()

    def show(self, seen: Status) -> None:
        """Prints what is due."""
        self._output.event("status", as_json(seen))
        found = problems(seen)
        for each in found:
            if each.key not in self._said:
                self._output.say(each.text)
        self._said = {each.key for each in found}
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _SAY
            self._output.say(line(seen))


def as_json(seen: Status) -> dict[str, Any]:
    """A status for programs, with the sums over its splits."""
    sums = {"shards": seen.shards, "done": seen.done, "under_way": seen.under_way, "missing": seen.missing}
    return asdict(seen) | sums
