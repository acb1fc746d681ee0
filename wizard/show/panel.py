"""The dashboard's picture: a tally and a size become lines; knows no terminal."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rich.cells import cell_len
from rich.text import Text

from wizard.show.tally import SplitTally, Tally, WorkerTally, clock
from wizard.show.words import size

MARGIN = len("^C^C")
"""Columns left free at the right, where the terminal itself writes ^C; a full line would break and never be erased."""
_BOX_WIDTH, _BOX_HEIGHT = 80, 10
"""The smallest window that has room for a box."""
_SHORTEST, _WORKERS_LONGEST = 8, 40
"""Cells of a bar."""
_EVENTS = 5
_HINTS = ("Ctrl-C: finish these shards and stop", "again: stop now")
_ASCII = str.maketrans("╭╮╰╯├┤│─━╸·→…", "++++++|-##->~")


@dataclass(frozen=True, kw_only=True)
class _Row:
    """A name, how much of it is done (of 1), and what else there is to say."""

    name: str
    done: float
    said: str = ""


def picture(tally: Tally, width: int, height: int, *, ascii_only: bool = False) -> list[Text]:
    """What a window of that size shows: lines that leave MARGIN columns and one line free.

    Args:
        tally: of all events so far.
        width: of the window, in columns.
        height: of the window, in lines.
        ascii_only: draw with ASCII alone.

    Returns:
        No line at all while there is nothing to show.
    """
    room, lines = max(1, width - MARGIN), height - 1
    if not tally.splits:
        drawn = _bars([_preparation(tally, step) for step in tally.preparing], room)
    elif width >= _BOX_WIDTH and height >= _BOX_HEIGHT:
        drawn = _box(tally, room, lines)
    else:
        drawn = _narrow(tally, room, lines)
    for line in drawn:
        if ascii_only:
            line.plain = line.plain.translate(_ASCII).encode("ascii", "replace").decode()
        line.truncate(room, overflow="ellipsis" if not ascii_only else "crop")
    return drawn[:lines]


def _box(tally: Tally, width: int, lines: int) -> list[Text]:
    inner = width - len("│  │")
    head = _bars(_splits(tally), inner) + _flow(_rates(tally), inner, 2)
    space = lines - len(head) - 2
    machine = _section("machine", _flow(_machine(tally), inner, 2)[: max(0, space - 1)], width)
    space -= len(machine)
    workers = _section("workers", _fewer(_workers(tally, inner), space - 1), width)
    space -= len(workers)
    events = _section("events", _events(tally, min(_EVENTS, space - 1)), width)
    return [
        _edge("╭╮", _name(tally), _times(tally), width),
        *(_framed(line, width) for line in head),
        *workers,
        *machine,
        *events,
        _edge("╰╯", " · ".join(_HINTS), "", width),
    ]


def _narrow(tally: Tally, width: int, lines: int) -> list[Text]:
    times = _times(tally)
    name = Text(_name(tally), style="bold")
    name.truncate(max(1, width - len(times) - 2), overflow="ellipsis", pad=True)
    head = [name.append(f"  {times}", style="not bold"), *_bars(_splits(tally), width)]
    head += _flow(_rates(tally), width, 1)
    return [*head, *_fewer(_workers(tally, 0), lines - len(head) - 1), *_flow(_HINTS, width, 1)]


def _section(title: str, lines: list[Text], width: int) -> list[Text]:
    return [_edge("├┤", title, "", width), *(_framed(line, width) for line in lines)] if lines else []


def _edge(corners: str, left: str, right: str, width: int) -> Text:
    tail = f" {right} {corners[1]}" if right else corners[1]
    title = Text(left, style="bold" if corners != "╰╯" else "")
    title.truncate(max(1, width - cell_len(tail) - len("╭  ─")), overflow="ellipsis")
    rule = "─" * (width - title.cell_len - cell_len(tail) - len("╭  "))
    return Text.assemble((f"{corners[0]} ", "dim"), title, (f" {rule}", "dim"), tail)


def _framed(line: Text, width: int) -> Text:
    line.truncate(width - len("│  │"), overflow="ellipsis", pad=True)
    return Text.assemble(("│ ", "dim"), line, (" │", "dim"))


def _bars(rows: list[_Row], width: int, longest: int | None = None) -> list[Text]:
    """Rows below each other: what there is no room for is left out, first what is said, then the bar."""
    names = max((cell_len(row.name) for row in rows), default=0)
    said = max((cell_len(row.said) for row in rows), default=0)
    percents = len(" 100 %")
    room = width - names - percents - len("  ")
    with_said = room - said - len("   ")
    if with_said >= _SHORTEST:
        cells = with_said
    else:
        cells, said = room, 0
    if longest is not None:
        cells = min(cells, longest)
    return [_drawn(row, min(names, width - percents), max(0, cells), said) for row in rows]
