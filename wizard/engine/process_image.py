"""Processes one image: decodes, transforms and writes it, or skips it, and counts it."""

import time
from dataclasses import dataclass, field

from wizard.commit_record import ConvertedImage, SkippedImage
from wizard.engine import image_memory, stages
from wizard.engine.image_memory import MORE_MEMORY
from wizard.engine.plan import ShardTask
from wizard.engine.transform import transform
from wizard.errors import BadImage, MachineError
from wizard.formats import image_codec
from wizard.formats.decoding import Undecodable
from wizard.formats.resize import move_boxes
from wizard.sources.classes import stored_label
from wizard.sources.locate import ON_BAD_IMAGE
from wizard.sources.readers import Content
from wizard.targets.sample import OutputSample, SourceRecord
from wizard.targets.writer import NullWriter, Writer

_FETCH = "Every image in the official archives can be decoded: check the MD5 (--md5) and download the archive again"
_COPY = "Get a fresh copy from the original source"


@dataclass(kw_only=True)
class ShardCounts:
    """Counts of a shard so far."""

    started: float = field(default_factory=time.monotonic)
    read: int = 0
    images: int = 0
    boxes: int = 0
    bytes_in: int = 0
    rss: int = 0
    converted: list[ConvertedImage] = field(default_factory=list)
    skipped: list[SkippedImage] = field(default_factory=list)


def add_image(task: ShardTask, content: Content, shard: Writer | NullWriter, counts: ShardCounts) -> None:
    """Adds an image to a shard, or leaves it out, and counts it.

    Raises:
        BadImage: it cannot be decoded, and the task does not allow to skip it.
        MachineError: it needs more memory than the task allows, or the system refuses it.
    """
    sample, data = content.sample, content.image
    crashes = task.crashing.get(counts.read)
    counts.read += 1
    counts.bytes_in += len(data)
    if crashes is not None:
        counts.skipped.append(SkippedImage(file=sample.file, name=sample.name, reason=crashes))
        return
    try:
        header = image_codec.read_header(data)
        image_memory.require(content, header, task.recipe, task.memory)
        stored = transform(data, task.recipe, header)
    except MemoryError as error:
        raise MachineError(f"{sample.place}: there is not enough memory to decode it.", MORE_MEMORY) from error
    except Undecodable as error:
        if not task.skip_bad:
            fix = (_FETCH if task.samples.official else _COPY) + ", or " + ON_BAD_IMAGE
            raise BadImage(f"{sample.place} cannot be decoded: {error}.", fix) from error
        counts.skipped.append(SkippedImage(file=sample.file, name=sample.name, reason=str(error)))
        return
    stages.enter("write")
    boxes, rows = move_boxes(sample.boxes, stored.geometry)
    record = None
    if content.features is not None and task.target.keeps_features:
        is_reencoded = stored.jpeg is not data
        record = SourceRecord(features=content.features, box_rows=sample.box_row[rows], is_reencoded=is_reencoded)
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
    counts.images += 1
    counts.boxes += len(boxes) if task.target.has_boxes else 0
    if stored.converted:
        counts.converted.append(ConvertedImage(name=sample.name, kind=stored.converted))
