"""build_shard: reads, transforms, encodes, writes and commits one shard; rehearse: the same without the writing.

Both run in a worker process.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import psutil

from wizard.commit_record import CommitRecord, ConvertedImage, SkippedImage
from wizard.engine import heartbeat, image_memory, in_hand
from wizard.engine.bad_images import out_of_memory, undecodable
from wizard.engine.plan import ShardTask
from wizard.engine.transform import transform
from wizard.errors import MachineError
from wizard.events import Heartbeat
from wizard.formats.resize import move_boxes
from wizard.formats.undecodable import Undecodable
from wizard.sources.classes import stored_label
from wizard.sources.readers import Content
from wizard.sources.records.boxes import sound_rows
from wizard.targets.record_file import StoredRecord, write_record
from wizard.targets.sample import OutputSample, SourceRecord
from wizard.targets.writer import NullWriter, Writer

_PROCESS = psutil.Process()
_TOLD = 200
"""Most characters of an image's name in a beat, which has to stay small."""


@dataclass(kw_only=True)
class _Tally:
    """What a shard has come to so far."""

    started: float = field(default_factory=time.monotonic)
    read: int = 0
    images: int = 0
    boxes: int = 0
    bytes_in: int = 0
    rss: int = 0
    converted: list[ConvertedImage] = field(default_factory=list)
    skipped: list[SkippedImage] = field(default_factory=list)


def build_shard(task: ShardTask) -> CommitRecord:
    """Builds the shard, puts it in place, and commits it; until then nothing stands under its name.

    Raises:
        BadImage: an image cannot be decoded, and the task does not allow to skip it.
        InputError: an archive cannot be read as indexed.
        MachineError: the shard cannot be written, or an image needs more memory than there is.
        BrokenPipeError: the run that asked for the shard is gone.
    """
    tally = _Tally()
    with _naming_the_disk(task), task.target.writer(Path(task.folder), task.split, task.name) as shard:
        for content in in_hand.each(task.samples.contents()):
            if heartbeat.due():
                _beat(task, shard, tally, content.sample.name)
            image_memory.require(content.image, content.sample, task.recipe, task.memory)
            _add(task, content, shard, tally)
        _beat(task, shard, tally)
        committed = shard.commit()
        record = CommitRecord(
            shard=task.name,
            split=task.split,
            images=tally.images,
            boxes=tally.boxes,
            bytes_in=tally.bytes_in,
            bytes_out=committed.bytes,
            sha256=committed.sha256,
            converted=tuple(tally.converted),
            skipped=tuple(tally.skipped),
            seconds=time.monotonic() - tally.started,
            rss=tally.rss,
        )
        stored = StoredRecord(plan_id=task.plan_id, record=record, files=committed.files)
        write_record(Path(task.folder), stored)
    return record


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """What images came to that were put through without being stored; a column an attribute, a row an image.

    Attributes:
        bytes_out: of their records, framed; 0 for one that would be left out or stop the run.
        seconds: that they took, reading apart.
        reading: seconds that it took to read them.
        cpu: seconds that this process had a core for all of it; less than went by where others wanted the core too.
        rss: the worker's resident memory afterwards, in bytes.
        largest: bytes of memory that the most demanding image needs.
        damaged: images that cannot be decoded.
    """

    bytes_out: list[int]
    seconds: list[float]
    reading: list[float]
    cpu: float
    rss: int
    largest: int
    damaged: tuple[SkippedImage, ...] = ()


