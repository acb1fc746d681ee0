"""Shared fixtures: a tiny drawn ILSVRC2012, one dataset built from it, and a separate home folder for every test."""

import ctypes
import gc
import os
import re
import shutil
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import count
from multiprocessing import active_children, get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings

from tests.forked_workers import ForkedWorkers, not_synced
from tests.helpers import CLASSES, PER_CLASS, VALIDATION, build_dataset
from wizard import synthetic
from wizard.discovery import search
from wizard.engine.executors import local_worker
from wizard.engine.executors.executor import Executor
from wizard.engine.executors.local import LocalExecutor
from wizard.engine.executors.worker_pool import local_workers
from wizard.verify import dataset

_OVERRIDES = 0b110
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, with which root ignores file permissions."""
_VERSION = 0x20080522
"""_LINUX_CAPABILITY_VERSION_3, whose header and data `capget` fills."""

_NUMBERS = count()
"""Of the folders that tests get."""

# What `datasets` loads, it first copies into its cache, and it reads this name once, when it is imported.
_CACHE = TemporaryDirectory(prefix="imagenet-setup-datasets-", ignore_cleanup_errors=True)
os.environ |= {"HF_DATASETS_CACHE": _CACHE.name, "HF_DATASETS_OFFLINE": "1"}

# Commands that tests run would compile the package each time, a fifth of their start.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# Tests that run in a job of Slurm are no job of their own.
for _name in [name for name in os.environ if name.startswith("SLURM_")]:
    del os.environ[_name]
# Hypothesis would report an example that is slow on a busy machine as a failure.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--clusters", action="store_true", help="start clusters of Dask whose workers are lost and added")
    parser.addoption("--benchmarks", action="store_true", help="run each benchmark from end to end, on little data")
    parser.addoption("--differential", type=int, help="damaged images to compare with TensorFlow's decoder")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Modules and tests stay until the end: to look for garbage among them costs, and finds nothing."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As pytest's own, which looks through the folders of all earlier tests for a free number: 2 ms of each test."""
    return _new_folder(tmp_path_factory, re.sub(r"\W", "_", request.node.name)[:30])


def _new_folder(tmp_path_factory: pytest.TempPathFactory, name: str) -> Path:
    folder = tmp_path_factory.getbasetemp() / f"{name}-{next(_NUMBERS)}"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = _new_folder(tmp_path_factory, "home")
    monkeypatch.setenv("IMAGENET_SETUP_HOME", str(folder))
    monkeypatch.setenv("NO_COLOR", "1")
    search.found_here.cache_clear()  # each test has its own folders
    monkeypatch.setattr(search, "LIMIT", 20.0)  # a busy machine must not fail a test
    return folder


@pytest.fixture(scope="session")
def shared_tensorflow() -> Iterator[LocalExecutor]:
    """The real one, started once for all tests, which takes seconds."""
    with local_workers(1) as process:
        yield process


@pytest.fixture(scope="session", autouse=True)
def _quick_workers(shared_tensorflow: Executor) -> Iterator[None]:
    """Workers of this process are forked, it verifies with one TensorFlow, and nothing waits for the disk.

    A command that is run as a process of its own does all that as it does everywhere; see also `spawned_workers`.
    """

    @contextmanager
    def workers(count: int) -> Iterator[Executor]:
        if count == 1:
            yield shared_tensorflow
        else:
            with local_workers(count) as executor:
                yield executor

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dataset, "local_workers", workers)
        patch.setattr(os, "fsync", not_synced)
        if sys.platform == "linux":
            patch.setattr(local_worker, "_CONTEXT", ForkedWorkers())
        yield


@pytest.fixture(autouse=True)
def _no_worker_is_left(shared_tensorflow: LocalExecutor) -> Iterator[None]:
    """A worker that a test leaves behind would be counted, or killed, by a later one."""
    before = active_children()
    yield
    left = [child for child in active_children() if child not in before and child not in _processes(shared_tensorflow)]
    for child in left:
        child.join(10)  # one that is just ending is none
    assert not [child for child in left if child.is_alive()], "the test left a worker behind"


def _processes(executor: LocalExecutor) -> list[BaseProcess]:
    return [worker.process for worker in list(executor._workers)]


@pytest.fixture
def spawned_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers and TensorFlow are started as outside of tests."""
    monkeypatch.setattr(local_worker, "_CONTEXT", get_context("spawn"))
    monkeypatch.setattr(dataset, "local_workers", local_workers)


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archives; must not be changed."""
    folder = tmp_path_factory.mktemp("raw")
    synthetic.make(folder, classes=CLASSES, per_class=PER_CLASS, validation=VALIDATION)
    return folder


@pytest.fixture
def raw_copy(raw: Path, tmp_path: Path) -> Path:
    """A copy of the archives that a test may damage."""
    return shutil.copytree(raw, tmp_path / "raw")


@pytest.fixture(scope="session")
def built(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished dataset with resized images and all boxes; must not be changed."""
    folder = tmp_path_factory.mktemp("built") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMAGENET_SETUP_HOME", str(tmp_path_factory.mktemp("session-home")))
        image = {"resize": "crop", "height": 64, "width": 96, "quality": 85}
        build_dataset(raw, folder, source={"boxes": "all"}, image=image)
    return folder


@pytest.fixture
def built_copy(built: Path, tmp_path: Path) -> Path:
    """A copy of the finished dataset that a test may damage."""
    return shutil.copytree(built, tmp_path / "built")


@pytest.fixture
def unprivileged() -> Iterator[None]:
    """Makes file permissions apply to this thread even if it is root's; other privileges are unchanged."""
    if not hasattr(os, "geteuid"):
        pytest.skip("there are no file permissions on this system")
    if sys.platform != "linux":
        if not os.geteuid():
            pytest.skip("root cannot drop its capabilities on this system")
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_VERSION, 0)
    rights = (ctypes.c_uint32 * 6)()
    assert libc.capget(header, rights) == 0
    before = rights[0]
    rights[0] = before & ~_OVERRIDES
    assert libc.capset(header, rights) == 0
    yield
    rights[0] = before
    assert libc.capset(header, rights) == 0
