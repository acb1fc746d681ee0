import os
import shutil
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from wizard.machine import resources
from wizard.machine.cgroup import Limits
from wizard.machine.page_cache import Figures
from wizard.machine.resources import cores, disk, look, memory, open_files

MB = 1_000_000
SHM = Path("/dev/shm")


def test_without_limits_memory_is_the_machines() -> None:
    seen = memory(Limits())
    assert seen.total == seen.machine == psutil.virtual_memory().total
    assert 0 < seen.available <= seen.total
    assert not seen.limited


def test_a_limit_is_the_total_and_bounds_what_is_available() -> None:
    seen = memory(Limits(memory=100 * MB, memory_left=30 * MB))
    assert (seen.total, seen.available, seen.limited) == (100 * MB, 30 * MB, True)
    assert seen.machine == psutil.virtual_memory().total


def test_a_limit_above_the_machines_memory_is_none() -> None:
    real = psutil.virtual_memory().total
    seen = memory(Limits(memory=2 * real, memory_left=2 * real))
    assert (seen.total, seen.limited) == (real, False)
    assert seen.available <= real


def test_what_others_of_a_large_group_use_is_not_available() -> None:
    real = psutil.virtual_memory().total
    assert memory(Limits(memory=2 * real, memory_left=5 * MB)).available == 5 * MB


def test_cache_counts_unless_a_groups_limit_is_what_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "figures", lambda: Figures(total=900, available=500, free=200, cache=400))
    seen = memory(Limits(memory=1000, memory_left=600))
    assert (seen.total, seen.available, seen.free, seen.cache) == (900, 500, 200, 400)
    seen = memory(Limits(memory=1000, memory_left=499))
    assert (seen.total, seen.available, seen.free, seen.cache) == (900, 499, 200, 0)
    monkeypatch.setattr(resources, "figures", lambda: Figures(total=900, available=500, free=200))
    assert memory(Limits()).cache == 0


@pytest.mark.parametrize(
    ("quota", "expected"), [(None, 4), (0.1, 1), (1.0, 1), (1.5, 2), (2.0, 2), (3.01, 4), (64.0, 4)]
)
def test_a_quota_is_rounded_up_and_never_more_than_the_affinity(
    quota: float | None, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1, 2, 7}, raising=False)
    assert cores(Limits(cores=quota)) == expected


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity here")
def test_cores_are_those_that_this_process_may_use() -> None:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert cores(Limits()) == 1
    finally:
        os.sched_setaffinity(0, before)


def test_the_disk_of_a_folder_that_is_not_there_yet_is_that_of_the_nearest_one(tmp_path: Path) -> None:
    seen, planned = disk(tmp_path), disk(tmp_path / "not" / "there" / "yet")
    assert (planned.mount, planned.kind) == (seen.mount, seen.kind)
    assert tmp_path.is_relative_to(planned.mount)
    assert Path(planned.mount).stat().st_dev == tmp_path.stat().st_dev
    assert abs(planned.free - shutil.disk_usage(tmp_path).free) < 500 * MB


@pytest.mark.skipif(not SHM.is_mount(), reason="/dev/shm is no disk of its own here")
def test_the_mount_that_is_named_is_the_one_the_path_lies_on() -> None:
    seen = disk(SHM / "not" / "there")
    assert (seen.mount, seen.kind) == (str(SHM), "tmpfs")
    assert seen.free == shutil.disk_usage(SHM).free


@pytest.mark.skipif(not SHM.is_mount(), reason="/dev/shm is no disk of its own here")
def test_the_mount_behind_a_link_is_named(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(SHM)
    assert disk(tmp_path / "link" / "out").mount == str(SHM)


def test_a_disk_tells_how_many_files_it_can_still_hold(tmp_path: Path) -> None:
    if not (hasattr(os, "statvfs") and os.statvfs(tmp_path).f_files):
        assert disk(tmp_path).files_free is None
        return
    before = disk(tmp_path).files_free
    assert before is not None
    assert before > 0


def test_open_files_are_what_the_system_allows_now_and_at_most() -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
        limits = open_files()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert limits is not None
    assert limits[0] == 200
    assert limits[1] >= soft


def test_a_look_tells_load_memory_and_disk(tmp_path: Path) -> None:
    seen = look(tmp_path / "not there")
    assert 0 <= seen.cpu <= 100
    assert 0 < seen.memory_used < seen.memory_total
    assert seen.memory_total == memory().total
    assert abs(seen.disk_free - shutil.disk_usage(tmp_path).free) < 500 * MB


def test_in_a_container_a_look_tells_its_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "read_limits", lambda: Limits(memory=100 * MB, memory_left=30 * MB))
    seen = look(tmp_path)
    assert (seen.memory_total, seen.memory_used) == (100 * MB, 70 * MB)


@pytest.mark.parametrize(("hierarchy", "limit"), [("memory", "memory.limit_in_bytes"), ("", "memory.max")])
def test_a_real_memory_limit_is_what_a_process_sees(
    in_a_group: Callable[[str, str, int, str], str], hierarchy: str, limit: str
) -> None:
    program = "from wizard.machine.resources import memory; m = memory(); print(m.total, m.available, m.limited)"
    total, available, limited = in_a_group(hierarchy, limit, 512 << 20, program).split()
    assert int(total) == 512 << 20
    assert 0 < int(available) <= 512 << 20
    assert limited == "True"


def test_a_real_quota_is_what_a_process_sees(in_a_group: Callable[[str, str, int, str], str]) -> None:
    program = "from wizard.machine.resources import cores; print(cores())"
    assert in_a_group("cpu", "cpu.cfs_quota_us", 50_000, program) == "1"


@pytest.mark.parametrize(("hierarchy", "limit"), [("memory", "memory.limit_in_bytes"), ("", "memory.max")])
def test_a_worker_that_the_kernel_kills_at_a_real_limit_died_for_want_of_memory(
    in_a_group: Callable[[str, str, int, str], str], hierarchy: str, limit: str
) -> None:
    program = (
        "import operator; from wizard.engine.executors import LocalExecutor\n"
        "with LocalExecutor(1) as executor: died = executor.submit(operator.mul, b'x', 1 << 30).exception(60)\n"
        "print(died.oom, died)"
    )
    told = in_a_group(hierarchy, limit, 256 << 20, program)
    assert told.startswith("True worker ")
    assert told.endswith("was killed by the system because memory ran out (SIGKILL)")
