"""A cluster for all tests that leave it as it is, and one for each that does not."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.engine.dask.clusters import Cluster
from wizard.engine.dask.engine import DaskEngine
from wizard.engine.dask.executor import DaskExecutor
from wizard.engine.executors.look import Look
from wizard.engine.executors.worker_pool import WorkerPool
from wizard.profile_run import Run
from wizard.targets.registry import TARGETS

Opened = Callable[..., DaskExecutor]

_ALWAYS = ("test_a_call_of_a_lost_worker_is_made_by_another", "test_calls_survive_a_restart_of_the_scheduler")


@pytest.fixture(scope="session")
def shared_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two workers without nannies; must be left as it is."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        for name in ("a", "b"):
            cluster.add(name, "--no-nanny")
        yield cluster
    finally:
        cluster.close()


@pytest.fixture
def own_cluster(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A scheduler without workers. Each takes seconds, so all of these tests but those below need a flag."""
    if not request.config.getoption("--clusters") and request.node.name not in _ALWAYS:
        pytest.skip("with --clusters")
    cluster = Cluster(tmp_path)
    try:
        yield cluster
    finally:
        cluster.close()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Opens executors of clusters; closes their engines at the end."""
    with ExitStack() as stack:

        def begin(cluster: Cluster, *, look: Look | None = None, ignored: tuple[str, ...] = ()) -> DaskExecutor:
            engine = DaskEngine(Run(engine="dask", scheduler=cluster.address), WorkerPool())
            stack.callback(engine.close)
            return engine.executor(1, look or look_at(tmp_path), ignored)

        yield begin


def look_at(folder: Path | str, *files: tuple[str, int]) -> Look:
    """A look at an output folder and files of a source."""
    return Look(files=files, folder=str(folder), target=TARGETS["tfrecord"](), encoders=("libjpeg-turbo",))
