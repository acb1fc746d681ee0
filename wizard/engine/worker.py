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

from wizard.engine import beats
from wizard.engine.events import Beat, ConvertedImage, ShardResult, SkippedImage
from wizard.engine.kept import kept
from wizard.engine.plan import ShardTask
from wizard.engine.records import Entry
from wizard.engine.transform import transform
from wizard.engine.writers import Discarding, Writer, writer
from wizard.errors import BadImage, MachineError
from wizard.formats.jpeg import Undecodable
from wizard.formats.resize import move_boxes, within
from wizard.sources.classes import stored_label
from wizard.sources.contents import Content, contents

_PROCESS = psutil.Process()
_FETCH = "In the official archives every image can be: compare the MD5 (--md5) and fetch the archive again"
_COPY = "Get it again from where it came from"


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


def build_shard(task: ShardTask) -> ShardResult:
    """Builds the shard and puts it in place; until then nothing stands under its name.

    Raises:
        BadImage: an image cannot be decoded, and the task does not allow to skip it.
        InputError: an archive cannot be read as indexed.
        MachineError: the shard cannot be written.
        BrokenPipeError: the run that asked for the shard is gone.
    """
    tally = _Tally()
    with _naming_the_disk(task), writer(Path(task.folder), task.split, task.name, task.target) as shard:
        for content in contents(task.samples):
            _add(task, content, shard, tally)
            if beats.due():
                _beat(task, shard, tally)
        _beat(task, shard, tally)
        written = shard.commit()
    return ShardResult(
        shard=task.name,
        split=task.split,
        images=tally.images,
        boxes=tally.boxes,
        bytes_in=tally.bytes_in,
        bytes_out=written.bytes,
        sha256=written.sha256,
        converted=tuple(tally.converted),
        skipped=tuple(tally.skipped),
        seconds=time.monotonic() - tally.started,
        rss=tally.rss,
    )


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """What images came to that were put through without being stored; a column an attribute, a row an image.

    Attributes:
        bytes_out: of their records, framed; 0 for one that would be left out or stop the run.
        seconds: that they took, reading apart.
        reading: seconds that it took to read them.
        cpu: seconds that this process had a core for all of it; less than went by where others wanted the core too.
        rss: the worker's resident memory afterwards, in bytes.
    """

    bytes_out: list[int]
    seconds: list[float]
    reading: list[float]
    cpu: float
    rss: int


def rehearse(task: ShardTask) -> Rehearsal:
    """Does with the task's images all that `build_shard` does, and keeps nothing.

    Raises:
        InputError: an archive cannot be read as indexed.
    """
    tally, shard, cpu = _Tally(), Discarding(task.target), time.process_time()
    sizes, seconds, waiting = [0], [], []
    coming = contents(task.samples)
    while True:
        begun = time.perf_counter()
        content = next(coming, None)
        if content is None:
            break
        read = time.perf_counter()
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
    )


def _add(task: ShardTask, content: Content, shard: Writer | Discarding, tally: _Tally) -> None:
    sample, data = content.sample, content.image
    tally.read += 1
    tally.bytes_in += len(data)
    try:
        stored = transform(data, task.recipe)
    except Undecodable as error:
        if not task.skip_bad:
            raise BadImage(
                f"{sample.file}: {sample.name} ({sample.size:,} bytes at byte {sample.offset:,}) cannot be decoded: "
                f"{error}.",
                f"{_FETCH if task.samples.official else _COPY}, or leave such images out with --set "
                'output.on_bad_image="skip"',
            ) from error
        tally.skipped.append(SkippedImage(file=sample.file, name=sample.name, reason=str(error)))
        return
    boxes, rows = move_boxes(sample.boxes, stored.way)
    features = None
    if content.features is not None and task.target.features == "source":
        features = kept(content.features, stored, boxes, rows, encoded_anew=stored.jpeg is not data)
    elif content.features is not None:
        boxes = within(boxes)
    classes = task.samples.classes
    shard.write(
        Entry(
            name=sample.name,
            wnid=classes.name(sample.label),
            text=classes.text(sample.label),
            label=stored_label(sample.label, task.label_base),
            boxes=boxes,
            stored=stored,
            features=features,
        )
    )
    tally.images += 1
    tally.boxes += len(boxes) if task.target.with_boxes else 0
    if stored.converted:
        tally.converted.append(ConvertedImage(name=sample.name, kind=stored.converted))


def _beat(task: ShardTask, shard: Writer, tally: _Tally) -> None:
    rss = _PROCESS.memory_info().rss
    tally.rss = max(tally.rss, rss)
    beats.send(
        Beat(
            worker=_PROCESS.pid,
            shard=task.name,
            split=task.split,
            done=tally.read,
            total=len(task.samples),
            bytes_in=tally.bytes_in,
            bytes_out=shard.size,
            rss=rss,
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
