"""How long a build takes on a cluster, and what saturates first: pure functions of figures and assumptions.

A build is taken to keep every resource busy at once, so that the slowest alone decides, beside what is serial: the
start, the plan, and the finishing, in which no shard is under way. Nothing here knows of other users, of memory
bandwidth, of cores that are hyper-threads, or of what a server does worse when it is busy: real builds take longer.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tests.benchmarks.cluster_figures import CARD, CORES, LINE, OUTSTANDING, REQUEST, Dataset, Figure, Server
from wizard.engine.looks import AT_ONCE
from wizard.sources.trees.class_archives import AT_ONCE as ARCHIVES_AT_ONCE

Form = Literal["TFRecord", "image files"]
Figures = Mapping[str, Figure]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What is done with an image: names of figures, its core time and its bytes written for a byte read."""

    name: str
    ms: str
    out: str | None = None


@dataclass(frozen=True, kw_only=True)
class Work:
    """A dataset, what its images become, and how they are stored."""

    dataset: Dataset
    recipe: Recipe
    form: Form = "TFRecord"


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Equal machines with a file server; `card` is in Gbit/s."""

    machines: int
    server: Server
    cores: int = CORES
    card: float = CARD


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Seconds that each resource is busy, by name, and those in which no shard is under way.

    >>> Estimate(busy={"cores": 30.0, "network cards": 6.0}, serial=5.0).seconds
    35.0
    """

    busy: Mapping[str, float]
    serial: float

    @property
    def seconds(self) -> float:
        """Of the whole build."""
        return self.serial + max(self.busy.values())

    @property
    def first(self) -> str:
        """What saturates first: the resource that is busy the longest, or the serial part where that is longer."""
        name = max(self.busy, key=lambda each: self.busy[each])
        return "serial part" if self.serial > self.busy[name] else name


def core_seconds(work: Work, figures: Figures) -> float:
    """A core's time for an image; it is taken to be proportional to the image's bytes."""
    measured = figures[work.recipe.ms].value / 1000
    return measured * work.dataset.image_bytes / figures["photo"].value


def bytes_out(work: Work, figures: Figures) -> float:
    """Bytes that an image takes in the result."""
    share = 1.0 if work.recipe.out is None else figures[work.recipe.out].value
    return work.dataset.image_bytes * share


def shards_seconds(shards: int, machines: int, cores: int, a_shard: float) -> float:
    """Until the machine with the most shards has built them, a core for each shard at a time.

    >>> shards_seconds(1152, 100, 64, 2.0), shards_seconds(1152, 1, 64, 2.0)
    (2.0, 36.0)
    """
    most = math.ceil(shards / machines)
    return math.ceil(most / cores) * a_shard


def estimate(work: Work, cluster: Cluster, figures: Figures) -> Estimate:
    """A build whose index is at hand; see `index_seconds`."""
    images, shards = work.dataset.images, work.dataset.shards
    machines, server = cluster.machines, cluster.server
    core = core_seconds(work, figures)
    read, written = images * work.dataset.image_bytes, images * bytes_out(work, figures)
    card = cluster.card * 1e9 / 8 * LINE * machines
    by_cores = images * core / (machines * cluster.cores)
    by_shards = shards_seconds(shards, machines, cluster.cores, images / shards * core)
    busy = {
        "cores": by_cores,
        "network cards": max(read * figures["received"].value, written * figures["sent"].value) / card,
        "server's bandwidth": read / server.read + written / server.write,
        "server's reads and writes": images / server.reads + math.ceil(written / REQUEST) / server.writes,
        "latency": images * server.latency / (machines * OUTSTANDING),
        "server's metadata": _changes(work, figures) / server.creates,
    }
    if by_shards > 1.1 * by_cores:  # a tenth is what the last shards leave idle anyway
        busy["number of shards"] = by_shards
    return Estimate(busy=busy, serial=_serial(work, cluster, figures))


def index_seconds(dataset: Dataset, latency: float, figures: Figures) -> float:
    """To index the archives without the cache: each image's header is waited for, in one archive or in several."""
    wait = latency * figures["header latency"].value
    if not dataset.is_class_archives:
        return dataset.images * max(figures["header"].value / 1000, wait)
    return dataset.images * max(figures["class header"].value / 1000, wait / ARCHIVES_AT_ONCE)


def _changes(work: Work, figures: Figures) -> float:
    of_shards = work.dataset.shards * figures["shard changes"].value
    if work.form == "TFRecord":
        return of_shards
    return of_shards + work.dataset.images * figures["file changes"].value


def _serial(work: Work, cluster: Cluster, figures: Figures) -> float:
    millions = work.dataset.images / 1e6
    planned = figures["start"].value + figures["plan"].value * millions
    # Whoever finishes reads every record, one after the other, and looks at every file once, many at a time.
    looked_at = work.dataset.shards + (work.dataset.images if work.form == "image files" else 0)
    looking = (work.dataset.shards + looked_at / AT_ONCE) * cluster.server.latency
    return planned + figures["finish"].value * millions + looking
