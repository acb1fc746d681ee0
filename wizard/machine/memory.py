"""How much memory there is, how much of it is used, and what of it this process may have.

Fields of /proc/meminfo: Documentation/filesystems/proc.rst of the Linux kernel.
"""

from dataclasses import dataclass
from pathlib import Path

import psutil

from wizard.machine.cgroup import CgroupLimits, cgroup_limits

_MEMINFO = Path("/proc/meminfo")


@dataclass(frozen=True, kw_only=True)
class MemoryUse:
    """A machine's memory at one moment, in bytes.

    Attributes:
        total: of the machine.
        available: what programs could have without swapping: what is free, and most of the cache.
        free: what nobody uses.
        cache: pages of files that could be dropped; None where the system does not tell.
        shared: tmpfs, /dev/shm and shared memory, which Linux counts as cached though it cannot be dropped; None where
            the system does not tell.
    """

    total: int
    available: int
    free: int
    cache: int | None = None
    shared: int | None = None

    @property
    def used(self) -> int:
        """What is not available."""
        return self.total - self.available


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


def memory_use(meminfo: Path = _MEMINFO) -> MemoryUse:
    """The memory at this moment; what cannot be told apart outside Linux is None."""
    seen = psutil.virtual_memory()
    figures = MemoryUse(total=int(seen.total), available=int(seen.available), free=int(seen.free))
    try:
        lines = meminfo.read_text().splitlines()
    except OSError:
        return figures
    # psutil's `cached` has the kernel's own caches in it, which stay when pages of files are dropped.
    kilobytes = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    cached, shared = (1024 * kilobytes.get(name, 0) for name in ("Cached", "Shmem"))
    cache = max(0, cached + 1024 * kilobytes.get("Buffers", 0) - shared)
    return MemoryUse(total=figures.total, available=figures.available, free=figures.free, cache=cache, shared=shared)


def usable_memory(limits: CgroupLimits | None = None) -> Memory:
    """The memory there is now."""
    limits = limits or cgroup_limits()
    seen = memory_use()
    total, available, cache = seen.total, seen.available, seen.cache or 0
    if limits.memory is not None:
        total = min(total, limits.memory)
    if limits.memory_left is not None and limits.memory_left < available:
        available, cache = limits.memory_left, 0
    return Memory(total=total, available=available, machine=seen.total, free=seen.free, cache=cache)
