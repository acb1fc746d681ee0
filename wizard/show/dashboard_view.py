"""The dashboard's picture: a build's view and a window's size become lines; knows no terminal."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.cells import cell_len
from rich.text import Text

from wizard.formatting import clock, counted, human_bytes, short_clock
from wizard.show.build_view import BuildView
from wizard.show.progress import Progress
from wizard.show.rows import Row, draw_rows, fewer, fitted, flow, printable
from wizard.show.transfer_progress import draw_transfers

MARGIN = len("^C^C")
"""Columns left free at the right: the terminal itself writes ^C there, and a full line would wrap for good."""
_BOX_WIDTH, _BOX_HEIGHT = 80, 10
"""The smallest window that a box fits in."""
_LONGEST_BAR = 40
"""Cells of a worker's bar."""
_LEAST = {"rate": 7, "memory": 8}
"""Cells of a column, so that it stays where it is."""
_EVENTS = 5
_FRAME = len("│  │")


def picture(progress: Progress, width: int, height: int, *, ascii_only: bool = False) -> list[Text]:
    """What a window of width columns and height lines shows: lines that leave MARGIN columns and one line free.

    There are none while there is nothing to show.
    """
    if not progress.transfers.under_way:
        build = BuildView.of(progress.build)
        return build_picture(build, width, height, _hints(build), ascii_only=ascii_only)
    drawn = draw_transfers(progress.transfers, max(1, width - MARGIN))
    return _fitted(drawn, width, height, ascii_only=ascii_only)


def build_picture(
    build: BuildView, width: int, height: int, hints: Sequence[str], *, ascii_only: bool = False
) -> list[Text]:
    """The same of a build alone, whichever process it runs in; `hints` say what the keys do."""
    room, lines = max(1, width - MARGIN), max(1, height - 1)
    if not build.splits:
        drawn = _draw(_preparations(build), room)
    elif width >= _BOX_WIDTH and height >= _BOX_HEIGHT:
        drawn = _box(build, room, lines, hints)
    else:
        drawn = _narrow(build, room, lines, hints)
    return _fitted(drawn, width, height, ascii_only=ascii_only)


def _fitted(drawn: list[Text], width: int, height: int, *, ascii_only: bool) -> list[Text]:
    return [fitted(line, max(1, width - MARGIN), ascii_only=ascii_only) for line in drawn[: max(1, height - 1)]]


def _draw(rows: list[Row], width: int, longest_bar: int | None = None) -> list[Text]:
    # All rows of a picture have the same cells.
    columns = {name: _LEAST.get(name, 0) for name in rows[0].cells} if rows else {}
    return draw_rows(rows, width, columns=columns, dropped=(*columns, "bar"), longest_bar=longest_bar)


def _box(build: BuildView, width: int, lines: int, hints: Sequence[str]) -> list[Text]:
    inner = width - _FRAME
    head = _draw(_splits(build), inner) + flow(_rates(build, narrow=False), inner, 2)
    space = lines - len(head) - 2
    title = "this machine" if build.is_elsewhere else "machine"
    title = f"{title} · {build.limit}" if build.limit else title
    machine = _section(title, flow(_machine(build), inner, min(2, space - 1)), width)
    space -= len(machine)
    workers = _section("workers", fewer(_draw(_workers(build), inner, _LONGEST_BAR), space - 1, "workers"), width)
    space -= len(workers)
    events = _section("events", _events(build, min(_EVENTS, space - 1)), width)
    return [
        _edge("╭╮", _name(build), _times(build), width),
        *(_framed(line, width) for line in head),
        *workers,
        *machine,
        *events,
        _edge("╰╯", " · ".join(hints), "", width),
    ]


def _narrow(build: BuildView, width: int, lines: int, hints: Sequence[str]) -> list[Text]:
    times = f"  {_times(build)}"
    name = Text(_name(build))
    name.truncate(max(1, width - len(times)), overflow="ellipsis", pad=True)
    head = [Text.assemble(name, times), *_draw(_splits(build), width), *flow(_rates(build, narrow=True), width, 1)]
    workers = [replace(row, cells={}) for row in _workers(build)]
    shown = fewer(_draw(workers, width, longest_bar=0), lines - len(head) - 1, "workers")
    return [*head, *shown, *flow(hints, width, 1)]


