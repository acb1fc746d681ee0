"""Measures every stage of a dataset with as many images as ILSVRC2012 has, all of them tiny.

    python -m tests.benchmarks.full_size [--train 1281167] [--stages index,plan] [--against CHECKOUT] [--json FILE]

Draws both archives of images (2.6 GB at full size; `--work` keeps them for the next time) and builds them with their
bytes kept, into 1,024 and 128 shards or as many of them as fit to fewer images:

    index cold, cached  reading the archives' headers, and loading them from the cache
    plan                from the tables to the shards and the plan id
    engine              run loop and workers, without their start: 10,000 images, and every eighth shard of all
    build               `run` from start to end, with a cached index
    verify, inspect     of what `build` made; `build` is needed before them, if only by an earlier run in `--work`
    winter21            plan, tasks and list of the 13,153,500 images of ImageNet-21K, of which no file is drawn

Every stage is a process of its own. `parent` is its largest resident memory without that of its workers. Seconds are
those of the stage itself; a command's are from start to end. CPU seconds are user and system time with all workers.
With `--against`, the stages of both checkouts take turns.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.benchmarks import checkout, command
from tests.benchmarks.checkout import Checkout
from tests.benchmarks.table import table
from tests.benchmarks.tiny import draw
from wizard.machine.cores import usable_cores

TRAIN, VALIDATION = 1_281_167, 50_000
SMALL, SMALL_VALIDATION = 9_610, 390
"""10,000 images in the same proportion."""
_ENGINE_RUNS = 3
_PROFILE = """\
[source]
boxes = "none"
[image]
resize = "original"
[output]
train_shards = {train}
validation_shards = {validation}
[run]
workers = {workers}
"""

Figures = dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What the stages of one checkout share: the drawn archives, profiles for them, and folders of its own."""

    checkout: Checkout
    raw: Path
    profile: Path
    small_raw: Path
    small_profile: Path
    work: Path

    @property
    def out(self) -> Path:
        """The dataset."""
        return self.work / "out"

    @property
    def env(self) -> Mapping[str, str]:
        """Environment of its processes."""
        return {**self.checkout.env, "IMAGENET_SETUP_HOME": str(self.work / "home")}

    def stage(self, name: str, raw: Path, profile: Path) -> Figures:
        """Runs a stage of `full_size_stage`."""
        scratch = self.work / "scratch"
        words = ["tests.benchmarks.full_size_stage", name, *map(str, (raw, scratch, profile))]
        try:
            used = command.python(words, cwd=self.work, env=self.env)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        return {**json.loads(used.stdout), "parent MB": used.parent / 1e6}

    def command(self, *words: str) -> Figures:
        """Runs a command on the dataset."""
        used = command.python(["wizard", *words, str(self.out)], cwd=self.work, env=self.env)
        return {"s": used.whole, "CPU s": used.cpu, "parent MB": used.parent / 1e6}


def index(bench: Bench) -> Iterator[tuple[str, Figures]]:
    """Both kinds."""
    shutil.rmtree(bench.work / "home", ignore_errors=True)
    for name in ("index cold", "index cached"):
        yield name, bench.stage("index", bench.raw, bench.profile)


def plan(bench: Bench) -> Iterator[tuple[str, Figures]]:
    """Of all images."""
    yield "plan", bench.stage("plan", bench.raw, bench.profile)


def engine(bench: Bench) -> Iterator[tuple[str, Figures]]:
    """Few images and many in turn, because a machine's speed changes with what else it does."""
    for _ in range(_ENGINE_RUNS):
        yield "engine, few images", bench.stage("engine", bench.small_raw, bench.small_profile)
        yield "engine, all images", bench.stage("engine", bench.raw, bench.profile)


def build(bench: Bench) -> Iterator[tuple[str, Figures]]:
    """Runs the command as a person would."""
    bench.stage("index", bench.raw, bench.profile)
    shutil.rmtree(bench.out, ignore_errors=True)
    words = ["run", str(bench.profile), "--set", f"source.path={bench.raw}", "--set", f"output.path={bench.out}"]
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "wizard", *words, "--json"],
        cwd=bench.work,
        env={**os.environ, **bench.env},
        stdout=subprocess.PIPE,
    )
    figures = _watched(process, began)
    # Unlike `wait`, it returns the resources of this child, including those of its own children.
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise command.CommandFailed(f"exit code {process.returncode} of {' '.join(words)}")
    yield "build", {"s": time.monotonic() - began, "CPU s": used.ru_utime + used.ru_stime, **figures}


