"""What is wrong with the records of a shard: the kinds and values of their features."""

import re
from collections.abc import Iterator, Mapping

import numpy as np

from wizard.formats import example
from wizard.ilsvrc2012.feature_names import BOX_LABEL, CORNERS, ENCODED, FILENAME, LABELS, SYNSET, TEXT
from wizard.targets import images
from wizard.targets.expected import Planned, Seen
from wizard.targets.tfrecord.features import CONSTANTS

_TPU: dict[str, type] = {
    "image/height": tuple,
    "image/width": tuple,
    "image/class/label": tuple,
    SYNSET: bytes,
    FILENAME: bytes,
    ENCODED: bytes,
}
"""Features of imagenet_to_gcs.py whose values differ from record to record, and their kinds."""
_INCEPTION = _TPU | {TEXT: bytes, BOX_LABEL: tuple} | dict.fromkeys(CORNERS, np.ndarray)
_MADE_UP = re.compile(r".*-\d{6,}")
"""A name by file and number, of a source's record that brought none of its own."""

_Features = Mapping[str, example.Feature]
_Values = Mapping[str, example.Values]


def seen(payload: bytes, planned: Planned, *, with_objects: bool) -> Seen:
    """What is wrong with a record that was made from an image."""
    try:
        features = example.decode(payload)
    except example.ExampleDamage as damage:
        return _no_example(damage)
    boxes = len(features.get(CORNERS[0], ()))
    return Seen(boxes, list(_wrong(features, planned, _INCEPTION if with_objects else _TPU)))


def seen_of_source(payload: bytes, planned: Planned) -> Seen:
    """Problems of a record that keeps its source's features: its image, size, label and boxes."""
    try:
        features = {name: example.values(feature) for name, feature in example.entries(payload).items()}
    except example.ExampleDamage as damage:
        return _no_example(damage)
    corners = [features[corner] for corner in CORNERS if corner in features]
    boxes = len(corners[0]) if len(corners) == len(CORNERS) else 0
    wrong = [*_wrong_names(features, planned), *_wrong_image(features)]
    if len(set(map(len, corners))) > 1:
        wrong.append("its box columns differ in length")
    elif boxes and not all(isinstance(column, np.ndarray) for column in corners):
        wrong.append("its boxes are not floats")
    elif boxes:
        wrong += images.wrong_boxes(np.stack([np.asarray(column) for column in corners], axis=1))
    return Seen(boxes, wrong)


def _no_example(damage: example.ExampleDamage) -> Seen:
    return Seen(0, [f"it is not a tf.train.Example of the kind that was written: {damage}"])


def _wrong(features: _Features, planned: Planned, kinds: Mapping[str, type]) -> Iterator[str]:
    unlike = [key for key, kind in kinds.items() if not isinstance(features.get(key), kind)]
    unlike += [key for key, value in CONSTANTS.items() if features.get(key) != value]
    unlike += sorted(features.keys() - kinds.keys() - CONSTANTS.keys())
    if unlike:
        yield f"{', '.join(unlike)}: missing, unknown, or not of its kind and value"
        return
    wanted: dict[str, example.Feature] = {
        FILENAME: planned.name.encode(),
        "image/class/label": (planned.label,),
        SYNSET: planned.wnid.encode(),
        TEXT: planned.text.encode(),
    }
    for key, value in wanted.items():
        if key in kinds and features[key] != value:
            yield f"{key} is {features[key]!r}, expected {value!r}"
    if BOX_LABEL in kinds:
        yield from _wrong_objects(features, planned.label)
    data = features[ENCODED]
    assert isinstance(data, bytes)
    yield from images.wrong(data, images.sides(features))


def _wrong_objects(features: _Features, label: int) -> Iterator[str]:
    columns = [np.asarray(features[corner]) for corner in CORNERS]
    if len({len(column) for column in columns}) != 1 or features[BOX_LABEL] != (label,) * len(columns[0]):
        yield "its box columns differ in length, or a box's label is not the image's"
    elif len(columns[0]):
        yield from images.wrong_boxes(np.stack(columns, axis=1))


def _wrong_names(features: _Values, planned: Planned) -> Iterator[str]:
    labels = {key: list(features[key]) for key in LABELS if key in features}
    if planned.rank >= 0 and [planned.label] not in labels.values():
        stated = ", ".join(f"{key} is {values}" for key, values in labels.items()) or "it has no label"
        yield f"{stated}, expected {planned.label}"
    named = list(features.get(FILENAME, ()))
    if named != [planned.name.encode()] and not _MADE_UP.fullmatch(planned.name):
        yield f"{FILENAME} is {named}, expected {planned.name.encode()!r}"


def _wrong_image(features: _Values) -> Iterator[str]:
    encoded = features.get(ENCODED)
    if not isinstance(encoded, list) or len(encoded) != 1:
        yield f"{ENCODED}: missing, or not one image"
        return
    yield from images.wrong(encoded[0], images.sides(features))
