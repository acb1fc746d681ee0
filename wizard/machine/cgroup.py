"""Limits of this process's control group and of every group above it, version 1 or 2: what a container may use.

Files and their meaning: Documentation/admin-guide/cgroup-v2.rst (memory.max, memory.current, memory.stat,
memory.events, cpu.max) and cgroup-v1/memory.rst and scheduler/sched-bwc.rst (memory.limit_in_bytes,
memory.usage_in_bytes, memory.oom_control, cpu.cfs_quota_us) of the Linux kernel; /proc/vmstat is the whole machine's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_MOUNT = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")
_VMSTAT = Path("/proc/vmstat")
_NO_LIMIT = 1 << 60
"""Version 1 writes a number near 2**63 where there is no limit."""


@dataclass(frozen=True, kw_only=True)
class CgroupLimits:
    """The tightest limits of all groups; None where there is no limit.

    Attributes:
        memory: bytes.
        memory_left: bytes that the fullest group can still get, page cache that the kernel would reclaim included.
        cores: CPU seconds a second.
    """

    memory: int | None = None
    memory_left: int | None = None
    cores: float | None = None


def cgroup_limits(mount: Path = _MOUNT, membership: Path = _MEMBERSHIP) -> CgroupLimits:
    """The limits of this process; none where the system has no control groups."""
    memories: list[tuple[int, int]] = []
    quotas: list[float] = []
    for line in _read(membership).splitlines():
        _, controllers, path = line.split(":", 2)
        names = controllers.split(",")
        # 0::/path is version 2; version 1 has a line for each hierarchy, and both may be mounted.
        if not controllers:
            for folder in _upwards(mount, path):
                memories += _memory(folder, "memory.max", "memory.current", "")
                quota, _, period = _read(folder / "cpu.max").strip().partition(" ")
                quotas += _quota(quota, period)
        if "memory" in names:
            for folder in _upwards(mount / "memory", path):
                memories += _memory(folder, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_")
        if "cpu" in names:
            # Distributions mount it as cpu or as cpu,cpuacct; some link the one to the other.
            for place in {"cpu", controllers}:
                for folder in _upwards(mount / place, path):
                    quota, period = _read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us")
                    quotas += _quota(quota.strip(), period.strip())
    return CgroupLimits(
        memory=min((limit for limit, _ in memories), default=None),
        memory_left=min((max(0, limit - used) for limit, used in memories), default=None),
        cores=min(quotas, default=None),
    )


def oom_kills(mount: Path = _MOUNT, membership: Path = _MEMBERSHIP, vmstat: Path = _VMSTAT) -> int | None:
    """Number of processes that the kernel killed because memory ran out, in this control group or else this machine.

    Returns:
        A count that only grows; None if the system keeps none.
    """
    for line in _read(membership).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        root, name = (mount / "memory", "memory.oom_control") if controllers else (mount, "memory.events")
        for folder in _upwards(root, path):
            count = _entry(folder / name, "oom_kill")
            if count is not None:
                return count
    return _entry(vmstat, "oom_kill")


def _upwards(root: Path, path: str) -> Iterator[Path]:
    """The group's folder and all above it. In a container the path may be the host's, and only the root exists."""
    folder = root / path.strip("/")
    while folder != root:
        yield folder
        folder = folder.parent
    yield root


def _memory(folder: Path, limit: str, usage: str, prefix: str) -> list[tuple[int, int]]:
    """A group's limit and what is used of it, without the pages of files, which the kernel reclaims when needed."""
    most = _number(folder / limit)
    if most is None or most >= _NO_LIMIT:
        return []
    used = _number(folder / usage) or 0
    files = sum(_entry(folder / "memory.stat", f"{prefix}{kind}_file") or 0 for kind in ("active", "inactive"))
    return [(most, max(0, used - files))]


def _quota(quota: str, period: str) -> list[float]:
    """Cores of a quota and its period in microseconds; no limit is "max" in version 2, and -1 or no file in 1."""
    return [int(quota) / int(period)] if quota.isdigit() and period.isdigit() else []


def _entry(path: Path, name: str) -> int | None:
    for line in _read(path).splitlines():
        key, _, value = line.partition(" ")
        if key == name:
            return int(value)
    return None


def _number(path: Path) -> int | None:
    text = _read(path).strip()
    return int(text) if text.isdigit() else None


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
