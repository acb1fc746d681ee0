"""Whole builds whose shards are made by workers of Dask."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import deadly
from tests.engine.dask.clusters import ROOT, Cluster
from tests.helpers import build_dataset, contents, profile
from tests.test_deadly_images import name, tree
from wizard.engine.executors.worker_pool import WorkerPool
from wizard.errors import BadImage
from wizard.events import Event, Heartbeat, WorkerLost
from wizard.preflight.crew import with_crew
from wizard.preflight.examine import examine

pytestmark = pytest.mark.timeout(120)
IMAGE = {"resize": "crop", "height": 64, "width": 96, "quality": 85}


def run_on(cluster: Cluster) -> dict[str, Any]:
    return {"engine": "dask", "scheduler": cluster.address}


@pytest.mark.parametrize("read", ["direct", "staged"])
def test_the_bytes_are_those_of_a_local_build(
    shared_cluster: Cluster, raw: Path, built: Path, tmp_path: Path, read: str
) -> None:
    events: list[Event] = []
    source = {"boxes": "all", "read": read}
    build_dataset(raw, tmp_path / "out", report=events.append, source=source, image=IMAGE, run=run_on(shared_cluster))
    assert contents(tmp_path / "out") == contents(built)
    assert any(isinstance(event, Heartbeat) for event in events)


@pytest.fixture
def armed_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    deadly.arm(tmp_path / "armed", monkeypatch)
    cluster = Cluster(tmp_path)
    try:
        cluster.add("a", "--no-nanny", environment={"PYTHONPATH": f"{tmp_path / 'armed'}{os.pathsep}{ROOT}"})
        yield cluster
    finally:
        cluster.close()


def test_an_image_that_crashes_decoders_is_named_and_costs_no_worker_of_dask(
    armed_cluster: Cluster, tmp_path: Path
) -> None:
    raw, events = tree(tmp_path / "raw", {3: deadly.SEGFAULT}), list[Event]()
    sections: dict[str, Any] = {"source": {"splits": ["train"], "boxes": "none"}, "run": run_on(armed_cluster)}
    with pytest.raises(BadImage, match="a worker crashed on it twice") as raised:
        build_dataset(raw, tmp_path / "out", report=events.append, output={"train_shards": 2}, **sections)
    assert name(3) in raised.value.what
    (lost,) = [event for event in events if isinstance(event, WorkerLost)]
    assert "crashed (SIGSEGV) while processing" in lost.reason
    output = {"train_shards": 2, "on_bad_image": "skip"}
    finished = build_dataset(raw, tmp_path / "out", output=output, **sections)
    assert [image.name for image in finished.skipped] == [name(3)]


def test_the_preflight_looks_at_the_workers_and_counts_them(shared_cluster: Cluster, raw: Path, tmp_path: Path) -> None:
    made = profile(raw, tmp_path / "out", run={"workers": "auto", **run_on(shared_cluster)})
    with WorkerPool() as pool:
        verdict = with_crew(examine(made, lambda _event: None, pool), lambda _event: None, pool)
    checks = {check.name: check for check in verdict.checks}
    assert {"workers", "worker-versions", "worker-source", "worker-output", "memory"} < checks.keys()
    assert not {"cores", "open-files"} & checks.keys()
    assert {check.status for name, check in checks.items() if name.startswith("worker-")} == {"pass"}
    assert checks["workers"].found.startswith("2 calls at a time on 1 host")
    assert verdict.settings.workers == 2
    assert verdict.estimated is not None
    assert "measured on this machine, and scaled to 2 workers on 1 host" in verdict.estimated.elsewhere
