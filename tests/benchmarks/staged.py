"""Staged against direct reading: how fast, and how much of the source is read, with how many seeks and how much memory.

    python -m tests.benchmarks.staged [--raw FOLDER] [--cases RE] [--seeks none,strict] [--rounds 3] [--json FILE]
    python -m tests.benchmarks.staged --million [--images 1000000] [--work FOLDER]

FOLDER holds raw data of any form; without it, official archives of drawn images are made. Every round builds each case
in each way once; a table of each comes at the end. A library that is loaded into every process of a build counts what
is read, and makes seeks slow: `reads.c` says what a seek is, and which reads it cannot see. The files are in the page
cache, so that builds with `--seeks none` show what the second pass costs, and others what a disk would make of them.

With --million, so many tiny images are built in stages, once, and memory is looked at twice a second.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from tests.benchmarks import machine, rounds, setting, tiny
from tests.benchmarks.cases import KEPT, Case, selected
from tests.benchmarks.contestants import Contestant
from tests.benchmarks.reads import SEEKS, Seek, watching
from tests.benchmarks.staged_build import READS, StagedBench
from tests.benchmarks.staged_report import memory_over_time, section
from wizard.machine.cores import usable_cores

_SHARDS = ("output.train_shards=256", "output.validation_shards=16")
"""Of a million images, which need more than one step to be put together."""


def parse(words: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.staged",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--raw", type=Path, help="raw data of any form; default: drawn")
    parser.add_argument("--images", type=int, help="number of images to draw; default: 5,000, or a million")
    parser.add_argument("--cases", default="480-q85|kept", metavar="RE", help="of `throughput`; default: %(default)s")
    parser.add_argument("--reads", default=",".join(READS), metavar="NAMES", help="default: %(default)s")
    kinds = ", ".join(("none", *SEEKS))
    parser.add_argument("--seeks", default="none,strict", metavar="NAMES", help=f"of {kinds}; default: %(default)s")
    parser.add_argument("--delay", type=float, default=8.0, metavar="MS", help="of a seek; default: %(default)s")
    parser.add_argument("--slow-output", action="store_true", help="seeks are slow in what is written (spills) too")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=usable_cores(), help="default: a core each")
    parser.add_argument("--set", dest="sets", action="append", default=[], metavar="KEY=VALUE", help="as of run")
    parser.add_argument("--million", action="store_true", help="memory of a build of many images in stages, over time")
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="to write in; default: temporary files'")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write every single measurement")
    asked = parser.parse_args(words)
    asked.images = asked.images or (1_000_000 if asked.million else 5000)
    asked.reads, asked.seeks = asked.reads.split(","), asked.seeks.split(",")
    for option, names, known in (("reads", asked.reads, READS), ("seeks", asked.seeks, ("none", *SEEKS))):
        unknown = [name for name in names if name not in known]
        if unknown:
            parser.error(f"--{option}: there is no {unknown[0]!r}; known are {', '.join(known)}")
    if not selected(asked.cases):
        parser.error(f"--cases: none matches {asked.cases!r}")
    return asked


def main(words: Sequence[str] | None = None) -> int:
    """Measures, prints the tables, and returns the exit code: 1 if something failed."""
    asked = parse(words)
    with tempfile.TemporaryDirectory(dir=asked.work, prefix="benchmark-") as place:
        work = Path(place).resolve()
        raw = asked.raw.resolve() if asked.raw else work / "raw"
        if not asked.raw:
            tiny.draw(raw, asked.images * 24 // 25, asked.images // 25)
        shim = watching(raw, work / "out", work=work)
        bench = StagedBench(
            raw=raw,
            work=work,
            workers=asked.workers,
            delay=asked.delay / 1000,
            slow_output=asked.slow_output,
            shim=shim,
        )
        return _million(bench, asked) if asked.million else _compare(bench, asked)


def _compare(bench: StagedBench, asked: argparse.Namespace) -> int:
    setting.read_once(bench.files)
    bench.build(KEPT, asked.reads[-1], None, asked.sets)  # leaves the index in the cache
    groups = {
        (case, seek): [_contestant(bench, case, read, seek, asked.sets) for read in asked.reads]
        for case in selected(asked.cases)
        for seek in (None if name == "none" else name for name in asked.seeks)
    }
    results = rounds.run([*groups.values()], asked.rounds, lambda line: _say(line, is_result=False))
    facts = machine.facts()
    _say(f"{facts['cpu']}, {facts['cores']} cores; {bench.source_bytes / 1e6:,.0f} MB of raw data")
    for (case, seek), contestants in groups.items():
        _say("\n".join(["", *section(bench, case, seek, contestants, results)]))
    if asked.json:
        runs = {key: [asdict(run) for run in each] for key, each in results.runs.items()}
        asked.json.write_text(json.dumps({"machine": facts, "measurements": runs, "failed": results.failed}))
    return 1 if results.failed else 0


def _contestant(bench: StagedBench, case: Case, read: str, seek: Seek | None, sets: Sequence[str]) -> Contestant:
    key = f"{case.name}, {seek or 'none'}, {read}"
    return Contestant(name=read, key=key, measure=partial(bench.build, case, read, seek, sets), is_build=True)


def _million(bench: StagedBench, asked: argparse.Namespace) -> int:
    run = bench.build(KEPT, "staged", None, [*_SHARDS, *asked.sets])
    _say("\n".join(memory_over_time(bench, run)))
    if asked.json:
        asked.json.write_text(json.dumps(asdict(run)))
    return 0


def _say(text: str, *, is_result: bool = True) -> None:
    print(text, file=sys.stdout if is_result else sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
