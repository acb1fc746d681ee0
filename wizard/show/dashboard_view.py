"""The dashboard's picture: a tally and a size become lines; knows no terminal."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rich.cells import cell_len
from rich.text import Text

from wizard.formatting import human_bytes
from wizard.show.progress import Tally, clock

MARGIN = len("^C^C")
"""Columns left free at the right, where the terminal itself writes ^C; a full line would break and never be erased."""
_BOX_WIDTH, _BOX_HEIGHT = 80, 10
"""The smallest window that has room for a box."""
_SHORTEST, _WORKERS_LONGEST = 8, 40
"""Cells of a bar."""
_EVENTS = 5
_HINTS = ("Ctrl-C: finish these shards and stop", "again: stop now")
_STOPPING = ("Finishing these shards, then stopping", "Ctrl-C: stop now")
_FRAME = len("│  │")
_ASCII = str.maketrans("╭╮╰╯├┤│─━╸·→…", "++++++|-##->~")


@dataclass(frozen=True, kw_only=True)
class _Row:
    """A name, how much of it is done, and what else there is to say."""

    name: str
    done: int
    total: int
    said: str = ""


def picture(tally: Tally, width: int, height: int, *, ascii_only: bool = False) -> list[Text]:
    """What a window shows: lines that leave MARGIN of its columns and one of its lines free.

    Args:
        tally: of all events so far.
        width: of the window, in columns.
        height: of the window, in lines.
        ascii_only: draw with ASCII alone.

    Returns:
        No line at all while there is nothing to show.
    """
    room, lines = max(1, width - MARGIN), max(1, height - 1)
    if not tally.splits:
        drawn = _bars(_preparations(tally), room)
    elif width >= _BOX_WIDTH and height >= _BOX_HEIGHT:
        drawn = _box(tally, room, lines)
    else:
        drawn = _narrow(tally, room, lines)
    for line in drawn:
        line.truncate(room, overflow="ellipsis")
        line.no_wrap, line.overflow = True, "crop"
        if ascii_only:
            line.plain = line.plain.translate(_ASCII).encode("ascii", "replace").decode()
    return drawn[:lines]


def _box(tally: Tally, width: int, lines: int) -> list[Text]:
    inner = width - _FRAME
    head = _bars(_splits(tally), inner) + _flow(_all_rates(tally), inner, 2)
    space = lines - len(head) - 2
    title = f"machine · {tally.limit}" if tally.limit else "machine"
    machine = _section(title, _flow(_machine(tally), inner, min(2, space - 1)), width)
    space -= len(machine)
    workers = _section("workers", _fewer(_bars(_workers(tally), inner, _WORKERS_LONGEST), space - 1), width)
    space -= len(workers)
    events = _section("events", _events(tally, min(_EVENTS, space - 1)), width)
    return [
        _edge("╭╮", _name(tally), _times(tally), width),
        *(_framed(line, width) for line in head),
        *workers,
        *machine,
        *events,
        _edge("╰╯", " · ".join(_hints(tally)), "", width),
    ]


def _narrow(tally: Tally, width: int, lines: int) -> list[Text]:
    times = f"  {_times(tally)}"
    name = Text(_name(tally))
    name.truncate(max(1, width - len(times)), overflow="ellipsis", pad=True)
    head = [Text.assemble(name, times), *_bars(_splits(tally), width), *_flow(_rates(tally), width, 1)]
    workers = [_Row(name=row.name, done=row.done, total=row.total) for row in _workers(tally)]
    return [*head, *_fewer(_bars(workers, width, 0), lines - len(head) - 1), *_flow(_hints(tally), width, 1)]


def _hints(tally: Tally) -> tuple[str, ...]:
    return _STOPPING if tally.stopping else _HINTS


def _section(title: str, lines: list[Text], width: int) -> list[Text]:
    return [_edge("├┤", title, "", width), *(_framed(line, width) for line in lines)] if lines else []


def _edge(corners: str, left: str, right: str, width: int) -> Text:
    start, end = f"{corners[0]} ", f" {right} {corners[1]}" if right else corners[1]
    title = Text(left)
    title.truncate(max(1, width - len(start) - len(end) - 2), overflow="ellipsis")
    rule = "─" * (width - len(start) - title.cell_len - 1 - len(end))
    return Text.assemble((start, "dim"), title, (f" {rule}", "dim"), (end, "" if right else "dim"))


def _framed(line: Text, width: int) -> Text:
    line.truncate(width - _FRAME, overflow="ellipsis", pad=True)
    return Text.assemble(("│ ", "dim"), line, (" │", "dim"))


def _bars(rows: list[_Row], width: int, longest: int | None = None) -> list[Text]:
    """Rows below each other; where there is little room, first what is said goes, then the bar."""
    longest = width if longest is None else longest
    names = max((cell_len(row.name) for row in rows), default=0)
    said = max((cell_len(row.said) for row in rows), default=0) + len("   ")
    percents = len(" 100 %")
    room = width - names - len("  ") - percents
    saying = room - said >= min(_SHORTEST, longest)
    cells = min(longest, room - said if saying else room)
    drawn = []
    for row in rows:
        line = Text(row.name)
        line.truncate(max(1, min(names, width - percents)), overflow="ellipsis", pad=True)
        if cells >= _SHORTEST:
            line.append("  ").append_text(_bar(row, cells))
        line.append(f" {_percent(row):3} %")
        drawn.append(line.append(f"   {row.said}" if saying and row.said else ""))
    return drawn


def _percent(row: _Row) -> int:
    return 100 * row.done // row.total if row.total else 100


def _bar(row: _Row, cells: int) -> Text:
    halves = 2 * cells * row.done // row.total if row.total else 2 * cells
    full = "━" * (halves // 2) + "╸" * (halves % 2)
    return Text.assemble((full, "green" if _percent(row) == 100 else "cyan"), ("─" * (cells - len(full)), "dim"))


def _flow(parts: Iterable[str], width: int, lines: int) -> list[Text]:
    """Parts in as few lines as they need; those for which there is no line are left out."""
    flowing: list[str] = []
    for part in parts:
        if flowing and cell_len(f"{flowing[-1]} · {part}") <= width:
            flowing[-1] += f" · {part}"
        else:
            flowing.append(part)
    return [Text(line) for line in flowing[: max(0, lines)]]


def _fewer(rows: list[Text], space: int) -> list[Text]:
    if len(rows) <= space:
        return rows
    if space <= 1:
        return [Text(f"{len(rows)} workers")][: max(0, space)]
    return [*rows[: space - 1], Text(f"and {len(rows) - space + 1} more workers")]


def _name(tally: Tally) -> str:
    return _printable(Path(tally.output).name or tally.output)


def _times(tally: Tally) -> str:
    left = tally.seconds_left
    return clock(tally.seconds) + (f" · about {_short(left)} left" if left is not None else "")


def _short(seconds: float) -> str:
    return clock(seconds).removeprefix("00:")


def _preparations(tally: Tally) -> list[_Row]:
    return [
        _Row(name=_printable(step.step), done=step.done, total=step.total, said=f"of {human_bytes(step.total)}")
        for step in tally.preparing.values()
    ]


def _splits(tally: Tally) -> list[_Row]:
    everything = f"{tally.reached:,} of {tally.images:,}"
    return [_Row(name="All", done=tally.reached, total=tally.images, said=everything)] + [
        _Row(name=name, done=each.reached, total=each.images, said=f"{each.shards_done:,} of {each.shards:,} shards")
        for name, each in tally.splits.items()
    ]


def _rates(tally: Tally) -> list[str]:
    """The most telling first, in short parts."""
    return [*_speed(tally)[:1], *_waiting(tally), *_size(tally)]


def _all_rates(tally: Tally) -> list[str]:
    return [*_speed(tally), *_waiting(tally), ", ".join(_size(tally))]


def _speed(tally: Tally) -> list[str]:
    if tally.rates is None:
        return []
    images, read, wrote = tally.rates
    ratio = f" ({100 * tally.bytes_out / tally.bytes_in:.0f} %)" if tally.bytes_in else ""
    return [f"{images:,.0f} images/s", f"read {human_bytes(read)}/s → wrote {human_bytes(wrote)}/s{ratio}"]


def _waiting(tally: Tally) -> list[str]:
    waiting = [] if tally.workers else ["waiting for the workers"]
    return [*waiting, f"{tally.skipped:,} skipped"] if tally.skipped else waiting


def _size(tally: Tally) -> list[str]:
    expected = tally.bytes_expected
    so_far = f"{human_bytes(tally.bytes_out)} so far"
    return [so_far] if expected is None else [so_far, f"about {human_bytes(expected)} expected"]


def _workers(tally: Tally) -> list[_Row]:
    workers = tally.workers
    digits = max((len(str(each.number)) for each in workers), default=1)
    return [
        _Row(
            name=f"{each.number:{digits}} {each.beat.shard.partition('-of-')[0]}",
            done=each.beat.done,
            total=each.beat.total,
            said=f"{_a_second(each.pace.rate(tally.now())):>7}   {human_bytes(each.beat.rss):>8}",
        )
        for each in workers
    ]


def _a_second(rate: float | None) -> str:
    return "" if rate is None else f"{rate:,.0f}/s"


def _machine(tally: Tally) -> list[str]:
    machine = tally.machine
    if machine is None:
        return []
    used, total = human_bytes(machine.memory_used), human_bytes(machine.memory_total)
    if used.split()[1] == total.split()[1]:
        used = used.split()[0]
    return [f"CPU {machine.cpu:.0f} %", f"RAM {used} of {total}", _disk(tally, machine.disk_free)]


def _disk(tally: Tally, free: int) -> str:
    expected = tally.bytes_expected
    if expected is None:
        return f"disk {human_bytes(free)} free"
    still = expected - tally.bytes_out
    if still > free:
        return f"disk {human_bytes(free)} free, {human_bytes(still)} still to write"
    return f"disk {human_bytes(free)} free → {human_bytes(free - still)} at the end"


def _events(tally: Tally, count: int) -> list[Text]:
    last = list(tally.log)[-count:] if count > 0 else []
    return [Text(f"{_short(seconds)}  {_printable(text)}") for seconds, text in last]


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)
