"""Parquet files of many small images: how long the index takes, and how fast they are read, beside `datasets`.

    python -m tests.benchmarks.parquet [--images 100000] [--rounds 3] [--raw FOLDER] [--json FILE]

Writes tiny images as Hugging Face has ImageNet, in row groups of 100, or takes the train split of such files in FOLDER.
These take turns, each in a process of its own:

    index       what this project reads of the files before a build: paths, labels, sizes of row groups
    cached      the same once more
    our reader  every image as bytes, in the files' order, on one core; the index is in the cache
    pyarrow     the same from Arrow's batches, which is what lies below all of them
    datasets    the same by `load_dataset`, which first makes a copy of the data for itself ("prepared")
    streamed    the same with `streaming=True`: no copy, the files themselves are read
    build       the command, with bytes kept and a worker for each core

What is not installed is left out. MB are the largest resident memory of a process; a build's are its largest worker's.
"""

import argparse
import json
import shutil
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.benchmarks import builds, checkout, command
from tests.benchmarks.cases import KEPT
from tests.benchmarks.measured import spread
from tests.benchmarks.parquet_files import draw
from tests.benchmarks.parquet_stage import NEEDS, SPLIT, missing
from tests.benchmarks.table import table
from wizard.machine.cores import usable_cores

Figures = dict[str, float]

_HEAD = ("", "s", "images/s", "prepared, s", "MB")


def parse(words: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.parquet",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--images", type=int, default=100_000, help="number of images to draw; default: %(default)s")
    parser.add_argument("--raw", type=Path, metavar="FOLDER", help="files to read instead")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=usable_cores(), help="of the build; default: a core each")
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="to write in; default: temporary files'")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write every single measurement")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> int:
    """Measures, and prints a table."""
    asked = parse(words)
    found: dict[str, list[Figures]] = {}
    with tempfile.TemporaryDirectory(dir=asked.work, prefix="benchmark-") as place:
        work = Path(place).resolve()
        raw = asked.raw.resolve() if asked.raw else work / "raw"
        if not asked.raw:
            draw(raw, asked.images)
        for _ in range(asked.rounds):
            for name, figures in _round(raw, work, asked.workers):
                found.setdefault(name, []).append(figures)
    say("\n".join(table([_HEAD, *(_row(name, runs) for name, runs in found.items())])))
    for name in filter(missing, NEEDS):
        say(f"{name}: {NEEDS[name]} is not installed")
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1))
    return 0


def _round(raw: Path, work: Path, workers: int) -> Iterator[tuple[str, Figures]]:
    env = {**checkout.this(work).env, "IMAGENET_SETUP_HOME": str(work / "home"), "HF_HOME": str(work / "hf")}
    for stage in NEEDS:
        if missing(stage):
            continue
        used = command.python(["tests.benchmarks.parquet_stage", stage, str(raw)], cwd=work, env=env)
        yield stage, {**json.loads(used.stdout.splitlines()[-1]), "MB": used.parent / 1e6}
    for cache in ("home", "hf"):
        shutil.rmtree(work / cache, ignore_errors=True)
    profile = work / "profile.toml"
    profile.write_text(KEPT.profile(raw, work / "out", splits=[SPLIT], workers=workers))
    used = command.python(
        ["wizard", "run", str(profile), "--set", "source.boxes=none", "--yes", "--json"], cwd=work, env=env
    )
    shutil.rmtree(work / "out")
    run = builds.measured(used, proven=False)
    yield (
        "build",
        {"s": run.seconds, "images": run.images, "prepared s": run.whole - run.seconds, "MB": run.worker / 1e6},
    )


def _row(name: str, runs: Sequence[Figures]) -> Sequence[str]:
    prepared = statistics.median(run["prepared s"] for run in runs)
    return (
        name,
        f"{statistics.median(run['s'] for run in runs):.2f}",
        str(spread(run["images"] / run["s"] for run in runs)),
        f"{prepared:.1f}" if prepared >= 0.05 else "",
        f"{max(run['MB'] for run in runs):,.0f}",
    )


def say(text: str) -> None:
    """Prints at once."""
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    raise SystemExit(main())
