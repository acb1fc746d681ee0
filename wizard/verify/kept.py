"""What can be proven of a record that keeps its source's features, whatever these are: image, size, label, boxes."""

import re
from collections.abc import Iterator, Mapping

import numpy as np

from wizard.engine.records import CORNERS
from wizard.formats import example
from wizard.sources.records.features import ENCODED, LABELS
from wizard.verify import images
from wizard.verify.expected import Planned, Seen

_FILENAME = "image/filename"
_MADE_UP = re.compile(r".*-\d{6,}")
"""A name by file and number, of a record that brought none of its own."""

_Values = Mapping[str, example.Values]


def seen(payload: bytes, planned: Planned) -> Seen:
    """What a record holds and what is wrong with it.

    Raises:
        example.ExampleDamage: it is no Example.
    """
    features = {name: example.values(feature) for name, feature in example.entries(payload).items()}
    corners = [features[name] for corner in CORNERS if (name := f"image/object/bbox/{corner}") in features]
    boxes = len(corners[0]) if len(corners) == len(CORNERS) else 0
    wrong = [*_wrong(features, planned), *_image(features)]
    if len(set(map(len, corners))) > 1:
        wrong.append("its box columns differ in length")
    elif boxes:
        wrong += _boxes(corners)
    return Seen(boxes, wrong)


def _boxes(corners: list[example.Values]) -> Iterator[str]:
    if not all(isinstance(column, np.ndarray) for column in corners):
        yield "its boxes are not floats"
        return
    yield from images.wrong_boxes(np.stack([np.asarray(column) for column in corners], axis=1))


def _wrong(features: _Values, planned: Planned) -> Iterator[str]:
    labels = {key: list(features[key]) for key in LABELS if key in features}
    if planned.rank >= 0 and [planned.label] not in labels.values():
        stated = ", ".join(f"{key} is {values}" for key, values in labels.items()) or "it has no label"
        yield f"{stated}, expected {planned.label}"
    named = list(features.get(_FILENAME, ()))
    if named != [planned.name.encode()] and not _MADE_UP.fullmatch(planned.name):
        yield f"{_FILENAME} is {named}, expected {planned.name.encode()!r}"


def _image(features: _Values) -> Iterator[str]:
    encoded = features.get(ENCODED)
    if not isinstance(encoded, list) or len(encoded) != 1:
        yield f"{ENCODED}: missing, or not one image"
        return
    yield from images.wrong(encoded[0], images.sides(features))
