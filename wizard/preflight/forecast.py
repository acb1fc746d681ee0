"""From what was measured of a sample to a build: its size, its time, and the way of reading that is faster."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import chain

from wizard.commit_record import SkippedImage
from wizard.engine.staged.layout import WORKER_BYTES, spilled_beside
from wizard.events import Estimated
from wizard.formatting import Range
from wizard.ilsvrc2012.archives import Split
from wizard.planning import Job
from wizard.preflight.reading_speed import ReadingSpeed, choose
from wizard.preflight.totals import span, summed, worker_memory
from wizard.preflight.write_cost import WriteCost
from wizard.sources.image_formats import added
from wizard.targets.labels import StoredLabels

_DEVIATIONS = 2.0
"""Standard errors on each side of what is likely."""
_CLOCK = 0.15
"""A machine's speed comes and goes by about this share within a run; seen on shared machines."""
_BOXES = 0.002
"""Allowed for: bounding boxes, which the sample does not carry, over the bytes of all records."""
_CLASSES_DIFFER = 0.3
"""Allowed for: standard deviation of the bytes of a class over their mean; classes have 732 to 1,300 images."""
_SPILLING = 2
"""Times that an image is moved more where it is spilled: written, and read again."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A split's totals: likely value and standard error; and how many images, and what memory, they rest on.

    `undisturbed` is the seconds if no other program were running; `largest` is the bytes of memory that the most
    demanding image needs, as far as is known.
    """

    sampled: int
    bytes_out: tuple[float, float]
    kept: tuple[float, float]
    smaller: tuple[float, float]
    seconds: tuple[float, float]
    undisturbed: float
    reading: float
    rss: list[int]
    largest: int
    damaged: tuple[SkippedImage, ...]


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What a build meets: so many workers, cores for `busy` of them, and the costs of writing and reading.

    Attributes:
        speed: of reading; None where there is nothing to choose.
        hashing: seconds before the build begins in which archives are hashed.
    """

    workers: int
    busy: int
    cost: WriteCost
    speed: ReadingSpeed | None
    hashing: float


def forecast(job: Job, parts: Mapping[Split, Measured], machine: Machine, remaining: float) -> tuple[Job, Estimated]:
    """The job with the way of reading that is faster, and the estimate of its build.

    The time is for the `remaining` part, which no earlier run has done.
    """
    shares = {split: job.fraction(split) for split in job.surveys}
    size = summed((parts[split].bytes_out, shares[split]) for split in parts)
    work = summed((parts[split].seconds, shares[split]) for split in parts)
    classes = job.profile.source.classes
    if classes is not None and min(shares.values()) < 1.0:
        unequal = _CLASSES_DIFFER / math.sqrt(classes)
        size, work = ((likely, math.hypot(error, likely * unequal)) for likely, error in (size, work))
    cost, busy, speed, hashing = machine.cost, machine.busy, machine.speed, machine.hashing
    shards = sum(job.shards.values())
    labels = StoredLabels(classes=job.classes, base=job.label_base)
    size = size[0] + shards * job.target.fixed_bytes(labels), size[1]
    images = round(job.images)
    bytes_in = round(sum(survey.image_bytes * shares[split] for split, survey in job.surveys.items()))
    reading = sum(parts[split].reading * shares[split] for split in parts)
    stored = cost.shard * shards + cost.byte * size[0] + cost.image * images
    spilling = _SPILLING * cost.byte * size[0]
    if speed is not None:
        job = replace(job, reading=choose(speed, bytes_in, (work[0] - reading + stored) / busy, spilling / busy))
    if job.reading.staged:
        stored, hashing = stored + spilling, 0.0
        if speed is not None:
            in_order = bytes_in / max(1.0, speed.in_order) * busy
            work, reading = (work[0] - reading + in_order, work[1]), in_order
    reading, stored = reading * remaining, stored * remaining
    seconds, error = (work[0] * remaining + stored) / busy, work[1] * remaining / busy
    disturbed = sum((part.seconds[0] - part.undisturbed) * shares[split] for split, part in parts.items())
    spread = math.hypot(_DEVIATIONS * error, _CLOCK * seconds)
    largest = max(part.largest for part in parts.values())
    bytes_out = span(size[0], _DEVIATIONS * size[1], 0.0 if job.profile.source.boxes == "none" else _BOXES)
    memory = worker_memory(list(chain.from_iterable(part.rss for part in parts.values())), largest)
    more = job.target.writing + (WORKER_BYTES if job.reading.staged else 0)
    memory = Range(low=memory.low + more, likely=memory.likely + more, high=memory.high + more)
    spill = 0.0
    if job.reading.staged:
        beside = spilled_beside(bytes_out.high, bytes_in, max(job.shards.values()), machine.workers)
        spill = beside if remaining else 0.0
    kept = None
    if any(recipe.keep_small for recipe in job.recipes.values()):
        kept = min(images, max(0, round(sum(parts[split].kept[0] * shares[split] for split in parts))))
    smaller = min(images, max(0, round(sum(parts[split].smaller[0] * shares[split] for split in parts))))
    converted = [
        {kind: round(count * shares[split]) for kind, count in job.conversions(split).items()} for split in parts
    ]
    return job, Estimated(
        images=images,
        kept=kept,
        smaller=smaller,
        converted=added(converted),
        sampled=sum(part.sampled for part in parts.values()),
        workers=machine.workers,
        bytes_in=bytes_in,
        bytes_out=bytes_out,
        seconds=Range(
            low=hashing + max(0.0, seconds - disturbed * remaining / busy - spread),
            likely=hashing + seconds,
            high=hashing + max(seconds + spread, reading, stored),
        ),
        worker_memory=memory,
        largest_image=largest,
        damaged=tuple(chain.from_iterable(part.damaged for part in parts.values())),
        spill=round(spill),
        reading=str(speed or ""),
        remaining=remaining,
    )
