"""Re-reads shards in worker processes, without TensorFlow, and says what is wrong with each, by record and image."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from wizard.engine import in_hand
from wizard.engine.deaths import WorkerDied
from wizard.engine.executors.executor import Executor
from wizard.errors import MachineError
from wizard.targets.expected import Expectation, Seen, ShardDamage


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something wrong with a dataset.

    Attributes:
        shard: `Expectation.label`, or another file's path below the dataset's folder.
        what: a clause: what was found, what was expected.
        record: its place in the shard from 0; None where the shard as a whole is meant.
        name: of the image, where it is known.
    """

    shard: str
    what: str
    record: int | None = None
    name: str = ""

    def __str__(self) -> str:
        place = "" if self.record is None else f", record {self.record}"
        return f"{self.shard}{place}{f' ({self.name})' if self.name else ''}: {self.what}"


def check_shards(
    expectations: Collection[Expectation], executor: Executor
) -> Iterator[tuple[Expectation, tuple[Problem, ...]]]:
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
        shard, record = expected.label, death.item
        if not (death.crashed and before.crashed and record is not None and record == before.item):
            raise MachineError(
                f"Re-reading {shard} failed twice; the last time: {death}.", f"{death.hint}; nothing was changed"
            ) from death
        planned = expected.images
        what = f"a worker crashed on it twice ({death.signal}); the records after it were not read"
        name = planned[record].name if record < len(planned) else ""
        return (Problem(shard=shard, what=what, record=record, name=name),)


def check_shard(expected: Expectation) -> tuple[Problem, ...]:
    """Everything that is wrong with the shard, its bytes first; empty if nothing is.

    Checks the size and sha256, that it holds exactly the planned images in order, every image's header, and what its
    output format stores beside the images: see `Target.seen`.
    """
    try:
        return tuple(_problems(expected))
    except ShardDamage as damage:
        return (Problem(shard=expected.label, what=str(damage)),)
    except OSError as error:
        return (Problem(shard=expected.label, what=f"it cannot be read: {error.strerror or error}"),)


def _problems(expected: Expectation) -> Iterator[Problem]:
    shard, planned, target = expected.label, expected.images, expected.target
    for what in target.wrong_bytes(expected):
        yield Problem(shard=shard, what=what)
    stored = in_hand.each(target.stored(expected))
    count = boxes = 0
    while True:
        known = planned[count] if count < len(planned) else None
        name = known.name if known else ""
        try:
            item = next(stored)
        except StopIteration:
            break
        except ShardDamage as damage:
            yield Problem(shard=shard, what=str(damage), record=count, name=name)
            return
        seen = Seen(0, ["it is one image too many"]) if known is None else target.seen(item, known, expected)
        boxes += seen.boxes
        place = None if target.one_file_per_image else count  # the clause names the file
        for what in seen.wrong:
            yield Problem(shard=shard, what=what, record=place, name=name)
        count += 1
    recorded = expected.result
    if count != len(planned):
        missing = f"; the first that is missing is {planned[count].name}" if count < len(planned) else ""
        yield Problem(shard=shard, what=f"it has {count:,} images, expected {len(planned):,}{missing}")
    if count != recorded.images:
        yield Problem(shard=shard, what=f"it has {count:,} images, {recorded.images:,} were recorded")
    if target.has_boxes and boxes != recorded.boxes:
        yield Problem(shard=shard, what=f"it has {boxes:,} boxes, {recorded.boxes:,} were recorded")
