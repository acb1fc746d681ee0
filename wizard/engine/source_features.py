"""What becomes of the features of a source's record when its image is replaced."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from wizard.engine.records import CORNERS
from wizard.engine.transform import Stored
from wizard.formats import example
from wizard.formats.arrays import Boxes

ENCODED = "image/encoded"
_OBJECTS = "image/object/"
_CORNERS = tuple(f"{_OBJECTS}bbox/{corner}" for corner in CORNERS)
_SPELLINGS = {"image/format": (b"jpeg", b"jpg"), "image/colorspace": (b"rgb",)}
_CHANNELS = "image/channels"


def kept(
    features: Mapping[str, bytes], stored: Stored, boxes: Boxes, rows: npt.NDArray[np.intp], *, encoded_anew: bool
) -> dict[str, bytes]:
    """The record's features, true of the stored image.

    All are unchanged except the image and its height and width; the boxes and the lists of their objects, if boxes
    were cropped, converted or repaired; and, for a re-encoded image, a format, colour space or number of channels that
    no longer applies.

    Args:
        features: serialised, by name.
        stored: the image.
        boxes: float64[m, 4], xmin ymin xmax ymax, relative to the stored image.
        rows: intp[m], which of the record's boxes these were.
        encoded_anew: whether the image's bytes are others than the record's.
    """
    found = dict(features) | {ENCODED: example.raw(stored.jpeg)}
    for name, value in (("image/height", stored.way.height), ("image/width", stored.way.width)):
        if name in found:
            found[name] = example.raw((value,))
    if encoded_anew:
        found |= _corrected(found)
    if stored.way.crops or not _states(found, boxes):
        found |= _following(found, boxes, rows)
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
    for corner, column in zip(_CORNERS, boxes.astype(np.float32).T, strict=True):
        stated = example.values(features.get(corner, b""))
        if isinstance(stated, tuple) or not np.array_equal(np.asarray(stated, np.float32), column):
            return False
    return True


def _following(features: Mapping[str, bytes], boxes: Boxes, rows: npt.NDArray[np.intp]) -> dict[str, bytes]:
    """Removes the values of left-out boxes from every list with one value for each box."""
    corners = {corner: place for place, corner in enumerate(_CORNERS)}
    present = [name for name in corners if name in features]
    if not present:
        return {}
    before = len(example.values(features[present[0]]))
    columns = boxes.astype(np.float32).T
    found = {name: example.raw(columns[corners[name]]) for name in present}
    for name, feature in features.items():
        if name.startswith(_OBJECTS) and name not in corners and len(example.values(feature)) == before:
            found[name] = example.kept(feature, rows.tolist())
    return found
