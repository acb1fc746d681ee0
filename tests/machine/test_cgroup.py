from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from wizard.machine.cgroup import CgroupLimits, cgroup_limits, oom_kills

GB = 1_000_000_000
V1_NONE = 9_223_372_036_854_771_712
"""What version 1 writes where there is no limit."""


@pytest.fixture
def system(tmp_path: Path) -> Callable[..., CgroupLimits]:
    """Reads limits from control groups made of ordinary files, by path."""

    def read(membership: str, files: Mapping[str, object]) -> CgroupLimits:
        for name, content in files.items():
            path = tmp_path / "cgroup" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{content}\n")
        (tmp_path / "membership").write_text(membership)
        return cgroup_limits(tmp_path / "cgroup", tmp_path / "membership")

    return read


def test_a_limit_of_version_2(system: Callable[..., CgroupLimits]) -> None:
    assert system(
        "0::/work\n",
        {
            "work/memory.max": 8 * GB,
            "work/memory.current": 3 * GB,
            "work/memory.stat": f"anon 5\ninactive_file {GB}\nactive_file 7",
            "work/cpu.max": "150000 100000",
        },
    ) == CgroupLimits(memory=8 * GB, memory_left=6 * GB + 7, cores=1.5)


def test_a_limit_of_version_1(system: Callable[..., CgroupLimits]) -> None:
    assert system(
        "5:memory:/work\n3:cpu,cpuacct:/work\n1:name=systemd:/work\n",
        {
            "memory/work/memory.limit_in_bytes": 8 * GB,
            "memory/work/memory.usage_in_bytes": 3 * GB,
            "memory/work/memory.stat": f"inactive_file 1\ntotal_inactive_file {GB}",
            "memory/memory.limit_in_bytes": V1_NONE,
            "cpu,cpuacct/work/cpu.cfs_quota_us": 50_000,
            "cpu,cpuacct/work/cpu.cfs_period_us": 100_000,
        },
    ) == CgroupLimits(memory=8 * GB, memory_left=6 * GB, cores=0.5)


@pytest.mark.parametrize("folder", ["cpu", "cpu,cpuacct"])
def test_the_cpu_controller_of_version_1_is_found_under_either_name(
    system: Callable[..., CgroupLimits], folder: str
) -> None:
    files = {f"{folder}/cpu.cfs_quota_us": 200_000, f"{folder}/cpu.cfs_period_us": 100_000}
    assert system("3:cpu,cpuacct:/\n", files).cores == 2.0


@pytest.mark.parametrize(
    ("membership", "files"),
    [
        ("0::/work\n", {"work/memory.max": "max", "work/cpu.max": "max 100000", "work/memory.current": GB}),
        (
            "5:memory:/\n3:cpu:/\n",
            {
                "memory/memory.limit_in_bytes": V1_NONE,
                "cpu/cpu.cfs_quota_us": -1,
                "cpu/cpu.cfs_period_us": 100_000,
            },
        ),
        ("0::/work\n5:memory:/work\n", {}),
        ("", {}),
    ],
    ids=["v2", "v1", "no files", "no groups"],
)
def test_without_limits_in_any_group_there_are_none(
    system: Callable[..., CgroupLimits], membership: str, files: Mapping[str, object]
) -> None:
    assert system(membership, files) == CgroupLimits()


def test_a_system_without_control_groups_has_no_limits(tmp_path: Path) -> None:
    assert cgroup_limits(tmp_path, tmp_path / "none") == CgroupLimits()


def test_a_group_above_that_is_tighter_counts(system: Callable[..., CgroupLimits]) -> None:
    limits = system(
        "0::/pod/work\n",
        {
            "pod/work/memory.max": 8 * GB,
            "pod/memory.max": 2 * GB,
            "pod/work/cpu.max": "400000 100000",
            "pod/cpu.max": "100000 100000",
            "cpu.max": "max 100000",
        },
    )
    assert limits == CgroupLimits(memory=2 * GB, memory_left=2 * GB, cores=1.0)