def _hints(build: BuildView) -> tuple[str, str]:
    under_way = "what is under way" if build.one_file_per_image else "these shards"
    if build.stopping:
        return f"Finishing {under_way}, then stopping", "Ctrl-C: stop now"
    return f"Ctrl-C: finish {under_way} and stop", "again: stop now"


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


def _name(build: BuildView) -> str:
    name = printable(Path(build.output).name or build.output)
    return f"{name} · slice {build.slice}" if build.slice else name


def _times(build: BuildView) -> str:
    left = None if build.stopping else build.seconds_left  # nothing new begins, so it is not the end that is near
    return clock(build.seconds) + (f" · about {short_clock(left)} left" if left is not None else "")


def _preparations(build: BuildView) -> list[Row]:
    rows = []
    for step in build.preparing:
        amount = {"amount": f"of {human_bytes(step.total)}"}
        rows.append(Row(name=printable(step.step), done=step.done, total=step.total, cells=amount))
    return rows


def _splits(build: BuildView) -> list[Row]:
    images = {"amount": f"{build.reached:,} of {build.images:,}"}
    rows = [Row(name="All", done=build.reached, total=build.images, cells=images)]
    for split in build.splits:
        amount = f"{split.shards_done:,} of {counted(split.shards, 'shard')}"
        if build.one_file_per_image:
            amount = f"{split.reached:,} of {split.images:,}"
        if not split.is_read:
            amount = f"read {split.stretches_done:,} of {split.stretches:,} stretches"
        rows.append(Row(name=split.name, done=split.reached, total=split.images, cells={"amount": amount}))
    return rows


def _rates(build: BuildView, *, narrow: bool) -> list[str]:
    """The most important first, because a narrow window shows only one line."""
    parts = []
    if build.rates is not None:
        images, read, wrote = build.rates
        parts.append(f"{images:,.0f} images/s")
        if not narrow:
            ratio = f" ({100 * build.bytes_out / build.bytes_in:.0f} %)" if build.bytes_in else ""
            parts.append(f"read {human_bytes(read)}/s → wrote {human_bytes(wrote)}/s{ratio}")
    if not build.workers:
        parts.append("waiting for the workers")
    if build.converted:
        parts.append(f"{build.converted:,} converted to JPEG")
    if build.skipped:
        parts.append(f"{build.skipped:,} skipped")
    size = [f"{human_bytes(build.bytes_out)} so far"]
    if (expected := build.bytes_expected) is not None:
        size.append(f"about {human_bytes(expected)} expected")
    return parts + (size if narrow else [", ".join(size)])


def _workers(build: BuildView) -> list[Row]:
    workers, rows = build.workers, []
    digits = max((len(str(each.number)) for each in workers), default=1)
    longest = max((cell_len(each.host) for each in workers), default=0) if build.is_elsewhere else 0
    for each in workers:
        host = f"{printable(each.host):{longest}} " if longest else ""
        name = f"{host}{each.number:{digits}} {each.shard.partition('-of-')[0]}"
        cells = {"rate": "" if each.rate is None else f"{each.rate:,.0f}/s", "memory": human_bytes(each.memory)}
        rows.append(Row(name=name, done=each.done, total=each.total, cells=cells))
    return rows


def _machine(build: BuildView) -> list[str]:
    machine = build.machine
    if machine is None:
        return []
    used, total = human_bytes(machine.memory_used), human_bytes(machine.memory_total)
    # 1.1 of 24.6 GB: the unit once, if it is the same.
    if used.split()[1] == total.split()[1]:
        used = used.split()[0]
    free, disk = machine.disk_free, f"disk {human_bytes(machine.disk_free)} free"
    if (to_come := build.bytes_to_come) is not None:
        enough = f" → {human_bytes(free - to_come)} at the end"
        disk += enough if to_come <= free else f", {human_bytes(to_come)} still to write"
    return [f"CPU {machine.cpu:.0f} %", f"RAM {used} of {total}", disk]


def _events(build: BuildView, count: int) -> list[Text]:
    last = build.log[-count:] if count > 0 else ()
    return [Text(f"{short_clock(seconds)}  {printable(text)}") for seconds, text in last]
