"""Re-reads a shard of TFRecords: each record's CRCs and features, and the index."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from wizard.engine.records import CONSTANTS, CORNERS
from wizard.engine.targets import INDEX_FOLDER
from wizard.formats import example
from wizard.formats.tfrecord import OVERHEAD, RecordDamage, records
from wizard.verify import images, kept
from wizard.verify.expected import Expectation, Planned, Problem, Seen, miscounted

_CORNERS = tuple(f"image/object/bbox/{corner}" for corner in CORNERS)
_BOX_LABEL = "image/object/bbox/label"
_TPU: dict[str, type] = {
    "image/height": tuple,
    "image/width": tuple,
    "image/class/label": tuple,
    "image/class/synset": bytes,
    "image/filename": bytes,
    "image/encoded": bytes,
}
"""Features of imagenet_to_gcs.py whose values differ from record to record, and their kinds."""
_INCEPTION = _TPU | {"image/class/text": bytes, _BOX_LABEL: tuple} | dict.fromkeys(_CORNERS, np.ndarray)
_KINDS: dict[str, dict[str, type]] = {"inception": _INCEPTION, "tpu": _TPU}

_Features = Mapping[str, example.Feature]


def check_records(expected: Expectation) -> Iterator[Problem]:
    """What is wrong with a shard's records and its index.

    Raises:
        OSError: it cannot be read.
    """
    shard, planned = expected.result.shard, expected.images
    index: list[str] = []
    boxes = 0
    with expected.path.open("rb") as file:
        found = records(file)
        while True:
            place = len(index)
            known = planned[place] if place < len(planned) else None
            name = known.name if known else ""
            try:
                record = next(found, None)
            except RecordDamage as damage:
                yield Problem(shard=shard, what=str(damage), record=damage.record, name=name)
                return
            if record is None:
                break
            index.append(f"{record.offset} {len(record.payload) + OVERHEAD}\n")
            seen = _seen(record.payload, known, expected)
            boxes += seen.boxes
            for what in seen.wrong:
                yield Problem(shard=shard, what=what, record=place, name=name)
    yield from miscounted(expected, len(index), None if expected.target.features == "tpu" else boxes)
    if expected.target.indexed:
        yield from _index(expected, "".join(index))


def _index(expected: Expectation, lines: str) -> Iterator[Problem]:
    file = Path(expected.folder) / INDEX_FOLDER / expected.result.shard
    if not file.is_file() or file.read_text(encoding="ascii", errors="replace") != lines:
        yield Problem(shard=expected.result.shard, what=f"its index {file} is missing or does not fit")


def _seen(payload: bytes, planned: Planned | None, expected: Expectation) -> Seen:
    if planned is None:
        return Seen(0, ["it is one record too many"])
    try:
        if expected.target.features == "source":
            return kept.seen(payload, planned)
        features = example.decode(payload)
    except example.ExampleDamage as damage:
        return Seen(0, [f"it is no tf.train.Example of the kind that was written: {damage}"])
    column = features.get(_CORNERS[0], ())
    return Seen(len(column), list(_wrong(features, planned, expected)))


def _wrong(features: _Features, planned: Planned, expected: Expectation) -> Iterator[str]:
    kinds = _KINDS[expected.target.features]
    unlike = [key for key, kind in kinds.items() if not isinstance(features.get(key), kind)]
    unlike += [key for key, value in CONSTANTS.items() if features.get(key) != value]
    unlike += sorted(features.keys() - kinds.keys() - CONSTANTS.keys())
    if unlike:
        yield f"{', '.join(unlike)}: missing, unknown, or not of its kind and value"
        return
    wanted: dict[str, example.Feature] = {
        "image/filename": planned.name.encode(),
        "image/class/label": (planned.label,),
        "image/class/synset": planned.wnid.encode(),
        "image/class/text": planned.text.encode(),
    }
    for key, value in wanted.items():
        if key in kinds and features[key] != value:
            yield f"{key} is {features[key]!r}, expected {value!r}"
    if _BOX_LABEL in kinds:
        yield from _boxes(features, planned.label)
    data = features["image/encoded"]
    assert isinstance(data, bytes)
    yield from images.wrong(data, images.sides(features))


def _boxes(features: _Features, label: int) -> Iterator[str]:
    columns = [np.asarray(features[corner]) for corner in _CORNERS]
    if len({len(column) for column in columns}) != 1 or features[_BOX_LABEL] != (label,) * len(columns[0]):
        yield "its box columns differ in length, or a box's label is not the image's"
        return
    yield from images.wrong_boxes(np.stack(columns, axis=1))
