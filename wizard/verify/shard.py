"""Re-reads one shard and says what is wrong with it. Runs in a worker process, without TensorFlow."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wizard.engine.events import ShardResult
from wizard.engine.records import CONSTANTS, CORNERS
from wizard.engine.targets import INDEX_FOLDER, Target
from wizard.formats import example, jpeg
from wizard.formats.tfrecord import OVERHEAD, Record, RecordDamage, records
from wizard.sources.classes import Classes, stored_label

_CHUNK = 1 << 22
_KINDS: dict[str, type] = {
    "image/height": tuple,
    "image/width": tuple,
    "image/class/label": tuple,
    "image/class/synset": bytes,
    "image/class/text": bytes,
    "image/filename": bytes,
    "image/encoded": bytes,
    "image/object/bbox/label": tuple,
} | {f"image/object/bbox/{corner}": np.ndarray for corner in CORNERS}


@dataclass(frozen=True, kw_only=True, eq=False)
class Expectation:
    """What a shard should be.

    Attributes:
        folder: the dataset's.
        result: what was recorded when it was built.
        names: bytes[n], the planned images in order.
        ranks: int16[n], their classes' ranks.
        label_base: stored label of rank 0.
        pixels: whether every image is to be decoded.
    """

    folder: str
    result: ShardResult
    names: npt.NDArray[np.bytes_]
    ranks: npt.NDArray[np.int16]
    classes: Classes
    target: Target
    label_base: int
    pixels: bool


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something wrong with a shard.

    Attributes:
        shard: file name.
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


def check_shard(expected: Expectation) -> tuple[Problem, ...]:
    """Everything that is wrong with the shard, its bytes first; empty if nothing is.

    Checked are size and sha256, every record's CRCs, its 15 features with kinds, ranges and the class's words, the
    image's header (with `pixels` all of it), that just the planned images are there in their order, and the index.
    """
    shard = expected.result.shard
    path = Path(expected.folder) / expected.target.file(shard)
    try:
        problems = list(_bytes(path, expected.result))
        problems += _records(path, expected)
    except OSError as error:
        return (Problem(shard=shard, what=f"it cannot be read: {error.strerror or error}"),)
    return tuple(problems)


def _bytes(path: Path, result: ShardResult) -> Iterator[Problem]:
    size = path.stat().st_size
    if size != result.bytes_out:
        yield Problem(shard=result.shard, what=f"it has {size:,} bytes, expected {result.bytes_out:,}")
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    if digest.hexdigest() != result.sha256:
        yield Problem(shard=result.shard, what=f"its sha256 is {digest.hexdigest()}, expected {result.sha256}")


def _records(path: Path, expected: Expectation) -> Iterator[Problem]:
    shard = expected.result.shard
    skipped = {image.name for image in expected.result.skipped}
    names = [name.decode() for name in expected.names.tolist()]
    planned = [(name, int(rank)) for name, rank in zip(names, expected.ranks, strict=True) if name not in skipped]
    index: list[str] = []
    boxes = 0
    with path.open("rb") as file:
        found = records(file)
        while True:
            place = len(index)
            name, rank = planned[place] if place < len(planned) else ("", -1)
            try:
                record = next(found, None)
            except RecordDamage as damage:
                yield Problem(shard=shard, what=str(damage), record=damage.record, name=name)
                return
            if record is None:
                break
            index.append(f"{record.offset} {len(record.payload) + OVERHEAD}\n")
            features = _decoded(record)
            boxes += len(features.get("image/object/bbox/xmin", ()))
            for what in _features(features, name, rank, expected):
                yield Problem(shard=shard, what=what, record=place, name=name)
    if len(index) != len(planned):
        missing = f"; the first that is missing is {planned[len(index)][0]}" if len(index) < len(planned) else ""
        yield Problem(shard=shard, what=f"it has {len(index):,} records, expected {len(planned):,}{missing}")
    if (len(index), boxes) != (expected.result.images, expected.result.boxes):
        stated = f"{expected.result.images:,} records and {expected.result.boxes:,} boxes"
        yield Problem(shard=shard, what=f"it has {len(index):,} records and {boxes:,} boxes, {stated} were recorded")
    index_file = Path(expected.folder) / INDEX_FOLDER / shard
    if expected.target.indexed and (not index_file.is_file() or index_file.read_text(encoding="ascii", errors="replace") != "".join(index)):
        yield Problem(shard=shard, what=f"its index {index_file} is missing or does not fit")


def _decoded(record: Record) -> dict[str, example.Feature]:
    try:
        return example.decode(record.payload)
    except example.ExampleDamage:
        return {}


def _features(features: dict[str, example.Feature], name: str, rank: int, expected: Expectation) -> Iterator[str]:
    if not name:
        yield "it is one record too many"
        return
    if not features:
        yield "it is no tf.train.Example"
        return
    unlike = [key for key, kind in _KINDS.items() if not isinstance(features.get(key), kind)]
    unlike += [key for key, value in CONSTANTS.items() if features.get(key) != value]
    unlike += sorted(features.keys() - _KINDS.keys() - CONSTANTS.keys())
    if unlike:
        yield f"{', '.join(unlike)}: missing, unknown, or not of its kind and value"
        return
    label = stored_label(rank, expected.label_base)
    wanted: dict[str, example.Feature] = {
        "image/filename": name.encode(),
        "image/class/label": (label,),
        "image/class/synset": expected.classes.name(rank).encode(),
        "image/class/text": expected.classes.text(rank).encode(),
    }
    for key, value in wanted.items():
        if features[key] != value:
            yield f"{key} is {features[key]!r}, expected {value!r}"
    yield from _boxes(features, label)
    yield from _image(features, pixels=expected.pixels)


def _boxes(features: dict[str, example.Feature], label: int) -> Iterator[str]:
    corners = [np.asarray(features[f"image/object/bbox/{corner}"]) for corner in CORNERS]
    labels = features["image/object/bbox/label"]
    if len({len(column) for column in corners}) != 1 or labels != (label,) * len(corners[0]):
        yield "its box columns differ in length, or a box's label is not the image's"
        return
    xmin, ymin, xmax, ymax = corners
    inside = (xmin >= 0) & (xmin <= xmax) & (xmax <= 1) & (ymin >= 0) & (ymin <= ymax) & (ymax <= 1)
    if not inside.all():
        yield f"box {int(np.flatnonzero(~inside)[0])} is not within 0..1 with its corners in order"


def _image(features: dict[str, example.Feature], *, pixels: bool) -> Iterator[str]:
    data = features["image/encoded"]
    assert isinstance(data, bytes)
    try:
        header = jpeg.read_header(data)
        if header.needs_conversion:
            yield f"its image is {header.needs_conversion}, not an RGB or gray JPEG"
        if pixels:
            jpeg.decode(data)
    except jpeg.Undecodable as error:
        yield f"its image cannot be decoded: {error}"
        return
    stated = (features["image/height"], features["image/width"])
    if stated != ((header.height,), (header.width,)):
        yield f"height and width are stated as {stated}, the image has {header.height} x {header.width}"
