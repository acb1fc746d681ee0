"""Speed at which the workers check images by decoding them: measured in the workers, as busy as the machine is now."""

from dataclasses import replace

import numpy as np

from wizard.engine.deaths import WorkerDied
from wizard.engine.dry_run import dry_run
from wizard.engine.executors.executor import Executor
from wizard.engine.plan import ShardTask
from wizard.errors import SetupError

USUAL = 1e8
"""Bytes a second on one core of a cloud machine: 1.1 ms for 110 kB, the median of 300 photos."""
_SAMPLE = 32
"""Images for each worker, which take about 35 ms."""


def usual_speed(cores: int) -> float:
    """Bytes a second that so many cores check together on machines with nothing else to do."""
    return USUAL * cores


def measured_speed(executor: Executor, task: ShardTask) -> float:
    """Bytes a second that all workers of the executor check together; the usual speed if that cannot be measured.

    `task` is any shard's; the first of its images are the sample. What is wrong with them is left to the build.
    """
    workers = executor.capacity
    decoding = replace(task, recipe=replace(task.recipe, check="decode"), skip_bad=True)
    rows = [np.arange(first, len(task.samples), workers)[:_SAMPLE] for first in range(workers)]
    tasks = [replace(decoding, samples=task.samples.take(mine)) for mine in rows if len(mine)]
    try:
        futures = [executor.submit(dry_run, each) for each in tasks]
        seconds = sum(sum(future.result().seconds) for future in futures)
    except (SetupError, WorkerDied):
        return usual_speed(executor.cores)
    size = sum(int(each.samples.size.sum()) for each in tasks)
    return size / seconds * executor.cores if seconds else usual_speed(executor.cores)
