"""What this machine has for a build: cores, memory, disks, open files; a container's limits count."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import psutil

from wizard.folders import existing
from wizard.machine.cgroup import Limits, read_limits
from wizard.machine.page_cache import look as figures


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Memory that processes may use, in bytes.

    Attributes:
        total: of the machine, or of the container where that has less.
        available: what could be had now without swapping.
        machine: of the machine.
        free: of the machine; what nobody uses.
        cache: of the machine; pages of files that could be dropped. 0 where a group may have less than is available:
            its limit is not reached by cache.
    """

    total: int
    available: int
    machine: int
    free: int = 0
    cache: int = 0

    @property
    def limited(self) -> bool:
        """Whether a container's limit is what counts."""
        return self.total < self.machine


@dataclass(frozen=True, kw_only=True)
class Disk:
    """The file system that a path lies on, or would lie on.

    Attributes:
        mount: where it is mounted; empty where that cannot be told.
        kind: ext4, tmpfs, nfs4, ...; empty where that cannot be told.
        free: bytes that this user may still write.
        files_free: files that may still be made; None where the file system sets no number.
    """

    mount: str
    kind: str
    free: int
    files_free: int | None


@dataclass(frozen=True, kw_only=True)
class Machine:
    """How the machine does while it builds, about once a second.

    Attributes:
        cpu: load of the cores that may be used, 0 to 100.
        memory_used: bytes.
        memory_total: bytes that may be used; a container's limit counts.
        disk_free: bytes free where the output goes.
    """

    cpu: float
    memory_used: int
    memory_total: int
    disk_free: int


def memory(limits: Limits | None = None) -> Memory:
    """The memory there is now."""
    limits = limits or read_limits()
    seen = figures()
    total, available, cache = seen.total, seen.available, seen.cache or 0
    if limits.memory is not None:
        total = min(total, limits.memory)
    if limits.memory_left is not None and limits.memory_left < available:
        available, cache = limits.memory_left, 0
    return Memory(total=total, available=available, machine=seen.total, free=seen.free, cache=cache)


def cores(limits: Limits | None = None) -> int:
    """Cores that this process may keep busy: its CPU affinity, or a container's quota (rounded up) where less."""
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limits = limits or read_limits()
    return affinity if limits.cores is None else max(1, min(affinity, -int(-limits.cores // 1)))


def disk(path: Path) -> Disk:
    """The file system of a path, which need not exist yet.

    Raises:
        OSError: it cannot be looked at.
    """
    place = existing(path)
    device = place.stat().st_dev
    mount, kind = _mount_of(place.resolve(), device)
    return Disk(mount=mount, kind=kind, free=shutil.disk_usage(place).free, files_free=_files_free(place))


def open_files() -> tuple[int, int] | None:
    """How many files a process may have open: now, and at most when it asks; None where there is no such limit."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    without_end = 1 << 30
    return tuple(without_end if limit == resource.RLIM_INFINITY else limit for limit in (soft, hard))  # type: ignore[return-value]


def disk_free(output: Path) -> int:
    """Bytes that this user may still write where the output goes."""
    return shutil.disk_usage(existing(output)).free


def look(output: Path) -> Machine:
    """How the machine does at this moment; `cpu` is the load since the last look."""
    now = memory()
    return Machine(
        cpu=_load(),
        memory_used=now.total - now.available,
        memory_total=now.total,
        disk_free=disk_free(output),
    )


def _load() -> float:
    """Of the cores that may be used: those of the affinity, a container's quota counted as all that there is."""
    each = psutil.cpu_percent(percpu=True)
    mine = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(len(each))
    busy = sum(each[core] for core in mine if core < len(each))
    return min(100.0, busy / cores())


def _mount_of(place: Path, device: int) -> tuple[str, str]:
    found = ("", "")
    for partition in psutil.disk_partitions(all=True):
        mount = Path(partition.mountpoint)
        if len(partition.mountpoint) >= len(found[0]) and place.is_relative_to(mount) and _device(mount) == device:
            found = (partition.mountpoint, partition.fstype)
    return found


def _device(mount: Path) -> int | None:
    try:
        return mount.stat().st_dev
    except OSError:
        return None


def _files_free(place: Path) -> int | None:
    if not hasattr(os, "statvfs"):
        return None
    state = os.statvfs(place)
    return state.f_favail if state.f_files else None
