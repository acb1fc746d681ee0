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
    """Load of the machine at one moment.

    Attributes:
        cpu: percent of the cores that this process may use, 0 to 100.
        memory_used: bytes.
        memory_total: bytes, a container's limit considered.
        disk_free: bytes free on the output's disk.
    """

    cpu: float
    memory_used: int
    memory_total: int
    disk_free: int


def machine_load(output: Path) -> MachineLoad:
    """The load now; `cpu` is the mean since the last call."""
    now = usable_memory()
    return MachineLoad(
        cpu=_load(),
        memory_used=now.total - now.available,
        memory_total=now.total,
        disk_free=free_bytes(output),
    )


def _load() -> float:
    """Percent of the usable cores: those of the affinity, or a container's quota as 100 %."""
    each = psutil.cpu_percent(percpu=True)
    mine = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(len(each))
    busy = sum(each[core] for core in mine if core < len(each))
    return min(100.0, busy / usable_cores())
