"""Re-reads one shard and says what is wrong with it. Runs in a worker process, without TensorFlow."""

from collections.abc import Iterator

from wizard.engine import in_hand
from wizard.targets.expected import Expectation, Planned, Seen, ShardDamage
from wizard.verify.problem import Problem


def check_shard(expected: Expectation) -> tuple[Problem, ...]:
    """Everything that is wrong with the shard, its bytes first; empty if nothing is.

    Checks the size and sha256, that it holds exactly the planned images in order, every image's header, and what its
    output format stores beside the images: see `Target.seen`.
    """
    try:
        return tuple(_problems(expected))
    except ShardDamage as damage:
        return (Problem(shard=expected.result.shard, what=str(damage)),)
    except OSError as error:
        return (Problem(shard=expected.result.shard, what=f"it cannot be read: {error.strerror or error}"),)


def _problems(expected: Expectation) -> Iterator[Problem]:
    shard, planned, target = expected.result.shard, expected.images, expected.target
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
    yield from _miscounted(expected, planned, count)
    if target.has_boxes and boxes != expected.result.boxes:
        yield Problem(shard=shard, what=f"it has {boxes:,} boxes, {expected.result.boxes:,} were recorded")


def _miscounted(expected: Expectation, planned: list[Planned], images: int) -> Iterator[Problem]:
    """Whether the shard holds as many images as were planned, and as many as were recorded."""
    shard, recorded = expected.result.shard, expected.result.images
    if images != len(planned):
        missing = f"; the first that is missing is {planned[images].name}" if images < len(planned) else ""
        yield Problem(shard=shard, what=f"it has {images:,} images, expected {len(planned):,}{missing}")
    if images != recorded:
        yield Problem(shard=shard, what=f"it has {images:,} images, {recorded:,} were recorded")
