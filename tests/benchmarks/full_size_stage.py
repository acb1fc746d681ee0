"""One stage of `full_size`, in a process of its own; prints its figures as JSON.

    python -m tests.benchmarks.full_size_stage STAGE RAW OUT PROFILE

Uses nothing that older checkouts do not have, so that they can be measured too.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import numpy as np
import psutil

from wizard.engine import manifest
from wizard.engine.commit_records import read_commit_records, start_or_resume
from wizard.engine.dry_run import process_repeatedly
from wizard.engine.executors.worker_pool import local_workers
from wizard.engine.path_collisions import require_distinct_paths
from wizard.engine.plan import Plan, shuffled
from wizard.engine.run import build_shards
from wizard.engine.transform import Recipe
from wizard.folders import cache_folder
from wizard.formats.resize import Resize
from wizard.ilsvrc2012.archives import IMAGES, Split
from wizard.planning import Job, make_plan, resolve
from wizard.profile_store import load
from wizard.sources.archives.index import read_table
from wizard.sources.classes import Classes
from wizard.sources.samples import SampleTable
from wizard.targets.registry import TARGETS

WINTER21 = (13_153_500, 19_167)
"""Images and classes of ImageNet-21K as released in winter 2021 (Ridnik et al. 2021, arXiv:2104.10972)."""
_SPLITS: tuple[Split, ...] = ("train", "validation")
_SOME = 144
"""About how many shards the engine builds at most: an eighth of the 1,152."""

Figures = dict[str, float]


def index(raw: Path, out: Path, profile: Path) -> Figures:
    """The headers of both archives, or what the cache has of them."""
    del out, profile
    with _timed() as figures:
        for split in _SPLITS:
            read_table(raw / IMAGES[split].name, split, cache_folder(), _ignore)
    return figures


def plan(raw: Path, out: Path, profile: Path) -> Figures:
    """Tables -> shards and plan id."""
    job = _job(raw, out, profile)
    with _timed() as figures:
        assert make_plan(job, _ignore).plan_id
    return figures


def engine(raw: Path, out: Path, profile: Path) -> Figures:
    """The run loop and its workers, which have already started and processed some images."""
    job = _job(raw, out, profile)
    made = make_plan(job, _ignore)
    names = made.shard_names
    others = set(names).difference(names[:: max(1, len(names) // _SOME)])
    tasks = made.tasks(str(out), skip_bad=False, without=others)
    out.mkdir()
    with local_workers(job.workers) as executor:
        start_or_resume(out, made)
        records = read_commit_records(out)
        first = list(islice(made.tasks(str(out), skip_bad=False), 2 * job.workers))
        for started in [executor.submit(process_repeatedly, task, 1) for task in first]:
            started.result()
        with _timed() as figures:
            for _ in build_shards(tasks, executor, records, stopping=lambda: False):
                pass
    images = sum(record.images for record in records.done.values())
    return figures | {"images": images, "CPU ms an image": 1e3 * figures["CPU s"] / images}


def winter21(raw: Path, out: Path, profile: Path) -> Figures:
    """The plan, the tasks and the list of images of a table that class folders would give; no file is read."""
    del raw, out, profile
    table = _table(*WINTER21)
    recipe = Recipe(resize=Resize(mode="original"), quality=None)
    with _timed() as figures:
        split = shuffled("train", table, recipe, shards=10_000, seed=2012)
        made = Plan(splits=(split,), label_base=0, seed=2012, target=TARGETS["tfrecord"]())
        require_distinct_paths(made)
        assert made.plan_id
    with _timed() as tasks:
        assert sum(1 for _ in made.tasks("", skip_bad=False)) == 10_000
    manifest._listing(made)
    return figures | {"tasks s": tasks["s"]}


STAGES: dict[str, Callable[[Path, Path, Path], Figures]] = {
    "index": index,
    "plan": plan,
    "engine": engine,
    "winter21": winter21,
}


def _table(images: int, classes: int) -> SampleTable:
    wnids = [f"n{10_000_000 + 37 * rank:08d}" for rank in range(classes)]
    label = (np.arange(images) * classes // images).astype(np.int16)
    name = np.empty(images, "S20")
    for start in range(0, images, 1 << 16):
        rows = range(start, min(images, start + (1 << 16)))
        name[rows.start : rows.stop] = [f"{wnids[label[row]]}_{row % 99_991}.JPEG".encode() for row in rows]
    return SampleTable(
        files=tuple(f"/data/winter21/{wnid}" for wnid in wnids),
        file=label.astype(np.int32),
        inside=name.copy(),
        offset=np.full(images, 0, np.int64),
        size=np.random.default_rng(0).integers(10_000, 200_000, images),
        name=name,
        label=label,
        first_box=np.full(images + 1, 0, np.int64),
        boxes=np.empty((0, 4)),
        classes=Classes(names=tuple(wnids), words=tuple(wnids)),
    )


def _job(raw: Path, out: Path, profile: Path) -> Job:
    return resolve(load(str(profile), [f"source.path={raw}", f"output.path={out}"]), _ignore)


@contextmanager
def _timed() -> Iterator[Figures]:
    """Seconds of a block, and CPU seconds of this process and of workers that are still there at its end."""
    figures: Figures = {}
    began, cpu = time.monotonic(), _cpu()
    yield figures
    figures |= {"s": time.monotonic() - began, "CPU s": _cpu() - cpu}


def _cpu() -> float:
    times = [process.cpu_times() for process in psutil.Process().children()]
    return time.process_time() + sum(each.user + each.system for each in times)


def _ignore(*_: object) -> None:
    pass


def main() -> None:
    """Runs the stage that the command line names."""
    name, *paths = sys.argv[1:]
    sys.stdout.write(json.dumps(STAGES[name](*map(Path, paths))))


if __name__ == "__main__":
    main()
