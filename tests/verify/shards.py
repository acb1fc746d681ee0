"""Shards of a few drawn images in any target, and what they should be."""

import dataclasses
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from tests.helpers import encoded, noise
from wizard.engine.plan import ShardTask
from wizard.engine.transform import Recipe
from wizard.engine.worker import build_shard
from wizard.formats import tfrecord
from wizard.formats.resize import Resize
from wizard.sources.samples import in_one_file
from wizard.targets.expected import Expectation
from wizard.targets.image_files.writer import sum_of_files
from wizard.targets.names import RECORD_FOLDER
from wizard.targets.record_file import StoredRecord, read_record, write_record
from wizard.targets.target import Target
from wizard.targets.tfrecord.target import TFRecords
from wizard.targets.writer import ImageFile
from wizard.verify.shard import Problem

NAMES = [f"n01514668_{i}.JPEG" for i in range(4)]
TFRECORDS = TFRecords()
WNID, WORDS, RANK = "n01514668", "cock", 7


def image(height: int, width: int) -> bytes:
    return encoded(Image.fromarray(noise(height, width)))


def images() -> dict[str, bytes]:
    return {name: image(30 + i, 40) for i, name in enumerate(NAMES)}


def task(
    home: Path, images: dict[str, bytes], target: Target = TFRECORDS, *, base: int = 1, rank: int = RANK
) -> ShardTask:
    """Images of one class behind each other in a file, each with a box over its left half."""
    (home / RECORD_FOLDER).mkdir(parents=True, exist_ok=True)
    (home / "raw").write_bytes(b"".join(images.values()))
    sizes = np.array([len(data) for data in images.values()], np.int64)
    samples = in_one_file(
        str(home / "raw"),
        name=np.array([name.encode() for name in images]),
        offset=np.cumsum(sizes) - sizes,
        size=sizes,
        label=np.full(len(images), rank, np.int16),
    )
    boxes = np.tile([0.0, 0.0, 0.5, 1.0], (len(images), 1))
    samples = dataclasses.replace(samples, first_box=np.arange(len(images) + 1), boxes=boxes)
    return ShardTask(
        split="train",
        name=target.shard("train", 0, 1),
        folder=str(home),
        samples=samples,
        recipe=Recipe(resize=Resize(mode="original"), quality=None),
        label_base=base,
        skip_bad=True,
        target=target,
    )


def expectation(made: ShardTask) -> Expectation:
    """What the task's shard should be, once it is built; it is."""
    return Expectation(
        folder=made.folder,
        result=build_shard(made),
        names=made.samples.name,
        ranks=made.samples.label,
        classes=made.samples.classes,
        target=made.target,
        label_base=made.label_base,
    )


def replaced(expected: Expectation, content: bytes) -> Expectation:
    """Changes the shard's file and lets its size and sha256 follow, so that only the content can tell."""
    expected.path.write_bytes(content)
    digest, size = hashlib.sha256(content).hexdigest(), len(content)
    return dataclasses.replace(expected, result=dataclasses.replace(expected.result, sha256=digest, bytes_out=size))


def listed(expected: Expectation) -> list[ImageFile]:
    """The image files that the shard's record lists."""
    return list(read_record(Path(expected.folder), expected.result.shard).files)


def relisted(expected: Expectation, files: Sequence[ImageFile]) -> Expectation:
    """Changes what the shard's record lists and lets its sha256 follow, so that only the files can tell."""
    record = dataclasses.replace(expected.result, sha256=sum_of_files(files))
    write_record(Path(expected.folder), StoredRecord(plan_id="", record=record, files=tuple(files)))
    return dataclasses.replace(expected, result=record)


def with_image(expected: Expectation, name: str, before: bytes, image: bytes) -> Expectation:
    """Puts other bytes, as many, in the place of a stored image; every CRC and sha256 follows."""
    planned = next(each for each in expected.images if each.name == name)
    if expected.target.one_file_per_image:
        path = expected.target.place(expected.result.split, planned.name, planned.wnid)
        (Path(expected.folder) / path).write_bytes(image)
        digest = hashlib.sha256(image).hexdigest()
        files = [f._replace(sha256=digest) if f.path == path else f for f in listed(expected)]
        return relisted(expected, files)
    return replaced(expected, with_bytes(expected.path, before, image))


def with_bytes(shard: Path, before: bytes, after: bytes) -> bytes:
    """A shard's content with some bytes replaced by as many others; the CRCs follow."""
    content = shard.read_bytes()
    assert len(before) == len(after)
    assert content.count(before) == 1
    if shard.suffix == ".tar":
        return content.replace(before, after)
    with shard.open("rb") as file:
        return b"".join(tfrecord.frame(record.payload.replace(before, after)) for record in tfrecord.records(file))


def told(problems: Iterable[Problem]) -> str:
    return "\n".join(map(str, problems))
