"""Finds the image that crashes workers by trying suspects in a worker that does nothing else.

The image being processed at the time of a crash is the suspect, but not always the cause: a decoder that corrupts
memory may bring the worker down a few images later. An image is blamed only if a fresh worker crashes on it alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from wizard.engine.deaths import WorkerDied
from wizard.engine.dry_run import process_repeatedly
from wizard.engine.executors.local import LocalExecutor
from wizard.engine.plan import ShardTask
from wizard.errors import SetupError

_TIMES = 8
"""Times that an image is processed: corrupted memory mostly shows only later."""
_BEFORE = 32
"""Images before the suspect that are tried as well."""


@dataclass(frozen=True, kw_only=True)
class Culprit:
    """An image that crashes workers.

    Attributes:
        row: its row in the shard's samples.
        death: how a worker died that processed nothing else.
    """

    row: int
    death: WorkerDied


def find_culprit(task: ShardTask, suspect: int) -> Culprit | None:
    """The image that crashes workers: the suspect, or one shortly before it; None if none does when tried alone.

    Args:
        task: the shard whose worker crashed.
        suspect: row of the image that it was processing.
    """
    alone = _crash(task, [suspect])
    if alone is not None:
        return alone
    before = [row for row in range(max(0, suspect - _BEFORE), suspect) if row not in task.crashing]
    among = _crash(task, before) if before else None
    return _crash(task, [among.row]) if among is not None else None


def _crash(task: ShardTask, rows: Sequence[int]) -> Culprit | None:
    """The culprit if a worker crashes on these images, processed one after the other; None if it does not."""
    chosen = replace(task, samples=task.samples.take(np.array(rows, np.intp)), skip_bad=True, crashing={})
    with LocalExecutor(1) as executor:
        try:
            executor.submit(process_repeatedly, chosen, _TIMES).result()
        except WorkerDied as death:
            if death.crashed and death.item is not None:
                return Culprit(row=rows[death.item], death=death)
        except SetupError:
            pass  # the shard's next attempt meets the same error, and reports it
    return None
