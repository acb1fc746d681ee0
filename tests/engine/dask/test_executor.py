import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engine.dask import calls
from tests.engine.dask.clusters import Cluster
from tests.engine.dask.conftest import Opened
from wizard.engine.dask import executor as executors
from wizard.engine.dask.executor import DaskExecutor
from wizard.engine.deaths import WorkerDied, WorkersLost
from wizard.engine.heartbeat import HOST
from wizard.events import Heartbeat

pytestmark = pytest.mark.timeout(120)


def until(true: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never became true"
        time.sleep(0.05)


def noted(executor: DaskExecutor, text: str, seconds: float = 60) -> str:
    """The first note that has these words."""
    seen: list[str] = []

    def came() -> bool:
        seen.extend(note.text for note in executor.notes())
        return any(text in each for each in seen)

    until(came, seconds)
    return next(each for each in seen if text in each)


def test_a_call_is_made_in_a_process_of_a_worker(shared_cluster: Cluster, opened: Opened) -> None:
    assert opened(shared_cluster).submit(calls.pid).result() != os.getpid()


def test_an_error_of_a_call_is_its_callers_with_the_traceback(shared_cluster: Cluster, opened: Opened) -> None:
    with pytest.raises(ValueError, match="as asked") as raised:
        opened(shared_cluster).submit(calls.fail).result()
    assert "in fail" in "".join(raised.value.__notes__)


def test_a_crash_costs_the_call_alone_and_names_the_item(shared_cluster: Cluster, opened: Opened) -> None:
    executor = opened(shared_cluster)
    with pytest.raises(WorkerDied) as raised:
        executor.submit(calls.crash_at, 7).result()
    assert (raised.value.item, raised.value.signal) == (7, "SIGSEGV")
    for _ in range(4):
        executor.submit(calls.pid).result()
    assert not [note for note in executor.notes() if "is gone" in note.text]  # no worker of Dask was lost


def test_heartbeats_come_before_the_end_with_host_and_number(shared_cluster: Cluster, opened: Opened) -> None:
    executor = opened(shared_cluster)
    until(lambda: executor.capacity == 2)
    futures = [executor.submit(calls.send_beats, name) for name in "ab"]
    beats: list[Heartbeat] = []
    for future in futures:
        future.result()
    beats = executor.heartbeats()
    assert {beat.shard for beat in beats} == {"a", "b"}
    assert {beat.host for beat in beats} == {HOST}
    assert {beat.number for beat in beats} <= {1, 2}


def test_no_more_calls_begin_than_workers_have_threads(shared_cluster: Cluster, opened: Opened, tmp_path: Path) -> None:
    executor = opened(shared_cluster)
    until(lambda: executor.capacity == 2)
    futures = [executor.submit(calls.wait_for, tmp_path / "mark") for _ in range(3)]
    assert executor.free == -1
    assert [future.cancel() for future in futures] == [False, False, True]
    (tmp_path / "mark").touch()
    assert [future.result() for future in futures[:2]] == ["done", "done"]
    until(lambda: executor.free == 2)


def test_shutdown_at_once_stops_what_is_under_way(shared_cluster: Cluster, opened: Opened, tmp_path: Path) -> None:
    executor, file = opened(shared_cluster), tmp_path / "file"
    executor.submit(calls.write_until_stopped, file)
    until(file.exists)
    executor.shutdown(cancel_futures=True)
    before = file.stat().st_size
    time.sleep(1)
    assert file.stat().st_size == before


def test_a_call_of_a_lost_worker_is_made_by_another(own_cluster: Cluster, opened: Opened, tmp_path: Path) -> None:
    own_cluster.add("a", "--no-nanny")
    executor = opened(own_cluster)
    own_cluster.add("b", "--no-nanny")
    assert "has joined" in noted(executor, "worker b on")
    future = executor.submit(calls.kill_once, tmp_path / "mark")
    assert future.result() == "made again"
    noted(executor, "is gone")


def test_a_call_goes_to_a_worker_that_came_after_all_others_were_lost(
    own_cluster: Cluster, opened: Opened, tmp_path: Path
) -> None:
    own_cluster.add("a", "--no-nanny")
    executor = opened(own_cluster)
    future = executor.submit(calls.kill_once, tmp_path / "mark")
    noted(executor, "worker a on")
    own_cluster.add("b", "--no-nanny")
    assert future.result() == "made again"


def test_a_call_that_costs_one_worker_after_the_other_fails(
    own_cluster: Cluster, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executors, "_MOST", 2)
    own_cluster.add("a", "--no-nanny")
    own_cluster.add("b", "--no-nanny")
    executor = opened(own_cluster)
    until(lambda: executor.capacity == 2)
    with pytest.raises(WorkersLost, match=r"worker [ab] on .* was lost") as raised:
        executor.submit(calls.kill_always).result()
    assert (raised.value.times, raised.value.item) == (2, None)


def test_calls_survive_a_restart_of_the_scheduler(own_cluster: Cluster, opened: Opened, tmp_path: Path) -> None:
    worker = own_cluster.add("a", "--no-nanny")
    executor = opened(own_cluster)
    future = executor.submit(calls.wait_for, tmp_path / "mark")
    own_cluster.kill(own_cluster.scheduler)
    own_cluster.kill(worker)  # workers end with their scheduler, in their own time
    assert "10 minutes at most" in noted(executor, "is gone; waiting for it to come back")
    own_cluster.start_scheduler()
    own_cluster.add("b", "--no-nanny")
    noted(executor, "is back")
    (tmp_path / "mark").touch()
    assert future.result() == "done"
