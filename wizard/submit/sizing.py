"""What a build asks Slurm for where the person does not say: from what the pre-flight measured here.

The machine that measures is seldom the one that builds, so every figure has a wide margin. Too long a limit only makes
a job wait longer for its slot; after too short a one, a task requeues itself and continues.
"""

import math
from dataclasses import dataclass

from wizard.events import Estimated
from wizard.preflight.checks import memory_to_ask_for

MOST_DEFAULT_TASKS = 16
_TASK = 600.0
"""Seconds that a task should take at least; its start, with a look at the raw data, takes up to minutes."""
_BEFORE = 600.0
"""Seconds allowed for that start."""
_SLOWER = 3.0
"""Allowed for: how much slower a task may be than it was here, on slower cores and a file system that all use."""
_LONGEST = 12 * 3600.0
"""Seconds of a limit at most: queues for longer jobs are fewer, and a task continues after it."""
_NOTICE = 120
"""Seconds before its limit at which a task is told, at least."""
_LONGEST_NOTICE = 1800
_READ_AGAIN = 20e6
"""Bytes a second that `verify` reads at least."""
_TENSORFLOW = 1.5e9
"""Bytes of memory of `verify` itself and of TensorFlow, amply: 0.92 GB of 10,000 images."""
_PER_IMAGE = 200
"""Bytes that `verify` needs for each image's name and label, amply."""
_VERIFYING = 250e6
"""Bytes of memory of each worker of `verify`, amply: 0.06 GB."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """A build, as far as its size matters here.

    Attributes:
        estimated: what was measured, for `busy` cores.
        busy: cores that the estimate's time is for.
        shards: number of shards of all splits.
    """

    estimated: Estimated
    busy: int
    shards: int

    @property
    def core_seconds(self) -> float:
        """Seconds that one core would take, at most."""
        return self.estimated.seconds.high * self.busy


def usual_tasks(work: Work, cpus: int) -> int:
    """The number of tasks: as many as have ten minutes' work each, at most 16, and a shard at least."""
    return max(1, min(MOST_DEFAULT_TASKS, work.shards, math.ceil(work.core_seconds / (cpus * _TASK))))


def time_limit(work: Work, cpus: int, tasks: int) -> int:
    """Seconds that a task may take, in tens of minutes."""
    seconds = _BEFORE + _SLOWER * work.core_seconds / (cpus * tasks)
    return _tens_of_minutes(min(_LONGEST, seconds))


def verify_limit(work: Work) -> int:
    """Seconds that the verification may take, in tens of minutes."""
    return _tens_of_minutes(_BEFORE + work.estimated.bytes_out.high / _READ_AGAIN)


def notice(work: Work, limit: int) -> int:
    """Seconds before its limit at which a task stops: enough to finish the shards under way, and to write them."""
    shard = work.core_seconds / work.shards
    wanted = min(_LONGEST_NOTICE, max(_NOTICE, math.ceil(_SLOWER * shard)))
    # A short task should not be told at once; Slurm tells it up to a minute earlier than asked.
    return max(1, min(wanted, limit // 3))


def task_memory(work: Work, cpus: int) -> str:
    """Memory of a task, as Slurm writes it."""
    return _gigabytes(memory_to_ask_for(work.estimated, cpus))


def verify_memory(work: Work, cpus: int) -> str:
    """Memory of the job that verifies, as Slurm writes it."""
    return _gigabytes(_TENSORFLOW + work.estimated.images * _PER_IMAGE + cpus * _VERIFYING)


def as_slurm_time(seconds: int) -> str:
    """Hours, minutes and seconds.

    >>> as_slurm_time(45_600)
    '12:40:00'
    """
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _tens_of_minutes(seconds: float) -> int:
    return math.ceil(seconds / 600) * 600


def _gigabytes(count: float) -> str:
    # Slurm's G is 2**30 bytes.
    return f"{max(1, math.ceil(count / 2**30))}G"
