import shutil
from pathlib import Path

import pytest

from wizard.machine import memory
from wizard.machine.cgroup import CgroupLimits
from wizard.machine.load import machine_load
from wizard.machine.memory import usable_memory

MB = 1_000_000


def test_a_measurement_has_load_memory_and_disk(tmp_path: Path) -> None:
    seen = machine_load(tmp_path / "not there")
    assert 0 <= seen.cpu <= 100
    assert 0 < seen.memory_used < seen.memory_total
    assert seen.memory_total == usable_memory().total
    assert abs(seen.disk_free - shutil.disk_usage(tmp_path).free) < 500 * MB


def test_a_measurement_in_a_container_has_its_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "cgroup_limits", lambda: CgroupLimits(memory=100 * MB, memory_left=30 * MB))
    seen = machine_load(tmp_path)
    assert (seen.memory_total, seen.memory_used) == (100 * MB, 70 * MB)
