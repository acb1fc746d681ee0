"""The picture of where a build stands: a Status and a window's size become lines; knows no terminal."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from rich.text import Text

from wizard.folders import shortened
from wizard.formatting import clock, counted, duration, human_bytes, moment
from wizard.show.rows import Row, draw_rows, fewer, fitted, flow, printable
from wizard.show.status_problems import problems
from wizard.status.status import HostSeen, RunSeen, Status
from wizard.wrapping import wrapped

_BROAD = 80
"""Columns from which on amounts are said with their units."""
_LONGEST_BAR = 40
"""Cells of a host's or a worker's bar."""
_DROPPED = ("bar", "under way", "memory", "workers", "left", "runs", "rate")
"""Columns that go first where there is little room, in order."""
_LINES_OF_A_PROBLEM = 3
_WARNINGS = 3
_ROWS = 20
"""Most hosts or workers in a text that stays."""


def picture(status: Status, width: int, height: int, *, ascii_only: bool = False) -> list[Text]:
    """The lines that a window of this size shows: what is done, who works on it, and what is wrong."""
    head = _head(status, width, bars=True)
    wrong = [line for text in _wrong(status) for line in _wrapped(text, width)]
    wrong = wrong[: max(1, height - len(head) - 2)]
    workers = _workers(status, width, max(0, height - len(head) - len(wrong)), bars=True)
    return [fitted(line, width, ascii_only=ascii_only) for line in [*head, *workers, *wrong][:height]]


def as_text(status: Status, width: int, *, bars: bool) -> str:
    """The same as text that stays: sentences are left whole, as only a terminal needs them wrapped."""
    rows = [*_head(status, width, bars=bars), *_workers(status, width, _ROWS, bars=bars)]
    return "\n".join([*(row.plain.rstrip() for row in rows), *_wrong(status)])


def _head(status: Status, width: int, *, bars: bool) -> list[Text]:
    return [_title(status), *_splits(status, width, bars=bars), *flow(_amounts(status), width, 3)]


def _wrong(status: Status) -> list[str]:
    warnings = dict.fromkeys(printable(text) for each in status.alive for text in each.run.warnings)
    return [*(each.text for each in problems(status)), *(f"· {text}" for text in list(warnings)[-_WARNINGS:])]


def line(status: Status) -> str:
    """The same in one line, for logs."""
    parts = [f"{_percent(status):3} %", f"{status.done:,}/{counted(status.shards, status.part)}"]
    if status.alive:
        parts.append(f"{status.under_way:,} under way")
        rate = status.images_per_second
        parts += ["-- img/s" if rate is None else f"{rate:,.0f} img/s", f"{_clock(status.seconds_left)} left"]
    parts += _runs(status)
    return "  ".join(parts)


def _title(status: Status) -> Text:
    word = {"running": "being built", "idle": "not being built"}.get(status.state, "complete")
    done = _finished(status) if status.state == "complete" else f", {_percent(status)} %"
    return Text.assemble(
        (printable(shortened(Path(status.output))), "bold"), f" · {word}{done} · plan {status.plan_id}"
    )


def _finished(status: Status) -> str:
    """When the last run finished, by its host's clock; empty if no run is known."""
    ended = [each.run.written for each in status.runs if each.health == "finished"]
    return f", finished {moment(max(ended))}" if ended else ""


def _splits(status: Status, width: int, *, bars: bool) -> list[Text]:
    total = {"All": (status.done, status.shards, status.under_way, status.missing)}
    rows = []
    each = {split.split: (split.done, split.shards, split.under_way, split.missing) for split in status.splits}
    for name, (done, shards, under_way, missing) in (total | each).items():
        amount = f"{done:,} of {counted(shards, status.part) if width >= _BROAD else f'{shards:,}'}"
        cells = {"amount": amount}
        if status.state != "complete":
            cells |= {"under way": f"{under_way:,} under way", "missing": f"{missing:,} missing"}
        rows.append(Row(name=name, done=done, total=shards, cells=cells))
    columns = dict.fromkeys(rows[0].cells, 0)
    return draw_rows(
        rows, width, columns=columns, dropped=("bar", "percent", "under way"), longest_bar=None if bars else 0
    )


def _percent(status: Status) -> int:
    return 100 * status.done // status.shards if status.shards else 100


def _clock(seconds: float | None) -> str:
    return "--:--:--" if seconds is None else clock(seconds)


