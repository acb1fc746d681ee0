"""Decides what to do with a shard whose worker died: name the image, leave it out, retry, or give up."""

from collections import defaultdict
from collections.abc import Callable, Generator
from dataclasses import replace

from wizard.engine.bad_images import crash_reason, crashing, crashing_in_company, named
from wizard.engine.deaths import WorkerDied
from wizard.engine.plan import ShardTask
from wizard.engine.trial import Culprit, find_culprit
from wizard.errors import MachineError
from wizard.events import WorkerLost

ATTEMPTS = 3
"""Attempts at a shard whose worker dies without an image being the cause."""

_FindCulprit = Callable[[ShardTask, int], Culprit | None]


class Losses:
    """Counts the attempts at each shard, and decides after a worker's death.

    Args:
        find_culprit: finds the image that crashes workers, given a shard and the row of the image being processed.
    """

    def __init__(self, find_culprit: _FindCulprit = find_culprit) -> None:
        self._find_culprit = find_culprit
        self._tried: defaultdict[str, list[int | None]] = defaultdict(list)
        """The suspected image of each attempt at a shard; None if there was none."""

    def after(self, task: ShardTask, death: WorkerDied) -> Generator[WorkerLost, None, ShardTask]:
        """Decides after a worker's death.

        Yields:
            The loss, if the shard may be tried again.

        Returns:
            The shard's next task. If skipping is allowed, an image that crashes workers is left out of it; this does
            not count as an attempt, as there may be many such images.

        Raises:
            BadImage: an image crashes workers and the task does not allow skipping it, or every attempt died on it.
            MachineError: the shard was tried ATTEMPTS times.
        """
        suspect = death.item if death.crashed else None
        how = str(death) if death.item is None else f"{death} while processing {named(task.samples[death.item])}"
        tried = self._tried[task.name]
        attempt = len(tried) + 1
        if suspect is not None or attempt < ATTEMPTS:
            yield WorkerLost(shard=task.name, attempt=attempt, reason=how)
        culprit = self._find_culprit(task, suspect) if suspect is not None else None
        if culprit is not None:
            if not task.skip_bad:
                raise crashing(task.samples[culprit.row], culprit.death) from death
            return replace(task, crashing={**task.crashing, culprit.row: crash_reason(culprit.death)})
        tried.append(suspect)
        if attempt < ATTEMPTS:
            return task
        if suspect is not None and set(tried) == {suspect}:
            raise crashing_in_company(task.samples[suspect], death, task.name, attempt) from death
        raise MachineError(
            f"{task.name} was tried {attempt} times, and its worker died each time; the last time: {how}.", death.hint
        ) from death
