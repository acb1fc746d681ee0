"""The cores that this process may keep busy; an affinity, a container's quota and a Slurm job's CPUs count."""

import os

from wizard.machine.cgroup import CgroupLimits, cgroup_limits


def usable_cores(limits: CgroupLimits | None = None) -> int:
    """Cores that this process may keep busy.

    They are those of its CPU affinity; fewer if a container's quota (rounded up) or its Slurm job has fewer.
    """
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limits = limits or cgroup_limits()
    bounds = [affinity]
    if limits.cores is not None:
        # Rounded up: with a quota of 1.5, two processes are faster than one.
        bounds.append(-int(-limits.cores // 1))
    # A cluster may leave a job to keep to its CPUs by itself: without the plugins task/affinity and task/cgroup, Slurm
    # sets neither an affinity nor a quota.
    allotted = os.environ.get("SLURM_CPUS_ON_NODE", "")
    if allotted.isdecimal():
        bounds.append(int(allotted))
    return max(1, min(bounds))
