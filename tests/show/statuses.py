"""Builds at a moment, for what tells of them: runs, what lies in their folder, and where they stand."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from wizard.run_files import SeenRun
from wizard.run_status import HostStatus, RunStatus, WorkerStatus
from wizard.status.find import Found

SHARDS = {"train": 16, "validation": 4}


def run(slice_: str = "", host: str = "node01", **fields: Any) -> RunStatus:
    status = RunStatus(slice=slice_, host=host, pid=7, plan_id="p", begun=1.0, written=2.0, state="building")
    return replace(status, **fields)


def seen(slice_: str = "", host: str = "node01", age: float = 1.0, **fields: Any) -> SeenRun:
    return SeenRun(run=run(slice_, host, **fields), age=age)


def on_host(host: str, workers: int = 2, rate: float | None = 50.0) -> HostStatus:
    return HostStatus(host=host, workers=workers, shards=workers, images_per_second=rate)


def worker(number: int, host: str = "node01") -> WorkerStatus:
    return WorkerStatus(
        host=host,
        number=number,
        shard=f"train-{number:05}-of-00016",
        images_done=25,
        images=100,
        images_per_second=12.0,
        memory=61_200_000,
    )


def found(
    *runs: SeenRun,
    done: Iterable[tuple[str, int]] = (),
    shards: Mapping[str, int] | None = None,
    described: bool = False,
) -> Found:
    return Found(
        output="/data/imagenet-480",
        plan_id="p",
        shards=SHARDS if shards is None else shards,
        recorded=set(done),
        described=described,
        runs=runs,
    )


def every(shards: Mapping[str, int] | None = None) -> set[tuple[str, int]]:
    """All shards."""
    counts = SHARDS if shards is None else shards
    return {(split, number) for split, count in counts.items() for number in range(count)}


def sliced(number: int, of: int, host: str, **fields: Any) -> SeenRun:
    """A living slice with a worker, at 100 images/s."""
    values: dict[str, Any] = {
        "under_way": {"train": 1},
        "hosts": (on_host(host, 1, 100.0),),
        "workers": (worker(1, host),),
        "images_per_second": 100.0,
        "seconds_left": 600.0,
        "images": 1000,
        "images_done": 250,
        "shards": 10,
        "shards_done": 2,
        "bytes_out": 1_000_000,
    }
    return seen(f"{number}/{of}", host, **values | fields)
