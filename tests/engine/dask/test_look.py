"""What workers see before they may take part: versions, the source's files, the very output folder."""

from pathlib import Path

import pytest

from tests.engine.dask import calls
from tests.engine.dask.clusters import Cluster
from tests.engine.dask.conftest import Opened, look_at
from tests.engine.dask.test_executor import noted, until
from wizard.engine.dask.engine import DaskEngine
from wizard.engine.executors.look import OUTPUT, SOURCE, VERSIONS, Crew, Look
from wizard.engine.executors.worker_pool import WorkerPool
from wizard.errors import MachineError
from wizard.profile_run import Run
from wizard.storage import PREFIX

pytestmark = pytest.mark.timeout(120)


def crew_of(cluster: Cluster, look: Look) -> Crew:
    engine = DaskEngine(Run(engine="dask", scheduler=cluster.address), WorkerPool())
    try:
        return engine.crew(look, lambda _event: None)
    finally:
        engine.close()


def test_all_workers_see_what_the_run_sees(shared_cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"1234")
    look = look_at(tmp_path, (str(tmp_path / "source"), 4))
    crew = crew_of(shared_cluster, look)
    assert [crew.wrong(look, check) for check in (VERSIONS, SOURCE, OUTPUT)] == [{}, {}, {}]
    assert crew.memory_for_a_call > 0
    assert [file.name for file in tmp_path.iterdir()] == ["source"]  # no file that was made to be seen is left


def test_files_that_a_worker_sees_otherwise_are_named_with_its_host(shared_cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"1234")
    look = look_at(tmp_path, (str(tmp_path / "source"), 5_000), (str(tmp_path / "missing"), 1))
    (clause,) = crew_of(shared_cluster, look).wrong(look, SOURCE)
    assert f"{tmp_path / 'source'} has 4 bytes (here 5.0 kB)" in clause
    assert f"{tmp_path / 'missing'}: No such file or directory" in clause


def test_another_folder_of_the_same_name_is_not_the_output(
    own_cluster: Cluster, opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a cluster where /data is each node's own disk; here a relative path leads each to its own folder."""
    here, there = tmp_path / "here" / "out", tmp_path / "there" / "out"
    here.mkdir(parents=True)
    there.mkdir(parents=True)
    monkeypatch.chdir(here.parent)
    own_cluster.add("same", "--no-nanny", at=here.parent)
    executor = opened(own_cluster, look=look_at("out"))
    until(lambda: executor.capacity == 1)
    own_cluster.add("other", "--no-nanny", at=there.parent)
    text = noted(executor, "worker other on")
    assert "is not used: out is another folder there: it lacks a file that was just made in it here" in text
    assert executor.capacity == 1
    assert not [*here.iterdir(), *there.iterdir()]


def test_a_worker_whose_folder_is_mounted_late_takes_part_after_all(
    own_cluster: Cluster, opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.engine.dask.watch.AGAIN", 1.0)
    here, there = tmp_path / "here" / "out", tmp_path / "there" / "out"
    here.mkdir(parents=True)
    there.mkdir(parents=True)
    monkeypatch.chdir(here.parent)
    own_cluster.add("late", "--no-nanny", at=there.parent)
    executor = opened(own_cluster, look=look_at("out"))
    assert "is not used" in noted(executor, "worker late on")
    there.rmdir()
    there.symlink_to(here)
    noted(executor, "has joined")
    until(lambda: executor.capacity == 1)


def test_a_run_ends_if_no_worker_may_take_part_for_long(
    own_cluster: Cluster, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.engine.dask.watch.RETURN", 2.0)
    own_cluster.add("old", "--no-nanny", "--preload", "tests.engine.dask.other_codecs")
    executor = opened(own_cluster)
    future = executor.submit(calls.pid)
    with pytest.raises(MachineError, match=r"could be used for 2 seconds: worker old on .* is not used: codecs"):
        future.result()
    assert executor.free == 1  # so that a run without a call under way learns of it


def test_a_file_that_only_the_worker_sees_is_another_folder_too(
    own_cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run does not see what the worker makes, as where a mount shows it an old state."""
    own_cluster.add("a", "--no-nanny")
    look = look_at(tmp_path)
    monkeypatch.setattr("wizard.engine.dask.connection.appears", lambda _folder, _mark: False)
    (clause,) = crew_of(own_cluster, look).wrong(look, OUTPUT)
    assert "another folder there: a file made there does not appear here" in clause
    assert not [file for file in tmp_path.iterdir() if file.name.startswith(PREFIX)]


def test_a_worker_with_other_codecs_is_named_and_not_used_unless_that_is_ignored(
    own_cluster: Cluster, opened: Opened
) -> None:
    own_cluster.add("old", "--no-nanny", "--preload", "tests.engine.dask.other_codecs")
    executor = opened(own_cluster)
    text = noted(executor, "worker old on")
    assert "is not used: codecs simplejpeg 0." in text
    assert "(here simplejpeg " in text
    assert executor.capacity == 0
    assert opened(own_cluster, ignored=(VERSIONS,)).submit(calls.pid).result()


def test_a_worker_without_this_program_is_named(own_cluster: Cluster, opened: Opened, tmp_path: Path) -> None:
    (tmp_path / "wizard.py").write_text("raise ImportError('no such package')\n")
    own_cluster.add("bare", "--no-nanny", at=tmp_path, environment={"PYTHONPATH": str(tmp_path)})
    text = noted(opened(own_cluster, ignored=(VERSIONS,)), "worker tcp://")
    assert "is not used: imagenet-setup cannot be used there (" in text
