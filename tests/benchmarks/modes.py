"""How long a worker takes for an image: constants, or what the throughput benchmark measured."""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.benchmarks.drawn_plan import draw_sizes, seconds
from tests.benchmarks.measured import Measured
from tests.benchmarks.simulation import Costs, simulate


@dataclass(frozen=True, kw_only=True)
class Mode:
    """A case of `throughput`: milliseconds of a worker for an image, and for its share of its shard's commit."""

    name: str
    image: float
    commit: float


MODES = (
    Mode(name="480-q85", image=2.7, commit=0.08),
    Mode(name="kept", image=1.3, commit=0.08),
    Mode(name="kept-proven", image=0.3, commit=0.08),
)
"""Round figures for photos and a usual disk, where no measurement is given; 0.08 ms is 0.1 seconds a shard."""
WRITTEN: Mapping[str, float] = {"480-q85": 0.45, "kept": 1.0, "kept-proven": 1.0}
"""Bytes that are written for a byte read; the first is that of 300 photos of ImageNet."""
_SHARDS = 36
"""Of a build of `throughput`."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A build of `throughput`: images a second of its engine as measured, and as simulated."""

    mode: Mode
    workers: int
    measured: float
    simulated: float


def read(files: Sequence[Path]) -> list[Comparison]:
    """What `throughput` measured; the mode that the first file with a case gives holds for the others, too.

    Raises:
        SystemExit: a file has no stage times.
    """
    known: dict[str, Mode] = {}
    found = []
    for file in files:
        measurements = json.loads(file.read_text())["measurements"]
        for name in WRITTEN:
            runs = [Measured(**run) for run in measurements.get(f"imagenet-setup {name}", [])]
            if not all(run.stages for run in runs):
                raise SystemExit(f"{file} has no stage times: a checkout measured it that did not record them.")
            if runs:
                found.append(_compare(known.setdefault(name, _mode(name, runs)), runs))
    return found


def _mode(name: str, runs: Sequence[Measured]) -> Mode:
    commits = statistics.median(1000 * run.stages["commit"] / run.images for run in runs)
    whole = statistics.median(1000 * sum(run.stages.values()) / run.images for run in runs)
    return Mode(name=name, image=whole - commits, commit=commits)


def _compare(mode: Mode, runs: Sequence[Measured]) -> Comparison:
    images, workers = runs[0].images, runs[0].workers
    shards = seconds(np.array_split(draw_sizes(images, 1e5), _SHARDS), mode.image)
    simulated = simulate(shards, workers, Costs(commit=mode.commit / 1000))
    measured = statistics.median(run.rate for run in runs)
    return Comparison(mode=mode, workers=workers, measured=measured, simulated=images / simulated.engine)
