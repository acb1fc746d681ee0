"""Memory of this machine, and how much of it this process can get.

Fields of /proc/meminfo: Documentation/filesystems/proc.rst of the Linux kernel.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from wizard.machine.cgroup import CgroupLimits, cgroup_limits

_MEMINFO = Path("/proc/meminfo")


@dataclass(frozen=True, kw_only=True)
class MemoryUse:
    """Memory of the whole machine at one moment, in bytes.

    Attributes:
        available: what programs could get without swapping: free memory and most of the cache.
        cache: pages of files that can be dropped; None outside Linux.
        shared: tmpfs, /dev/shm and shared memory, which Linux counts as cached although it cannot be dropped; None
            outside Linux.
    """

    total: int
    available: int
    free: int
    cache: int | None = None
    shared: int | None = None

    @property
    def used(self) -> int:
        """Everything that is not available."""
        return self.total - self.available


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Memory that this process can get, in bytes.

    Attributes:
        total: of the machine, or of the container where that has less.
        available: what it could get now without swapping.
        machine, free: of the machine; free is unused.
        cache: of the machine; pages of files that can be dropped. 0 if a container's limit is what is short, since
            cache does not count towards it.
    """

    total: int
    available: int
    machine: int
    free: int = 0
    cache: int = 0

    def with_freed(self, more: int) -> "Memory":
        """The same if so many more bytes were available."""
        return replace(self, available=min(self.total, self.available + more))

    @property
    def limited(self) -> bool:
        """Whether a container's limit is below the machine's memory."""
        return self.total < self.machine


def memory_use(meminfo: Path = _MEMINFO) -> MemoryUse:
    """The memory of the machine now."""
    seen = psutil.virtual_memory()
    use = MemoryUse(total=int(seen.total), available=int(seen.available), free=int(seen.free))
    try:
        lines = meminfo.read_text().splitlines()
    except OSError:
        return use
    # psutil's `cached` has the kernel's own caches in it, which stay when pages of files are dropped.
    kilobytes = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    cached, shared = (1024 * kilobytes.get(name, 0) for name in ("Cached", "Shmem"))
    return replace(use, cache=max(0, cached + 1024 * kilobytes.get("Buffers", 0) - shared), shared=shared)


def usable_memory(limits: CgroupLimits | None = None) -> Memory:
    """The memory that this process can get now."""
    limits = limits or cgroup_limits()
    seen = memory_use()
    total, available, cache = seen.total, seen.available, seen.cache or 0
    if limits.memory is not None:
        total = min(total, limits.memory)
    if limits.memory_left is not None and limits.memory_left < available:
        available, cache = limits.memory_left, 0
    return Memory(total=total, available=available, machine=seen.total, free=seen.free, cache=cache)
