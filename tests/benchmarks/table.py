"""The results as Markdown, one table for each case."""

import statistics
from collections.abc import Iterator, Sequence

from tests.benchmarks.cases import Case
from tests.benchmarks.contestants import CODEC_LOOP, CP, Contestant
from tests.benchmarks.measured import Measured, Spread, ratio, spread, stage_ms
from tests.benchmarks.rounds import Results

LEGEND = """\
Medians, with the least and the largest in parentheses. `work` is by a contestant's own clock, which for a build is the
engine's; `whole` is the wall time of its command from start to end, with our own caches empty. A ratio is the median of
the rounds' ratios: the row's `work` or `whole` to the `work` of the codec loop, or of cp. For cp, `work` is plain cp,
and `whole` ends when its copies are flushed to disk, as those of a build are; the other tools do not wait for the disk.
CPU is user and system time of the whole command, except for the codec loop, where it is that of the loop alone. Memory
is the largest resident memory of the first process and of the largest of its children, shared pages included.
Shards are under way in more than 100 % of the workers' time where one is committed while the next is built."""

_HEAD = (
    "",
    "work, images/s",
    "whole, images/s",
    "work : codec",
    "whole : codec",
    "work : cp",
    "whole : cp",
    "CPU, ms/image",
    "parent, MB",
    "worker, MB",
)


def section(case: Case, contestants: Sequence[Contestant], results: Results) -> str:
    """A case's table, the gain over another checkout, and what the workers did."""
    runs = {each.name: results.runs[each.key] for each in contestants if each.key in results.runs}
    lines = [f"### {case.name}: {case.about}", "", *table([_HEAD, *_rows(runs)])]
    lines += [f"{each.name} failed: {results.failed[each.key]}" for each in contestants if each.key in results.failed]
    builds = [each.name for each in contestants if each.is_build and each.name in runs]
    if len(builds) == 2:
        mine, theirs = builds
        lines += ["", f"{mine} : {theirs}: {_gain(runs[mine], runs[theirs])}"]
    for name in builds:
        lines += ["", f"{name}: {_account(runs[name], runs.get(CP, ()))}"]
    return "\n".join(lines)


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a Markdown table with aligned columns, the first row being its head.

    >>> table([("a", "b"), ("long", "1")])
    ['| a    | b |', '|------|--:|', '| long | 1 |']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        first, *others = (
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return f"| {' | '.join([first, *others])} |"

    rule = "|".join(["-" * (widths[0] + 2), *(f"{'-' * (width + 1)}:" for width in widths[1:])])
    head, *body = rows
    return [line(head), f"|{rule}|", *map(line, body)]


def _rows(runs: dict[str, list[Measured]]) -> Iterator[Sequence[str]]:
    codec, copy = ([run.rate for run in runs.get(name, ())] for name in (CODEC_LOOP, CP))
    for name, mine in runs.items():
        work, whole = [run.rate for run in mine], [run.whole_rate for run in mine]
        ratios = [_short(ratio(rates, others)) if others else "" for others in (codec, copy) for rates in (work, whole)]
        memory = [max(getattr(run, who) for run in mine) / 1e6 for who in ("parent", "worker")]
        cpu = spread(run.cpu_ms for run in mine)
        yield (
            name,
            str(spread(work)),
            str(spread(whole)),
            *ratios,
            f"{cpu.median:.2f}",
            *(f"{each:,.0f}" if each else "" for each in memory),
        )


def _short(ratios: Spread) -> str:
    return f"{ratios.median:.2f}"


def _gain(mine: Sequence[Measured], theirs: Sequence[Measured]) -> str:
    kinds = {
        "work": ([run.rate for run in mine], [run.rate for run in theirs]),
        "whole": ([run.whole_rate for run in mine], [run.whole_rate for run in theirs]),
        "CPU ms/image": ([run.cpu_ms for run in mine], [run.cpu_ms for run in theirs]),
    }
    gains = {name: ratio(*pair) for name, pair in kinds.items()}
    return ", ".join(f"{name} × {each.median:.2f} ({each.low:.2f} to {each.high:.2f})" for name, each in gains.items())


def _account(runs: Sequence[Measured], copies: Sequence[Measured]) -> str:
    """What a build spends its time on, and how close it comes to a copy that has reached the disk, as a build's has."""
    outside = statistics.median(run.whole - run.seconds for run in runs)
    busy = statistics.median(run.busy / run.workers / run.seconds for run in runs)
    an_image = statistics.median(1000 * run.busy / run.images for run in runs)
    stages = [f"{stage} {ms:.3f} ms ({100 * ms / an_image:.0f} %)" for stage, ms in stage_ms(runs).items()]
    facts = [
        f"{outside:.1f} s of the command outside the engine",
        f"shards under way in {100 * busy:.0f} % of its workers' time",
        f"{an_image:.3f} ms of a worker an image{': ' if stages else ''}{', '.join(stages)}",
    ]
    if copies:
        flushed = [run.whole_rate for run in copies]
        work, whole = ratio([run.rate for run in runs], flushed), ratio([run.whole_rate for run in runs], flushed)
        facts.insert(0, f"{_short(work)} (work) and {_short(whole)} (whole) of cp flushed to disk")
    return "; ".join(facts)
