"""How many images a second builds do, next to what the codecs and the disk allow and to other tools.

    python -m tests.benchmarks.throughput [--raw FOLDER] [--cases RE] [--rounds 3] [--against CHECKOUT] [--json FILE]

FOLDER holds the official archives or smaller ones of the same form. Without it, images are drawn, which are smaller and
simpler than photos, so that their figures are good for a comparison at most. Every round measures each contestant
once; a table for each case comes at the end.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from tests.benchmarks import checkout, machine, rounds, setting
from tests.benchmarks.cases import CASES, selected
from tests.benchmarks.contestants import CODEC_LOOP, CP, OTHERS, Lineup
from tests.benchmarks.report import Report
from wizard.errors import SetupError
from wizard.machine.cores import usable_cores


def parse(words: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    listed = "\n".join(f"  {case.name:20} {case.about}" for case in CASES)
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.throughput",
        description=__doc__,
        epilog=f"cases:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--raw", type=Path, help="official archives, or smaller ones of the same form")
    parser.add_argument("--images", type=int, default=5000, help="number of images to draw without --raw")
    parser.add_argument("--cases", default=".*", metavar="RE", help="the cases whose whole name matches; default: all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=usable_cores(), help="processes of each; default: a core each")
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="a checkout to build the same cases with")
    parser.add_argument(
        "--beside",
        default=f"{CODEC_LOOP},{CP}",
        metavar="NAMES",
        help=f"what else to measure, with commas: {', '.join(OTHERS)}; or all, or none; default: %(default)s",
    )
    parser.add_argument("--set", dest="sets", action="append", default=[], metavar="KEY=VALUE", help="as of run")
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="on the disk to write to; default: temporary files'")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write every single measurement")
    asked = parser.parse_args(words)
    asked.beside = {"all": list(OTHERS), "none": []}.get(asked.beside, asked.beside.split(","))
    unknown = [name for name in asked.beside if name not in OTHERS]
    if unknown:
        parser.error(f"--beside: there is no {unknown[0]!r}; known are {', '.join(OTHERS)}")
    if not selected(asked.cases):
        parser.error(f"--cases: none matches {asked.cases!r}; see --help")
    return asked


def main(words: Sequence[str] | None = None) -> int:
    """Measures, prints the tables, and returns the exit code: 1 if something failed."""
    asked = parse(words)
    facts = machine.facts()
    with tempfile.TemporaryDirectory(dir=asked.to, prefix="benchmark-") as place:
        work = Path(place).resolve()
        raw = asked.raw.resolve() if asked.raw else work / "raw"
        if not asked.raw:
            setting.draw(raw, asked.images)
        checkouts = [checkout.this(work)]
        if asked.against:
            checkouts.append(checkout.other(asked.against, work))
        shared = setting.Setting(raw=raw, work=work, workers=asked.workers, sets=asked.sets, this=checkouts[0])
        try:
            _, images = shared.located
        except SetupError as error:
            raise SystemExit(str(error)) from error
        cached = setting.read_once(shared.archives)
        lineup = Lineup(setting=shared, checkouts=checkouts, beside=asked.beside)
        jobs = {case: lineup.contestants(case) for case in selected(asked.cases)}
        results = rounds.run([*jobs.values()], asked.rounds, lambda line: _say(line, sys.stderr))
        report = Report(
            machine=facts,
            images={"count": len(images), "bytes": images.bytes, "drawn": not asked.raw, "cached": cached},
            options={"rounds": asked.rounds, "workers": asked.workers, "set": asked.sets, "beside": asked.beside},
            jobs=jobs,
            results=results,
        )
    _say(report.text())
    if asked.json:
        asked.json.write_text(report.json())
    return 1 if results.failed else 0


def _say(text: str, stream: TextIO | None = None) -> None:
    print(text, file=stream, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