def _amounts(status: Status) -> Iterator[str]:
    """What can be said in a few words of the runs together."""
    if status.state == "complete":
        return
    yield from _runs(status)
    if status.images_per_second is not None:
        yield f"{status.images_per_second:,.0f} images/s"
    if status.bytes_out:
        yield f"{human_bytes(status.bytes_out)} written"
    if status.seconds_left is not None:
        yield f"about {duration(status.seconds_left)} left" + (" for these" if status.idle else "")
    runs = [each.run for each in status.runs]
    if lost := sum(run.workers_lost for run in runs):
        yield f"{counted(lost, 'worker')} lost"
    if skipped := sum(run.skipped for run in runs):
        yield f"{counted(skipped, 'image')} skipped"
    alive = [each.run for each in status.alive]
    read, stretches = sum(run.stretches_done for run in alive), sum(run.stretches for run in alive)
    if read < stretches:
        yield f"read {read:,} of {stretches:,} stretches"
    if steps := [run.step for run in alive if run.step]:
        yield printable(steps[0])


def _runs(status: Status) -> list[str]:
    """How many slices run, and what became of the others; of a build that is not sliced, what its run does."""
    if status.slices == 1:
        return [f"{each.run.state}, run on {printable(each.run.host)}" for each in status.alive]
    states = Counter(each.run.state for each in status.alive if each.run.state != "building")
    ends = Counter(each.health for each in status.runs if each.health != "alive")
    counts = [f"{count} {what}" for what, count in [*states.items(), *ends.items()]]
    return [f"{len(status.alive)} of {status.slices} slices run", *counts]


def _wrapped(text: str, width: int) -> list[Text]:
    """A sentence in a few lines that fit, its mark in color; a command on a line of its own stays on one."""
    sentence, *commands = text.split("\n")
    lines = wrapped(printable(sentence), max(20, width), indent=2, break_words=True)
    if len(lines) > _LINES_OF_A_PROBLEM:
        lines = [*lines[: _LINES_OF_A_PROBLEM - 1], f"{lines[_LINES_OF_A_PROBLEM - 1]} …"]
    color = {"✗": "red", "!": "yellow", "✓": "green"}.get(text[:1], "")
    return [Text.assemble((lines[0][:1], color), lines[0][1:]), *map(Text, lines[1:]), *map(Text, commands)]


def _workers(status: Status, width: int, space: int, *, bars: bool) -> list[Text]:
    """A row for each worker if all are on one host, else a row for each host."""
    on_one = len(status.hosts) == 1 and not status.more_hosts
    rows = [row for each in status.alive for row in _worker_rows(each, status.slices)] if on_one else []
    what, more = "workers", sum(each.run.more_workers for each in status.alive)
    if not rows:
        # Where a run is that only has workers elsewhere is said above.
        shown = [host for host in status.hosts if host.workers or status.slices > 1]
        rows, what, more = [_host_row(host, status) for host in shown], "hosts", status.more_hosts
    if not rows:
        return []
    columns = dict.fromkeys(rows[0].cells, 0)
    has_bars = bars and any(row.total is not None for row in rows)
    longest = _LONGEST_BAR if has_bars else 0
    drawn = draw_rows(rows, width, columns=columns, dropped=_DROPPED, longest_bar=longest)
    return fewer(drawn, space, what, more)


def _worker_rows(seen: RunSeen, slices: int) -> Iterator[Row]:
    for worker in seen.run.workers:
        part = f"{seen.run.slice}  " if slices > 1 else ""
        rate = "" if worker.images_per_second is None else f"{worker.images_per_second:,.0f}/s"
        yield Row(
            name=printable(f"{part}{worker.number} {worker.shard.partition('-of-')[0]}"),
            done=worker.images_done,
            total=worker.images,
            cells={"rate": rate, "memory": human_bytes(worker.memory)},
        )


def _host_row(host: HostSeen, status: Status) -> Row:
    mine = [each.run for each in status.alive if each.run.host == host.host]
    runs = counted(len(host.slices), "slice") if len(host.slices) > 1 else f"slice {host.slices[0]}" if mine else ""
    cells = {
        "runs": runs,
        "workers": counted(host.workers, "worker"),
        "under way": f"{host.shards:,} under way",
        "rate": "" if host.images_per_second is None else f"{host.images_per_second:,.0f}/s",
        "left": f"{_clock(host.seconds_left)} left" if mine else "",
    }
    if status.slices == 1:
        del cells["runs"], cells["left"]
    # Of a run with workers on other hosts too, no host's share is known.
    total = sum(run.images for run in mine) if status.slices > 1 else 0
    done = sum(run.images_done for run in mine)
    return Row(name=printable(host.host), done=done, total=total or None, cells=cells)
