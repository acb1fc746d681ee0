"""Finds the image that kills workers, by trying suspects in a worker that does nothing else.

The image in hand at a crash is the suspect. It need not be the cause: a decoder that writes where it must not may
bring the worker down a few images later. So an image is to blame only where a fresh worker dies of it alone.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np

from wizard.engine.deaths import WorkerDied
from wizard.engine.executors import LocalExecutor
from wizard.engine.plan import ShardTask
from wizard.engine.worker import try_out
from wizard.errors import SetupError

_TIMES = 8
"""How often an image is put through: damage to a worker's memory mostly shows only later."""
_BEFORE = 32
"""Images before the suspect that may be the cause instead."""


@dataclass(frozen=True, kw_only=True)
class Culprit:
    """An image that kills workers.

    Attributes:
        row: its row in the shard's samples.
        death: of the worker that had nothing else to do.
    """

    row: int
    death: WorkerDied


def _one_worker() -> Executor:
    return LocalExecutor(1)


def find_culprit(task: ShardTask, suspect: int, start: Callable[[], Executor] = _one_worker) -> Culprit | None:
    """The image that kills workers: the suspect, or one not long before it; None where none does so alone.

    Args:
        task: the shard whose worker crashed.
        suspect: row of the image that it had in hand.
        start: makes an executor of one fresh worker.
    """
    alone = _crash(task, [suspect], start)
    if alone is not None:
        return alone
    before = [row for row in range(max(0, suspect - _BEFORE), suspect) if row not in task.crashing]
    among = _crash(task, before, start) if before else None
    return _crash(task, [among.row], start) if among is not None else None


def _crash(task: ShardTask, rows: Sequence[int], start: Callable[[], Executor]) -> Culprit | None:
    """How a worker dies of these images, one after the other; None where it does not crash."""
    chosen = replace(task, samples=task.samples.take(np.array(rows, np.intp)), skip_bad=True, crashing={})
    with start() as executor:
        try:
            executor.submit(try_out, chosen, _TIMES).result()
        except WorkerDied as death:
            if death.crashed and death.item is not None:
                return Culprit(row=rows[death.item], death=death)
        except SetupError:
            pass  # the shard's next attempt meets it too, and says it
    return None
