"""The features of a record: made from an image, or those of its source's record, changed where its image has."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from wizard.formats import example
from wizard.formats.arrays import Boxes
from wizard.formats.example import Feature
from wizard.ilsvrc2012.feature_names import BOX_LABEL, CORNERS, ENCODED, FILENAME, SYNSET, TEXT
from wizard.targets.sample import OutputSample

CONSTANTS: dict[str, Feature] = {
    "image/colorspace": b"RGB",
    "image/channels": (3,),
    "image/format": b"JPEG",
}
_OBJECTS = "image/object/"
_SPELLINGS = {"image/format": (b"jpeg", b"jpg"), "image/colorspace": (b"rgb",)}
_CHANNELS = "image/channels"


def features_of(sample: OutputSample, *, with_objects: bool) -> dict[str, Feature]:
    """The features of `build_imagenet_data.py`; without objects and words, those of `imagenet_to_gcs.py`."""
    geometry = sample.stored.geometry
    found = CONSTANTS | {
        "image/height": (geometry.height,),
        "image/width": (geometry.width,),
        "image/class/label": (sample.label,),
        SYNSET: sample.wnid.encode(),
        FILENAME: sample.name.encode(),
        ENCODED: sample.stored.jpeg,
    }
    if with_objects:
        columns = sample.boxes.astype(np.float32).T
        found |= dict(zip(CORNERS, columns, strict=True))
        found |= {BOX_LABEL: (sample.label,) * len(sample.boxes), TEXT: sample.text.encode()}
    return found


def updated_features(sample: OutputSample) -> dict[str, bytes]:
    """The serialized features of the record that a sample comes from, true of the stored image.

    All are unchanged except the image and its height and width; the boxes and the lists of their objects, if boxes
    were cropped, converted or repaired; and, for a re-encoded image, a format, color space or number of channels that
    no longer applies.
    """
    record, stored, boxes = sample.record, sample.stored, sample.boxes
    assert record is not None
    found = dict(record.features) | {ENCODED: example.raw(stored.jpeg)}
    for name, value in (("image/height", stored.geometry.height), ("image/width", stored.geometry.width)):
        if name in found:
            found[name] = example.raw((value,))
    if record.is_reencoded:
        found |= _corrected(found)
    if stored.geometry.crops or not _states(found, boxes):
        found |= _following(found, boxes, record.box_rows)
    return found


def _corrected(features: Mapping[str, bytes]) -> dict[str, bytes]:
    """The stored image is a JPEG of three components."""
    found = {}
    for name, true in _SPELLINGS.items():
        if name in features:
            values = example.values(features[name])
            stated = values[0].lower() if isinstance(values, list) and len(values) == 1 else b""
            if stated not in true:
                found[name] = example.raw(b"JPEG" if name == "image/format" else b"RGB")
    if _CHANNELS in features and example.values(features[_CHANNELS]) != (3,):
        found[_CHANNELS] = example.raw((3,))
    return found


def _states(features: Mapping[str, bytes], boxes: Boxes) -> bool:
    """Whether the record already holds these boxes, as floats, which readers expect even of empty lists."""
    for corner, column in zip(CORNERS, boxes.astype(np.float32).T, strict=True):
        stated = example.values(features.get(corner, b""))
        if isinstance(stated, tuple) or not np.array_equal(np.asarray(stated, np.float32), column):
            return False
    return True


def _following(features: Mapping[str, bytes], boxes: Boxes, rows: npt.NDArray[np.intp]) -> dict[str, bytes]:
    """Removes the values of left-out boxes from every list with one value for each box."""
    corners = {corner: place for place, corner in enumerate(CORNERS)}
    present = [name for name in corners if name in features]
    if not present:
        return {}
    before = len(example.values(features[present[0]]))
    columns = boxes.astype(np.float32).T
    found = {name: example.raw(columns[corners[name]]) for name in present}
    for name, feature in features.items():
        if name.startswith(_OBJECTS) and name not in corners and len(example.values(feature)) == before:
            found[name] = example.select(feature, rows.tolist())
    return found
