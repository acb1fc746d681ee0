"""What a person is told where a cluster cannot be had, and how a run ends."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.engine.dask.clusters import Cluster
from tests.engine.dask.conftest import look_at
from tests.helpers import TRAIN_SHARDS, VALIDATION_SHARDS, contents
from wizard.engine.dask import connection, engine
from wizard.engine.dask.engine import DaskEngine
from wizard.engine.executors.look import Crew, Sight
from wizard.engine.executors.worker_pool import WorkerPool
from wizard.errors import Interrupted, MachineError
from wizard.events import Event
from wizard.profile_run import Run

pytestmark = pytest.mark.timeout(120)


@contextmanager
def opened(address: str) -> Iterator[DaskEngine]:
    made = DaskEngine(Run(engine="dask", scheduler=address), WorkerPool())
    try:
        yield made
    finally:
        made.close()


def test_a_scheduler_that_does_not_answer_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "CONNECTING", 0.5)
    with (
        opened("tcp://127.0.0.1:9") as made,
        pytest.raises(MachineError, match=r"No scheduler of Dask answers at tcp://127\.0\.0\.1:9"),
    ):
        made.crew(look_at(tmp_path), lambda _event: None)


def test_a_scheduler_without_workers_is_waited_for_in_vain(
    own_cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "FIRST", 1.0)
    told = list[Event]()
    with opened(own_cluster.address) as made, pytest.raises(MachineError, match="has had no worker for") as raised:
        made.crew(look_at(tmp_path), told.append)
    assert raised.value.hint == f"Start workers with dask worker {own_cluster.address}"
    assert any("has none yet" in str(event) for event in told)


def test_waiting_for_workers_ends_when_the_run_is_asked_to_stop(own_cluster: Cluster, tmp_path: Path) -> None:
    def stop(_event: Event) -> None:
        raise Interrupted("asked to stop")

    with opened(own_cluster.address) as made, pytest.raises(Interrupted):
        made.crew(look_at(tmp_path), stop)


def test_a_build_without_a_scheduler_runs_on_a_cluster_of_its_own(raw: Path, built: Path, tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text(
        f"[source]\npath = '{raw}'\nboxes = 'all'\n[image]\nresize = 'crop'\nheight = 64\nwidth = 96\nquality = 85\n"
        f"[output]\npath = '{tmp_path / 'out'}'\ntrain_shards = {TRAIN_SHARDS}\n"
        f"validation_shards = {VALIDATION_SHARDS}\n[run]\nengine = 'dask'\nworkers = 1\n"
    )
    words = [sys.executable, "-m", "wizard", "run", str(path), "--plain"]
    ran = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "1 call at a time on 1 host" in ran.stderr
    assert contents(tmp_path / "out") == contents(built)


def test_ctrl_c_while_workers_are_waited_for_ends_the_run(own_cluster: Cluster, raw: Path, tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text(
        f"[source]\npath = '{raw}'\n[output]\npath = '{tmp_path / 'out'}'\n"
        f"[run]\nengine = 'dask'\nscheduler = '{own_cluster.address}'\n"
    )
    words = [sys.executable, "-m", "wizard", "run", str(path), "--plain"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "has none yet" in line:
                process.send_signal(signal.SIGINT)
                break
        rest = process.stderr.read()
    assert process.returncode == 130
    assert "Stopped before the first shard was started" in rest


def test_hosts_with_more_calls_than_cores_are_named() -> None:
    sights = (Sight(host="a", calls=2, cores=4), Sight(host="a", calls=4, cores=4), Sight(host="b", calls=4, cores=4))
    assert Crew(place="", sights=sights).crowded == {"a": (6, 4)}


def test_memory_for_a_call_is_what_it_has_where_it_is_scarcest() -> None:
    roomy = Sight(host="a", calls=2, available=100, limit=80)
    assert Crew(place="", sights=(roomy,)).memory_for_a_call == 40
    shared = Sight(host="a", calls=2, available=100)
    assert Crew(place="", sights=(roomy, shared)).memory_for_a_call == 25