def test_a_group_above_that_others_have_filled_leaves_less_than_the_own_limit(
    system: Callable[..., CgroupLimits],
) -> None:
    limits = system(
        "0::/pod/work\n",
        {
            "pod/work/memory.max": 4 * GB,
            "pod/work/memory.current": 1 * GB,
            "pod/memory.max": 100 * GB,
            "pod/memory.current": 98 * GB,
        },
    )
    assert limits == CgroupLimits(memory=4 * GB, memory_left=2 * GB)


def test_the_limits_of_a_container_with_the_hosts_path_are_found_at_the_root(
    system: Callable[..., CgroupLimits],
) -> None:
    files = {"memory.max": 2 * GB, "cpu.max": "300000 100000"}
    assert system("0::/docker/0a1b2c\n", files) == CgroupLimits(memory=2 * GB, memory_left=2 * GB, cores=3.0)
    files = {"memory/memory.limit_in_bytes": GB, "memory/memory.usage_in_bytes": GB // 4}
    assert system("4:memory:/docker/0a1b2c\n", files) == CgroupLimits(memory=GB, memory_left=GB * 3 // 4)


def test_a_path_that_leaves_the_groups_ends_nowhere(system: Callable[..., CgroupLimits]) -> None:
    assert system("0::/../../elsewhere\n", {"memory.max": GB}).memory == GB


def test_cache_beyond_what_is_counted_as_used_leaves_no_more_than_the_limit(
    system: Callable[..., CgroupLimits],
) -> None:
    files = {"memory.max": 2 * GB, "memory.current": GB, "memory.stat": f"inactive_file {3 * GB}"}
    assert system("0::/\n", files).memory_left == 2 * GB


def test_a_group_over_its_limit_has_nothing_left(system: Callable[..., CgroupLimits]) -> None:
    assert system("0::/\n", {"memory.max": GB, "memory.current": 2 * GB}).memory_left == 0


@pytest.fixture
def kills(tmp_path: Path) -> Callable[..., int | None]:
    """Counts kills with control groups and a /proc/vmstat made of ordinary files, by path."""

    def read(membership: str, files: Mapping[str, str]) -> int | None:
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        (tmp_path / "membership").write_text(membership)
        return oom_kills(tmp_path / "cgroup", tmp_path / "membership", tmp_path / "vmstat")

    return read


@pytest.mark.parametrize(
    ("membership", "file"),
    [
        ("0::/work\n", "cgroup/work/memory.events"),
        ("0::/docker/0a1b2c\n", "cgroup/memory.events"),
        ("5:cpu:/x\n4:memory:/work\n0::/\n", "cgroup/memory/work/memory.oom_control"),
    ],
)
def test_out_of_memory_kills_are_counted_in_the_own_group(
    kills: Callable[..., int | None], membership: str, file: str
) -> None:
    assert kills(membership, {file: "low 0\noom 3\noom_kill 2\n", "vmstat": "oom_kill 7\n"}) == 2


def test_kills_of_the_machine_count_where_no_group_counts_them(kills: Callable[..., int | None]) -> None:
    files = {"cgroup/memory/memory.oom_control": "under_oom 0\n", "vmstat": "pgfree 3\noom_kill 7\n"}
    assert kills("4:memory:/\n0::/\n", files) == 7


def test_a_system_that_counts_no_kills_says_so(tmp_path: Path) -> None:
    assert oom_kills(tmp_path, tmp_path / "none", tmp_path / "none") is None


@pytest.mark.parametrize(("hierarchy", "limit"), [("memory", "memory.limit_in_bytes"), ("", "memory.max")])
def test_a_worker_killed_by_the_kernel_at_a_real_limit_ran_out_of_memory(
    in_a_group: Callable[[str, str, int, str], str], hierarchy: str, limit: str
) -> None:
    program = (
        "import operator; from wizard.engine.executors.local import LocalExecutor\n"
        "with LocalExecutor(1) as executor: died = executor.submit(operator.mul, b'x', 1 << 30).exception(60)\n"
        "print(died.oom, died)"
    )
    told = in_a_group(hierarchy, limit, 256 << 20, program)
    assert told.startswith("True worker ")
    assert told.endswith("was killed by the system because memory ran out (SIGKILL)")
