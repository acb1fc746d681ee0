from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from wizard.machine import memory
from wizard.machine.cgroup import CgroupLimits
from wizard.machine.memory import MemoryUse, memory_use, usable_memory

MB = 1_000_000


def test_without_limits_memory_is_the_machines() -> None:
    seen = usable_memory(CgroupLimits())
    assert seen.total == seen.machine == psutil.virtual_memory().total
    assert 0 < seen.available <= seen.total
    assert not seen.limited


def test_a_limit_is_the_total_and_bounds_what_is_available() -> None:
    seen = usable_memory(CgroupLimits(memory=100 * MB, memory_left=30 * MB))
    assert (seen.total, seen.available, seen.limited) == (100 * MB, 30 * MB, True)
    assert seen.machine == psutil.virtual_memory().total


def test_a_limit_above_the_machines_memory_is_none() -> None:
    real = psutil.virtual_memory().total
    seen = usable_memory(CgroupLimits(memory=2 * real, memory_left=2 * real))
    assert (seen.total, seen.limited) == (real, False)
    assert seen.available <= real


def test_memory_used_by_others_of_a_large_group_is_not_available() -> None:
    real = psutil.virtual_memory().total
    assert usable_memory(CgroupLimits(memory=2 * real, memory_left=5 * MB)).available == 5 * MB


def test_cache_counts_unless_a_groups_limit_is_what_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "memory_use", lambda: MemoryUse(total=900, available=500, free=200, cache=400))
    seen = usable_memory(CgroupLimits(memory=1000, memory_left=600))
    assert (seen.total, seen.available, seen.free, seen.cache) == (900, 500, 200, 400)
    seen = usable_memory(CgroupLimits(memory=1000, memory_left=499))
    assert (seen.total, seen.available, seen.free, seen.cache) == (900, 499, 200, 0)
    monkeypatch.setattr(memory, "memory_use", lambda: MemoryUse(total=900, available=500, free=200))
    assert usable_memory(CgroupLimits()).cache == 0


@pytest.mark.parametrize(("hierarchy", "limit"), [("memory", "memory.limit_in_bytes"), ("", "memory.max")])
def test_a_process_reads_its_real_memory_limit(
    in_a_group: Callable[[str, str, int, str], str], hierarchy: str, limit: str
) -> None:
    program = (
        "from wizard.machine.memory import usable_memory; m = usable_memory(); print(m.total, m.available, m.limited)"
    )
    total, available, limited = in_a_group(hierarchy, limit, 512 << 20, program).split()
    assert int(total) == 512 << 20
    assert 0 < int(available) <= 512 << 20
    assert limited == "True"


def test_cache_is_what_can_be_dropped_so_shared_memory_and_the_kernels_own_caches_are_not_in_it(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("Buffers: 200 kB\nCached: 5000 kB\nShmem: 1500 kB\nSReclaimable: 9000 kB\nHugePages_Total: 0\n")
    seen = memory_use(meminfo)
    assert (seen.cache, seen.shared) == (3700 * 1024, 1500 * 1024)


def test_all_of_memory_is_used_or_available() -> None:
    seen = memory_use()
    assert seen.total == psutil.virtual_memory().total
    assert seen.used + seen.available == seen.total
    assert 0 < seen.free <= seen.total


def test_no_cache_is_reported_if_the_system_does_not_report_it(tmp_path: Path) -> None:
    seen = memory_use(tmp_path / "not there")
    assert (seen.cache, seen.shared) == (None, None)
    assert 0 < seen.available < seen.total
