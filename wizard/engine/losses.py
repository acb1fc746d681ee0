"""Decides what to do with a shard whose worker died: name the image, leave it out, retry, or give up.

The image being processed at the time of a crash is the suspect, but not always the cause: a decoder that corrupts
memory may bring the worker down a few images later. An image is blamed only if a fresh worker crashes on it alone.
"""

from collections import defaultdict
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from wizard.engine.deaths import WorkerDied
from wizard.engine.dry_run import process_repeatedly
from wizard.engine.executors.local import LocalExecutor
from wizard.engine.plan import ShardTask
from wizard.errors import BadImage, MachineError, SetupError
from wizard.events import WorkerLost
from wizard.sources.locate import ON_BAD_IMAGE

ATTEMPTS = 3
"""Attempts at a shard whose worker dies without an image being the cause."""
_TIMES = 8
"""Times that a suspect is processed: corrupted memory mostly shows only later."""
_BEFORE = 32
"""Images before the suspect that are tried as well."""

Task = TypeVar("Task", bound=ShardTask)
Culprit = tuple[int, WorkerDied]
"""The row of an image that crashes workers, and how a worker died that processed nothing else."""


def find_culprit(task: ShardTask, suspect: int) -> Culprit | None:
    """The image that crashes workers: the suspect's row, or one shortly before; None if none does when tried alone."""
    alone = _crash(task, [suspect])
    if alone is not None:
        return alone
    before = [row for row in range(max(0, suspect - _BEFORE), suspect) if row not in task.crashing]
    among = _crash(task, before) if before else None
    return _crash(task, [among[0]]) if among is not None else None


def _crash(task: ShardTask, rows: Sequence[int]) -> Culprit | None:
    """The culprit if a worker crashes on these images, processed one after the other; None if it does not."""
    chosen = replace(task, samples=task.samples.take(np.array(rows, np.intp)), skip_bad=True, crashing={})
    with LocalExecutor(1) as executor:
        try:
            executor.submit(process_repeatedly, chosen, _TIMES).result()
        except WorkerDied as death:
            if death.crashed and death.item is not None:
                return rows[death.item], death
        except SetupError:
            pass  # the shard's next attempt meets the same error, and reports it
    return None


class Losses:
    """Counts the attempts at each shard, and decides after a worker's death."""

    def __init__(self, find: Callable[[ShardTask, int], Culprit | None] = find_culprit) -> None:
        self._find = find
        self._tried: defaultdict[str, list[int | None]] = defaultdict(list)
        """The suspected image of each attempt at a shard; None if there was none."""

    def after(self, task: Task, death: WorkerDied) -> Generator[WorkerLost, None, Task]:
        """Decides after a worker's death.

        Yields:
            The loss, if the shard may be tried again.

        Returns:
            The shard's next task. If skipping is allowed, an image that crashes workers is left out of it; this does
            not count as an attempt, as there may be many such images. Nor does the death of a worker that was building
            another shard, while this one was being flushed: it is told of that one.

        Raises:
            BadImage: an image crashes workers and the task does not allow skipping it, or every attempt died on it.
            MachineError: the shard was tried ATTEMPTS times.
        """
        if death.beside:
            return task
        suspect = death.item if death.crashed else None
        how = str(death) if death.item is None else f"{death} while processing {task.samples[death.item].place}"
        tried = self._tried[task.name]
        attempt = len(tried) + death.times
        if suspect is not None or attempt < ATTEMPTS:
            yield WorkerLost(shard=task.name, shard_file=task.file, attempt=attempt, reason=how)
        culprit = self._find(task, suspect) if suspect is not None else None
        if culprit is not None:
            row, alone = culprit
            reason = f"a worker crashed on it twice ({alone.signal})"
            if task.skip_bad:
                return replace(task, crashing={**task.crashing, row: reason})
            raise BadImage(
                f"{task.samples[row].place}: {reason}.",
                "The file is damaged, or the decoder crashes on files of this kind: replace or convert it, or "
                + ON_BAD_IMAGE,
            ) from death
        tried += [suspect] * death.times
        if attempt < ATTEMPTS:
            return task
        if suspect is not None and set(tried) == {suspect}:
            # It is never left out: tried alone it is innocent, and the cause may be another image.
            raise BadImage(
                f"{task.samples[suspect].place}: a worker crashed {attempt} times while processing it "
                f"({death.signal}), but not when it was tried alone.",
                f"The cause may be this image or another one in {task.title}: replace or convert it and try again. "
                + death.hint,
            ) from death
        raise MachineError(
            f"{task.title} was tried {attempt} times, and its worker died each time; the last time: {how}.", death.hint
        ) from death
