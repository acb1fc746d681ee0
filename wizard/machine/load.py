"""Load of the machine while it works."""

import os
from dataclasses import dataclass
from pathlib import Path

import psutil

from wizard.machine.cores import usable_cores
from wizard.machine.disks import free_bytes
from wizard.machine.memory import usable_memory


@dataclass(frozen=True, kw_only=True)
class MachineLoad:
    """Load of the machine at one moment, in bytes, a container's limits considered.

    Attributes:
        cpu: percent of the cores that this process may use, 0 to 100.
        disk_free: on the output's disk.
    """

    cpu: float
    memory_used: int
    memory_total: int
    disk_free: int


def machine_load(output: Path) -> MachineLoad:
    """The load now; `cpu` is the mean since the last call."""
    each = psutil.cpu_percent(percpu=True)
    mine = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(len(each))
    busy = sum(each[core] for core in mine if core < len(each))
    memory = usable_memory()
    return MachineLoad(
        # A container's quota is 100 %, however many cores its work is spread over.
        cpu=min(100.0, busy / usable_cores()),
        memory_used=memory.total - memory.available,
        memory_total=memory.total,
        disk_free=free_bytes(output),
    )