def _watched(process: "subprocess.Popen[bytes]", began: float) -> Figures:
    """Time and memory of a build's parent process, by its events."""
    parent = psutil.Process(process.pid)
    resident: list[float] = []
    first = last = 0.0
    images = 0
    most = 0
    assert process.stdout is not None
    with process.stdout as printed:
        for line in printed:
            event = json.loads(line)
            if event["event"] == "shard_done":
                last = time.monotonic() - began
                first = first or last
                images += event["result"]["images"]
                resident.append(parent.memory_info().rss)
            most = max(most, command.peak(parent))
    return {
        "first shard s": first,
        "images/s": images / (last - first) if last > first else 0.0,
        "parent MB at 10 %": resident[len(resident) // 10] / 1e6,
        "parent MB at 100 %": resident[-1] / 1e6,
        "parent MB": most / 1e6,
    }


def verify(bench: Bench) -> Iterator[tuple[str, Figures]]:
    """With the batch that TensorFlow reads at the end."""
    yield "verify", bench.command("verify")


def inspect(bench: Bench) -> Iterator[tuple[str, Figures]]:
    """Of the dataset."""
    yield "inspect", bench.command("inspect")


def winter21(bench: Bench) -> Iterator[tuple[str, Figures]]:
    """Reads nothing."""
    yield "winter21", bench.stage("winter21", bench.raw, bench.profile)


STAGES: dict[str, Callable[[Bench], Iterator[tuple[str, Figures]]]] = {
    each.__name__: each for each in (index, plan, engine, build, verify, inspect, winter21)
}


def parse(words: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.full_size",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--train", type=int, default=TRAIN, help="train images; default: %(default)s")
    parser.add_argument("--validation", type=int, default=VALIDATION, help="validation images; default: %(default)s")
    parser.add_argument("--stages", default=",".join(STAGES), metavar="NAMES", help="with commas; default: %(default)s")
    parser.add_argument("--workers", type=int, default=usable_cores(), help="default: a core each")
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="a checkout to measure too")
    parser.add_argument(
        "--work", type=Path, metavar="FOLDER", help="keeps archives and datasets; default: a new folder"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write every measurement")
    asked = parser.parse_args(words)
    asked.stages = asked.stages.split(",")
    unknown = [name for name in asked.stages if name not in STAGES]
    if unknown:
        parser.error(f"--stages: there is no {unknown[0]!r}; known are {', '.join(STAGES)}")
    return asked


def main(words: Sequence[str] | None = None) -> int:
    """Measures, and prints a table of each stage."""
    asked = parse(words)
    with tempfile.TemporaryDirectory() as place:
        work = (asked.work or Path(place)).absolute()
        work.mkdir(parents=True, exist_ok=True)
        checkouts = [checkout.this(work)]
        if asked.against:
            checkouts.append(checkout.other(asked.against, Path(tempfile.mkdtemp(dir=place))))
        benches = [_bench(each, work, asked) for each in checkouts]
        found: list[dict[str, object]] = []
        for name in asked.stages:
            shown: list[tuple[str, ...]] = [("", *_HEAD)]
            for bench in benches:
                for stage, figures in STAGES[name](bench):
                    found.append({"checkout": bench.checkout.name, "stage": stage, **figures})
                    shown.append((f"{stage}, {bench.checkout.name}", *_cells(figures)))
            say("\n".join(["", *table(shown)]))
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1))
    return 0


_HEAD = ("s", "CPU s", "parent MB", "other figures")


def _cells(figures: Figures) -> list[str]:
    known = [_number(figures[name]) for name in _HEAD[:-1]]
    others = [f"{name} {_number(value)}" for name, value in figures.items() if name not in _HEAD]
    return [*known, ", ".join(others)]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _bench(each: Checkout, work: Path, asked: argparse.Namespace) -> Bench:
    raw, small_raw = work / f"raw-{asked.train}-{asked.validation}", work / "raw-small"
    for place, counts in ((raw, (asked.train, asked.validation)), (small_raw, (SMALL, SMALL_VALIDATION))):
        if not place.exists():
            say(f"drawing {sum(counts):,} images")
            draw(place, *counts)
    mine = work / each.name.replace(" ", "-")
    mine.mkdir(exist_ok=True)
    return Bench(
        checkout=each,
        raw=raw,
        profile=_profile(mine / "all.toml", asked.train, asked.validation, asked.workers),
        small_raw=small_raw,
        small_profile=_profile(mine / "few.toml", SMALL, SMALL_VALIDATION, asked.workers),
        work=mine,
    )


def _profile(path: Path, train: int, validation: int, workers: int) -> Path:
    """As many images a shard as in 1,024 shards of train and 128 of validation."""
    shards = {"train": max(1, 1024 * train // TRAIN), "validation": max(1, 128 * validation // VALIDATION)}
    path.write_text(_PROFILE.format(**shards, workers=workers))
    return path


def say(text: str) -> None:
    """Prints at once."""
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    raise SystemExit(main())