def rehearse(task: ShardTask) -> Rehearsal:
    """Does with the task's images all that `build_shard` does, and keeps nothing.

    An image that needs more memory than there is counts as left out, except in `largest`.

    Raises:
        InputError: an archive cannot be read as indexed.
    """
    tally, shard, cpu = _Tally(), NullWriter(task.target.encode), time.process_time()
    sizes, seconds, waiting = [0], [], []
    largest = 0
    coming = in_hand.each(task.samples.contents())
    while True:
        begun = time.perf_counter()
        content = next(coming, None)
        if content is None:
            break
        read = time.perf_counter()
        need = image_memory.needed(content.image, task.recipe).bytes
        largest = max(largest, need)
        if task.memory is None or need <= task.memory:
            _add(task, content, shard, tally)
        waiting.append(read - begun)
        seconds.append(time.perf_counter() - read)
        sizes.append(shard.size)
    return Rehearsal(
        bytes_out=[after - before for before, after in pairwise(sizes)],
        seconds=seconds,
        reading=waiting,
        cpu=time.process_time() - cpu,
        rss=_PROCESS.memory_info().rss,
        largest=largest,
        damaged=tuple(tally.skipped),
    )


def try_out(task: ShardTask, times: int) -> None:
    """Processes each image as `build_shard` does, `times` times over, to see whether the worker survives.

    Raises:
        InputError: an archive cannot be read as indexed.
    """
    tally, shard = _Tally(), NullWriter(task.target.encode)
    for content in in_hand.each(task.samples.contents()):
        for _ in range(times):
            _add(task, content, shard, tally)


def memory_of_largest(task: ShardTask) -> int:
    """Bytes of memory that the task's most demanding image needs; nothing is decoded.

    Raises:
        InputError: an archive cannot be read as indexed.
    """
    read = in_hand.each(task.samples.contents())
    return max((image_memory.needed(content.image, task.recipe).bytes for content in read), default=0)


def _add(task: ShardTask, content: Content, shard: Writer | NullWriter, tally: _Tally) -> None:
    sample, data = content.sample, content.image
    crashes = task.crashing.get(tally.read)
    tally.read += 1
    tally.bytes_in += len(data)
    if crashes is not None:
        tally.skipped.append(SkippedImage(file=sample.file, name=sample.name, reason=crashes))
        return
    try:
        stored = transform(data, task.recipe)
    except MemoryError as error:
        raise out_of_memory(sample) from error
    except Undecodable as error:
        if not task.skip_bad:
            raise undecodable(sample, error, official=task.samples.official) from error
        tally.skipped.append(SkippedImage(file=sample.file, name=sample.name, reason=str(error)))
        return
    boxes, rows = move_boxes(sample.boxes, stored.geometry)
    record = None
    if content.features is not None and task.target.keeps_features:
        height, width = stored.geometry.source
        sound = sound_rows(content.features, task.samples.box_unit, width, height)
        is_reencoded = stored.jpeg is not data
        record = SourceRecord(features=content.features, box_rows=sound[rows], is_reencoded=is_reencoded)
    classes = task.samples.classes
    shard.write(
        OutputSample(
            name=sample.name,
            wnid=classes.name(sample.label),
            text=classes.text(sample.label),
            label=stored_label(sample.label, task.label_base),
            boxes=boxes,
            stored=stored,
            record=record,
        )
    )
    tally.images += 1
    tally.boxes += len(boxes) if task.target.has_boxes else 0
    if stored.converted:
        tally.converted.append(ConvertedImage(name=sample.name, kind=stored.converted))


def _beat(task: ShardTask, shard: Writer, tally: _Tally, image: str = "") -> None:
    rss = _PROCESS.memory_info().rss
    tally.rss = max(tally.rss, rss)
    heartbeat.send(
        Heartbeat(
            worker=_PROCESS.pid,
            host=heartbeat.HOST,
            shard=task.name,
            split=task.split,
            done=tally.read,
            total=len(task.samples),
            bytes_in=tally.bytes_in,
            bytes_out=shard.size,
            rss=rss,
            image=image[:_TOLD],
        )
    )


@contextmanager
def _naming_the_disk(task: ShardTask) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise MachineError(
            f"{task.name} cannot be written in {task.folder}: {error.strerror or error}.",
            "Make room or mend the rights there; the same command then goes on where it stopped",
        ) from error
