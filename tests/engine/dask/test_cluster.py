import subprocess
import sys
from typing import Any

import dask_jobqueue
import pytest
from dask_jobqueue.core import JobQueueCluster

from wizard.engine.dask import open as opening
from wizard.engine.dask.cluster import cluster_class, expected_calls
from wizard.engine.executors.worker_pool import WorkerPool
from wizard.errors import MachineError, UsageError
from wizard.profile_run import JOBQUEUE, Run, run_problems


def run(**keys: Any) -> Run:
    return Run(engine="dask", **keys)


def test_the_classes_of_a_profile_are_those_of_dask_jobqueue() -> None:
    classes = [each for each in vars(dask_jobqueue).values() if isinstance(each, type)]
    known = {each.__name__ for each in classes if issubclass(each, JobQueueCluster)} - {"JobQueueCluster"}
    assert set(JOBQUEUE) == known


def test_ctrl_c_stays_this_programs_when_a_class_is_asked_for() -> None:
    """The import of dask_jobqueue 0.9 sets a handler of its own; this process may have imported it before."""
    code = (
        "import signal; from wizard.engine.dask.cluster import jobqueue_class; old = signal.getsignal(signal.SIGINT);"
        "jobqueue_class('SLURMCluster'); assert signal.getsignal(signal.SIGINT) is old"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture
def submitting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda command: f"/usr/bin/{command}")


@pytest.mark.usefixtures("submitting")
@pytest.mark.parametrize("scheduler", JOBQUEUE)
def test_settings_of_a_class_and_of_its_jobs_are_known(scheduler: str) -> None:
    settings = {"cores": 4, "memory": "8GB", "job_script_prologue": [], "interface": "ib0", "scheduler_options": {}}
    assert cluster_class(run(scheduler=scheduler, jobs=2, cluster=settings)) is getattr(dask_jobqueue, scheduler)


@pytest.mark.usefixtures("submitting")
def test_a_setting_that_a_class_does_not_have_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match=r"run\.cluster\.quue: SLURMCluster has no such setting") as raised:
        cluster_class(run(scheduler="SLURMCluster", jobs=2, cluster={"quue": "cpu"}))
    assert raised.value.hint == "Did you mean queue?"


def test_settings_of_a_local_cluster_are_known() -> None:
    cluster_class(run(cluster={"n_workers": 2, "threads_per_worker": 1, "memory_limit": "4GB"}))
    with pytest.raises(UsageError, match=r"run\.cluster\.queue: LocalCluster has no such setting"):
        cluster_class(run(cluster={"queue": "cpu"}))


def test_jobs_need_the_command_that_submits_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MachineError, match="submits jobs with qsub, which is not on the PATH here"):
        cluster_class(run(scheduler="PBSCluster", jobs=2))


def test_all_jobs_together_take_as_many_calls_as_they_have_cores() -> None:
    assert expected_calls(run(scheduler="SLURMCluster", jobs=3, cluster={"cores": 8})) == 24
    assert expected_calls(run(scheduler="tcp://a:1")) == 0


def test_a_missing_package_is_named_with_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_PACKAGES", {"there_is_no_such_module": "distributed"})
    with pytest.raises(UsageError, match="needs distributed") as raised:
        opening.open_engine(run(), WorkerPool())
    assert "imagenet-setup[dask]" in raised.value.hint


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"scheduler": "tcp://a:1"}, "scheduler has no meaning with engine = 'local'"),
        ({"engine": "dask", "jobs": 2}, "jobs has no meaning without a class"),
        ({"engine": "dask", "scheduler": "SLURMCluster"}, "jobs is missing; SLURMCluster has to know"),
        ({"engine": "dask", "scheduler": "tcp://a:1", "jobs": 2}, "jobs has no meaning with the address"),
        ({"engine": "dask", "scheduler": "tcp://a:1", "cluster": {"queue": "a"}}, "cluster has no meaning with"),
        ({"engine": "dask", "scheduler": "SlurmCluster", "jobs": 2}, "did you mean SLURMCluster?"),
        ({"engine": "dask", "scheduler": "node1", "jobs": 2}, "allowed is an address such as tcp://"),
    ],
)
def test_keys_of_run_that_contradict_each_other_are_problems(keys: dict[str, Any], told: str) -> None:
    (problem,) = run_problems(keys)
    assert told in problem


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"engine": "dask"},
        {"engine": "dask", "scheduler": "tls://a:1"},
        {"engine": "dask", "scheduler": "SLURMCluster", "jobs": 2, "cluster": {"cores": 2}},
        {"engine": "dask", "cluster": {"n_workers": 2}},
    ],
)
def test_keys_of_run_that_go_together_are_no_problem(keys: dict[str, Any]) -> None:
    assert run_problems(keys) == []
