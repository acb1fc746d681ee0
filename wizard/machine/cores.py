"""The cores that this process may keep busy; an affinity and a container's quota count."""

import os

from wizard.machine.cgroup import CgroupLimits, cgroup_limits


def usable_cores(limits: CgroupLimits | None = None) -> int:
    """Cores that this process may keep busy: its CPU affinity, or a container's quota (rounded up) where less."""
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limits = limits or cgroup_limits()
    # Rounded up: with a quota of 1.5, two processes are faster than one.
    return affinity if limits.cores is None else max(1, min(affinity, -int(-limits.cores // 1)))
