"""build_shard: reads, transforms, encodes, writes and commits one shard. Runs in a worker process."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from wizard.commit_record import CommitRecord
from wizard.engine import handover, heartbeat, in_hand, stages
from wizard.engine.plan import ShardTask
from wizard.engine.process_image import ShardCounts, add_image
from wizard.errors import MachineError
from wizard.events import Heartbeat
from wizard.targets.record_file import StoredRecord, write_record
from wizard.targets.writer import Writer

_PROCESS = psutil.Process()
_NAME = 200
"""Most characters of an image's name in a heartbeat."""


def build_shard(task: ShardTask) -> CommitRecord:
    """Builds the shard, puts it in place, and commits it; until then nothing stands under its name.

    Raises:
        BadImage: an image cannot be decoded, and the task does not allow to skip it.
        InputError: an archive cannot be read as indexed.
        MachineError: the shard cannot be written, or an image needs more memory than there is.
        BrokenPipeError: the run that asked for the shard is gone.
    """
    counts = ShardCounts()
    stages.begin()
    with _naming_the_disk(task), task.target.writer(Path(task.folder), task.split, task.name) as shard:
        for content in in_hand.each(task.samples.contents()):
            if heartbeat.due():
                _beat(task, shard, counts, content.sample.name)
            stages.enter("decode")
            add_image(task, content, shard, counts)
            stages.enter("read")
        _beat(task, shard, counts)
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
            seconds=time.monotonic() - counts.started,
            rss=counts.rss,
            check=task.recipe.check,
            stages={stage: round(seconds, 4) for stage, seconds in spent.items()},
        )
        stored = StoredRecord(plan_id=task.plan_id, record=record, files=committed.files)
        write_record(Path(task.folder), stored)
    return record


def _beat(task: ShardTask, shard: Writer, counts: ShardCounts, image: str = "") -> None:
    rss = _PROCESS.memory_info().rss
    counts.rss = max(counts.rss, rss)
    heartbeat.send(
        Heartbeat(
            worker=_PROCESS.pid,
            host=heartbeat.HOST,
            shard=task.name,
            split=task.split,
            done=counts.read,
            total=len(task.samples),
            bytes_in=counts.bytes_in,
            bytes_out=shard.size,
            rss=rss,
            image=image[:_NAME],
        )
    )


@contextmanager
def _naming_the_disk(task: ShardTask) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:  # an OSError too, but the run that would report it is gone
        raise
    except OSError as error:
        raise MachineError(
            f"{task.name} cannot be written in {task.folder}: {error.strerror or error}.",
            "Make room there, or correct the permissions; the same command then resumes where it stopped",
        ) from error
