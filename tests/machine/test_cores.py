import os
from collections.abc import Callable

import pytest

from wizard.machine.cgroup import CgroupLimits
from wizard.machine.cores import usable_cores


@pytest.mark.parametrize(
    ("quota", "expected"), [(None, 4), (0.1, 1), (1.0, 1), (1.5, 2), (2.0, 2), (3.01, 4), (64.0, 4)]
)
def test_a_quota_is_rounded_up_and_never_more_than_the_affinity(
    quota: float | None, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1, 2, 7}, raising=False)
    assert usable_cores(CgroupLimits(cores=quota)) == expected


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity here")
def test_cores_are_those_that_this_process_may_use() -> None:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert usable_cores(CgroupLimits()) == 1
    finally:
        os.sched_setaffinity(0, before)


def test_a_slurm_job_has_no_more_cores_than_it_was_allotted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1, 2, 7}, raising=False)
    monkeypatch.setenv("SLURM_CPUS_ON_NODE", "2")
    assert usable_cores(CgroupLimits()) == 2
    monkeypatch.setenv("SLURM_CPUS_ON_NODE", "64")
    assert usable_cores(CgroupLimits()) == 4


def test_a_process_reads_its_real_quota(in_a_group: Callable[[str, str, int, str], str]) -> None:
    program = "from wizard.machine.cores import usable_cores; print(usable_cores())"
    assert in_a_group("cpu", "cpu.cfs_quota_us", 50_000, program) == "1"
