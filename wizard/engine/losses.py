"""What is to be done about a shard whose worker died: name the image, leave it out, try again, or give up."""

from collections import defaultdict
from collections.abc import Callable, Generator
from dataclasses import replace

from wizard.engine.bad_images import crash_reason, crashing, crashing_in_company, named
from wizard.engine.deaths import WorkerDied
from wizard.engine.events import WorkerLost
from wizard.engine.plan import ShardTask
from wizard.engine.trial import Culprit
from wizard.errors import MachineError

ATTEMPTS = 3
"""How often a shard is tried whose worker dies of no image."""

FindCulprit = Callable[[ShardTask, int], Culprit | None]


class Losses:
    """Remembers how often each shard was tried.

    Args:
        find_culprit: the image that kills workers, given a shard and the row of the image in hand.
    """

    def __init__(self, find_culprit: FindCulprit) -> None:
        self._find_culprit = find_culprit
        self._tried: defaultdict[str, list[int | None]] = defaultdict(list)
        """The suspects of each shard's deaths, None where there was none."""

    def after(self, task: ShardTask, death: WorkerDied) -> Generator[WorkerLost, None, ShardTask]:
        """Decides after a worker's death.

        Yields:
            The loss, where the shard may be tried again.

        Returns:
            The shard's next task; an image that kills workers is left out of it where that is allowed, and that costs
            the shard no attempt: there may be many.

        Raises:
            BadImage: an image kills workers, and the task does not allow to skip it; or was in hand at every attempt.
            MachineError: the shard was tried ATTEMPTS times.
        """
        suspect = death.item if death.crashed else None
        how = str(death) if death.item is None else f"{death} with {named(task.samples[death.item])} in hand"
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
            f"{task.name} was tried {attempt} times, and each time its worker died; the last time: {how}.", death.hint
        ) from death
