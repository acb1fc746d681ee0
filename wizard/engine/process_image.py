"""Processes one image: decodes, transforms and writes it, or skips it, and counts it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from wizard.commit_record import ConvertedImage, SkippedImage
from wizard.engine import image_memory, stages
from wizard.engine.image_memory import MORE_MEMORY
from wizard.engine.plan import ShardTask
from wizard.engine.transform import transform
from wizard.errors import BadImage, MachineError
from wizard.formats import image_codec
from wizard.formats.decoding import Undecodable
from wizard.formats.resample import move_boxes
from wizard.sources.classes import stored_label
from wizard.sources.locate import ON_BAD_IMAGE
from wizard.sources.readers import Content, Sample
from wizard.targets.sample import OutputSample, SourceRecord, StoredImage
from wizard.targets.writer import NullWriter, Writer

_FETCH = "Every image in the official archives can be decoded: check the MD5 (--md5) and download the archive again"
_COPY = "Get a fresh copy from the original source"


@dataclass(kw_only=True)
class ShardCounts:
    """Counts of a shard so far."""

    started: float = field(default_factory=time.monotonic)
    read: int = 0
    images: int = 0
    kept: int = 0
    smaller: int = 0
    boxes: int = 0
    unboxed: int = 0
    bytes_in: int = 0
    rss: int = 0
    converted: list[ConvertedImage] = field(default_factory=list)
    skipped: list[SkippedImage] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, eq=False)
class ProcessedImage:
    """An image that has been through the recipe, or is left out.

    Attributes:
        bytes_in: of the image as it was read.
        stored: as it will be stored; None where it is left out.
        skipped: why it is left out; else empty.
        is_reencoded: whether the stored image has other bytes than the one that was read.
        features: of the record that holds it, serialized, where the target keeps them.
    """

    bytes_in: int
    stored: StoredImage | None = None
    skipped: str = ""
    is_reencoded: bool = False
    features: Mapping[str, bytes] | None = None


def process(task: ShardTask, content: Content, row: int) -> ProcessedImage:
    """Puts the image of a row of the task through its recipe, or leaves it out.

    Raises:
        BadImage: it cannot be decoded, and the task does not allow to skip it.
        MachineError: it needs more memory than the task allows, or the system refuses it.
    """
    sample, data = content.sample, content.image
    crashes = task.crashing.get(row)
    if crashes is not None:
        return ProcessedImage(bytes_in=len(data), skipped=crashes)
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
        return ProcessedImage(bytes_in=len(data), skipped=str(error))
    return ProcessedImage(
        bytes_in=len(data),
        stored=stored,
        is_reencoded=stored.jpeg is not data,
        features=content.features if task.target.keeps_features else None,
    )


def store(
    task: ShardTask, sample: Sample, processed: ProcessedImage, shard: Writer | NullWriter, counts: ShardCounts
) -> None:
    """Adds a processed image to a shard, unless it is left out, and counts it."""
    counts.read += 1
    counts.bytes_in += processed.bytes_in
    stored = processed.stored
    if stored is None:
        counts.skipped.append(SkippedImage(file=sample.file, name=sample.name, reason=processed.skipped))
        return
    stages.enter("write")
    boxes, rows = move_boxes(sample.boxes, stored.geometry)
    record = None
    if processed.features is not None:
        record = SourceRecord(
            features=processed.features, box_rows=sample.box_row[rows], is_reencoded=processed.is_reencoded
        )
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
    counts.kept += not processed.is_reencoded
    counts.smaller += task.recipe.resize.leaves_smaller(*stored.geometry.source)
    counts.boxes += len(boxes) if task.target.has_boxes else 0
    counts.unboxed += task.target.has_boxes and len(sample.boxes) > 0 and not len(boxes)
    if stored.converted:
        counts.converted.append(ConvertedImage(name=sample.name, kind=stored.converted))


def add_image(task: ShardTask, content: Content, shard: Writer | NullWriter, counts: ShardCounts) -> None:
    """Processes an image and adds it to a shard, or leaves it out, and counts it.

    Raises:
        BadImage: it cannot be decoded, and the task does not allow to skip it.
        MachineError: it needs more memory than the task allows, or the system refuses it.
    """
    store(task, content.sample, process(task, content, counts.read), shard, counts)
