"""Re-reads shards in worker processes; a shard that crashes its worker is reported by record and image."""

from collections.abc import Collection, Iterator

from wizard.engine.deaths import WorkerDied
from wizard.engine.executors.executor import Executor
from wizard.errors import MachineError
from wizard.targets.expected import Expectation
from wizard.verify.problem import Problem
from wizard.verify.shard import check_shard

Checked = tuple[Expectation, tuple[Problem, ...]]


def checked(expectations: Collection[Expectation], executor: Executor) -> Iterator[Checked]:
    """Yields each shard with all its problems, in order.

    Raises:
        MachineError: a shard's worker died twice, and not on the same image.
    """
    futures = [executor.submit(check_shard, each) for each in expectations]
    for expected, future in zip(expectations, futures, strict=True):
        try:
            yield expected, future.result()
        except WorkerDied as death:
            yield expected, _once_more(expected, death, executor)


def _once_more(expected: Expectation, before: WorkerDied, executor: Executor) -> tuple[Problem, ...]:
    try:
        return executor.submit(check_shard, expected).result()
    except WorkerDied as death:
        if death.crashed and before.crashed and death.item is not None and death.item == before.item:
            return (_deadly(expected, death, death.item),)
        raise MachineError(
            f"Re-reading {expected.result.shard} failed twice; the last time: {death}.",
            f"{death.hint}; nothing was changed",
        ) from death


def _deadly(expected: Expectation, death: WorkerDied, record: int) -> Problem:
    planned = expected.images
    return Problem(
        shard=expected.result.shard,
        what=f"a worker crashed on it twice ({death.signal}); the records after it were not read",
        record=record,
        name=planned[record].name if record < len(planned) else "",
    )
