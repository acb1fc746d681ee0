"""What the staged benchmark prints."""

import statistics
from collections.abc import Callable, Iterator, Sequence

from tests.benchmarks.cases import Case
from tests.benchmarks.contestants import Contestant
from tests.benchmarks.measured import ratio, spread
from tests.benchmarks.reads import Seek
from tests.benchmarks.rounds import Results
from tests.benchmarks.staged_build import StagedBench
from tests.benchmarks.table import table
from tests.benchmarks.watched import Watched

LEGEND = """\
Medians; images/s and their ratio are of the engine, `whole` and CPU of the command. `source` is what was read of the
raw data by the engine: its size; in parentheses, with the sample before it. Its seeks are counted in three ways.
`spills` is what was read of the result's folder. Memory is that of the largest worker, and of the first process."""

_HEAD = (
    "source.read",
    "images/s",
    ": first row",
    "whole, s",
    "CPU, ms/image",
    "source",
    "seeks, strict",
    "skip",
    "head",
    "spills, MB",
    "seeks, strict",
    "head",
    "worker, MB",
    "first, MB",
)
_MOMENTS = 12


def section(
    bench: StagedBench, case: Case, seek: Seek | None, contestants: Sequence[Contestant], results: Results
) -> Iterator[str]:
    """The lines of a case's table, and why a contestant failed."""
    where = ", in the spills too" if bench.slow_output else ""
    slow = f"{1000 * bench.delay:g} ms for each seek ({seek}){where}" if seek else "no seek takes time"
    yield f"### {case.about}; {slow}"
    yield ""
    runs = {each.name: _watched(results, each.key) for each in contestants}
    first = next(iter(runs.values()))
    yield from table([_HEAD, *(_row(bench, name, mine, first) for name, mine in runs.items() if mine)])
    yield ""
    yield from LEGEND.splitlines()
    yield from (f"{each.name} failed: {results.failed[each.key]}" for each in contestants if each.key in results.failed)


def memory_over_time(bench: StagedBench, run: Watched) -> Iterator[str]:
    """The lines of a table of a build's memory, at moments that are equally far from each other."""
    seen = run.memory
    moments = [seen[len(seen) * place // _MOMENTS] for place in range(_MOMENTS)] + [seen[-1]]
    yield f"{run.images:,} images with {bench.workers} workers: {run.rate:,.0f} images/s, {run.whole:.0f} s in all"
    yield ""
    rows = [(f"{each.seconds:.0f} s", *(f"{size / 1e6:.0f}" for size in each[1:])) for each in moments]
    yield from table([("after", "first process, MB", "largest worker, MB", "all, MB"), *rows])
    yield ""
    yield f"largest: first process {run.parent / 1e6:.0f} MB, a worker {run.worker / 1e6:.0f} MB"
    yield f"source read {run.reads[0].bytes / bench.source_bytes:.2f} times"


def _watched(results: Results, key: str) -> list[Watched]:
    return [run for run in results.runs.get(key, []) if isinstance(run, Watched)]


def _row(bench: StagedBench, name: str, runs: Sequence[Watched], first: Sequence[Watched]) -> Sequence[str]:
    def middle(of: Callable[[Watched], float]) -> float:
        return statistics.median(map(of, runs))

    def part(read: float) -> str:
        return f"{read / bench.source_bytes:.2f}"

    engine = middle(lambda run: run.reads[0].bytes)
    with_sample = middle(lambda run: run.reads[0].bytes + run.before[0].bytes)
    compared = ratio([run.rate for run in runs], [run.rate for run in first]) if len(first) == len(runs) else None
    mapped = max(run.reads[0].mapped for run in runs)
    return (
        name,
        str(spread(run.rate for run in runs)),
        f"{compared.median:.2f}" if compared else "",
        f"{middle(lambda run: run.whole):.1f}",
        f"{middle(lambda run: run.cpu_ms):.2f}",
        f"{part(engine)} ({part(with_sample)}){' and mapped' if mapped else ''}",
        f"{middle(lambda run: run.reads[0].strict):,.0f}",
        f"{middle(lambda run: run.reads[0].skip):,.0f}",
        f"{middle(lambda run: run.reads[0].head):,.0f}",
        f"{middle(lambda run: run.reads[1].bytes) / 1e6:,.0f}",
        f"{middle(lambda run: run.reads[1].strict):,.0f}",
        f"{middle(lambda run: run.reads[1].head):,.0f}",
        f"{max(run.worker for run in runs) / 1e6:,.0f}",
        f"{max(run.parent for run in runs) / 1e6:,.0f}",
    )
