"""build_shard: reads, transforms, encodes, writes and commits one shard. Runs in a worker process."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import psutil

from wizard.commit_record import CommitRecord
from wizard.engine import handover, heartbeat, in_hand, stages
from wizard.engine.plan import ShardTask
from wizard.engine.process_image import ProcessedImage, ShardCounts, process, store
from wizard.errors import MachineError
from wizard.events import Heartbeat
from wizard.sources.readers import Sample
from wizard.targets.labels import StoredLabels
from wizard.targets.record_file import StoredRecord, read_record, write_record

_NAME = 200
"""Most characters of an image's name in a heartbeat."""


class Coming(NamedTuple):
    """An image on its way into a shard, and what gives it as it will be stored."""

    sample: Sample
    process: Callable[[], ProcessedImage]


def build_shard(task: ShardTask) -> CommitRecord:
    """Builds the shard from its source, puts it in place, and commits it; until then nothing stands under its name.

    Raises:
        BadImage: an image cannot be decoded, and the task does not allow to skip it.
        InputError: an archive cannot be read as indexed.
        MachineError: the shard cannot be written, or an image needs more memory than there is.
        BrokenPipeError: the run that asked for the shard is gone.
    """
    return write_shard(task, read_images(task))


def read_images(task: ShardTask) -> Iterator[Coming]:
    """The task's images, read from the source in their order; none is processed before it is asked for.

    Raises:
        InputError: an archive cannot be read as indexed.
    """
    for row, content in enumerate(in_hand.each(task.samples.contents())):
        yield Coming(content.sample, partial(process, task, content, row))


def write_shard(task: ShardTask, coming: Iterable[Coming]) -> CommitRecord:
    """Writes a shard of these images, puts it in place, and commits it; raises what `build_shard` does.

    A shard that another process has committed meanwhile is done: nothing is read, and that record is returned.
    """
    done = _done_meanwhile(task)
    if done is not None:
        return done
    counts = ShardCounts()
    stages.begin()
    labels = StoredLabels(classes=task.samples.classes, base=task.label_base)
    with (
        naming_the_disk(task),
        task.target.labeled_writer(Path(task.folder), task.split, task.name, labels) as shard,
    ):
        for sample, processed in coming:
            if heartbeat.due():
                beat(task, counts, shard.size, sample.name)
            stages.enter("decode")
            store(task, sample, processed(), shard, counts)
            stages.enter("read")
        beat(task, counts, shard.size)
        spent = stages.end()
        handover.hand_over()
        begun = time.perf_counter()
        committed = shard.commit()
        spent["commit"] = time.perf_counter() - begun
        record = CommitRecord(
            shard=task.name,
            split=task.split,
            images=counts.images,
            boxes=counts.boxes,
            bytes_in=counts.bytes_in,
            bytes_out=committed.bytes,
            sha256=committed.sha256,
            converted=tuple(counts.converted),
            skipped=tuple(counts.skipped),
            kept=counts.kept,
            smaller=counts.smaller,
            unboxed=counts.unboxed,
            seconds=time.monotonic() - counts.started,
            rss=counts.rss,
            check=task.recipe.check,
            stages={stage: round(seconds, 4) for stage, seconds in spent.items()},
        )
        stored = StoredRecord(plan_id=task.plan_id, record=record, files=committed.files)
        write_record(Path(task.folder), stored)
    return record


def _done_meanwhile(task: ShardTask) -> CommitRecord | None:
    try:
        stored = read_record(Path(task.folder), task.name)
    except (OSError, ValueError):
        return None
    if stored.plan_id != task.plan_id or (stored.record.skipped and not task.skip_bad):
        return None
    return None if task.target.missing(Path(task.folder), stored.record) else stored.record


def beat(
    task: ShardTask,
    counts: ShardCounts,
    bytes_out: int,
    image: str = "",
    *,
    reading: bool = False,
    total: int | None = None,
) -> None:
    """Sends a heartbeat; `reading` if what is written are spills, not a shard; `total` where it is not the samples'.

    Raises:
        BrokenPipeError: the run that asked for the shard is gone.
    """
    process = psutil.Process()
    rss = process.memory_info().rss
    counts.rss = max(counts.rss, rss)
    heartbeat.send(
        Heartbeat(
            worker=process.pid,
            host=heartbeat.HOST,
            shard=task.name,
            split=task.split,
            done=counts.read,
            total=len(task.samples) if total is None else total,
            bytes_in=counts.bytes_in,
            bytes_out=bytes_out,
            rss=rss,
            image=image[:_NAME],
            reading=reading,
            shard_file=task.file,
        )
    )


@contextmanager
def naming_the_disk(task: ShardTask) -> Iterator[None]:
    """Context manager: an OSError becomes a MachineError that names what could not be written."""
    try:
        yield
    except BrokenPipeError:  # an OSError too, but the run that would report it is gone
        raise
    except OSError as error:
        raise MachineError(
            f"{task.title} cannot be written in {task.folder}: {error.strerror or error}.",
            "Make room there, or correct the permissions; the same command then resumes where it stopped",
        ) from error
