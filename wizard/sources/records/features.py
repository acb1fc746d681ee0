"""What one record says of its image, read around the image's bytes."""

from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from mmap import mmap
from typing import NamedTuple

import numpy as np

from wizard.formats import example, example_spans, image_codec
from wizard.formats.arrays import Boxes
from wizard.formats.undecodable import Undecodable
from wizard.formatting import few
from wizard.sources.cache import Arrays
from wizard.sources.classes import UNLABELLED
from wizard.sources.names import unsafe
from wizard.sources.records.boxes import CORNERS, Mismatched, corners
from wizard.sources.records.units import unclear

ENCODED = "image/encoded"
LABELS = ("image/class/label", "label", "image/label", "class/label")
"""Keys that a label is looked for under; the first of them that the first record with any of them has."""
_FILENAME, _SYNSET, _TEXT = "image/filename", "image/class/synset", "image/class/text"
_SIDES = ("image/width", "image/height")
_PER_BOX = ("image/object/bbox/", "image/object/class/")  # prefixes of the keys whose lists have one value for each box
_HEADS = (1 << 12, 1 << 16)  # bytes of an image that are tried for its size, before the whole image is read
_LARGEST = 32_767
_LISTED = 16
_TFDS = {"image", "label"}  # keys of TensorFlow Datasets' image classification data (tfds.image_classification)
_NOT_THESE = "Records need image/encoded with one image, and for training a label: say where else the raw data lies"
_ONE_LABEL = "Write these records again with one int64 label per image"
_NOT_TFDS = (
    "Give the archives or images that they were made from, or write them again with image/encoded and "
    "image/class/label in place of image and label"
)
_AS_EXAMPLES = "Write these records again as tf.train.Example, one image each, with image/encoded and a label"
_AGAIN = "Build these records again with the script that wrote them, or fetch them again"

_values = lru_cache(maxsize=1 << 14)(example.values)  # of features that many records share
_Places = Mapping[str, example_spans.Span]


class InvalidRecord(ValueError):
    """A record that cannot be used; the message is the end of a sentence that begins with the record."""

    def __init__(self, reason: str, hint: str = _AGAIN) -> None:
        super().__init__(reason)
        self.hint = hint


class Row(NamedTuple):
    """What a record says of its image.

    Attributes:
        filename: `image/filename`, fit to be a name; empty where it is not there.
        label: as it stands there; -1 where there is none.
        blank: whether the image has no bytes.
        boxes: float64[n, 4], xmin ymin xmax ymax, unchanged; None if there are none.
        whole: whether they are stored as integers.
        sides: width and height of the image in pixels, if its boxes may be in pixels; else 0, 0.
        stated: the width and height that the record states, 0 if it does not; else 0, 0.
    """

    filename: bytes
    label: int
    blank: bool
    boxes: Boxes | None
    whole: bool = False
    sides: tuple[int, int] = (0, 0)
    stated: tuple[int, int] = (0, 0)


class Features:
    """Reads the records of a split one after the other, and keeps which synsets and texts stand beside which label."""

    def __init__(self) -> None:
        self._label = ""
        self._synsets: dict[int, set[bytes]] = defaultdict(set)
        self._texts: dict[int, set[bytes]] = defaultdict(set)

    def row(self, buffer: bytes | mmap, start: int, end: int) -> Row:
        """Reads the Example between two places of a buffer.

        Raises:
            InvalidRecord: it holds not exactly one image, or something else that it says cannot be.
        """
        try:
            places = example_spans.feature_spans(buffer, start, end)
            blank = _blank(buffer, places)
            label = self._label_of(buffer, places)
            if label != UNLABELLED:
                _note(self._synsets[label], _text(buffer, places, _SYNSET))
                _note(self._texts[label], _text(buffer, places, _TEXT))
            row = Row(_filename(buffer, places), label, blank, None)
            return _with_boxes(row, buffer, places) if any(corner in places for corner in CORNERS) else row
        except example.UnknownField as error:
            raise InvalidRecord(f"is not a tf.train.Example: {error}", _AS_EXAMPLES) from error
        except example.ExampleDamage as error:
            raise InvalidRecord(f"is not a tf.train.Example: {error}") from error

    def by_label(self) -> Arrays:
        """The columns `synset_of`, `synset`, `text_of` and `text` of `Columns`."""
        return _pairs("synset", self._synsets) | _pairs("text", self._texts)

    def _label_of(self, buffer: bytes | mmap, places: _Places) -> int:
        self._label = self._label or next((key for key in LABELS if key in places), "")
        if self._label not in places:
            return UNLABELLED
        found = _values(_feature(buffer, places, self._label))
        if not len(found):
            return UNLABELLED
        if not isinstance(found, tuple) or len(found) != 1:
            raise InvalidRecord(f"has {_listed(found)} in {self._label}; expected one integer", _ONE_LABEL)
        if not UNLABELLED <= found[0] <= _LARGEST:
            raise InvalidRecord(f"has the label {found[0]:,}, expected -1 to {_LARGEST:,}")
        return found[0]


def _feature(buffer: bytes | mmap, places: _Places, name: str) -> bytes:
    start, end = places.get(name, (0, 0))
    return buffer[start:end]


def _blank(buffer: bytes | mmap, places: _Places) -> bool:
    if ENCODED not in places:
        raise _without_image(buffer, places)
    found = example_spans.byte_spans(buffer, *places[ENCODED])
    if found is None or len(found) != 1:
        seen = "no bytes" if found is None else f"{len(found):,} values"
        raise InvalidRecord(f"has {seen} in {ENCODED}, expected one image", _NOT_THESE)
    (start, end), *_ = found
    return start == end


def _without_image(buffer: bytes | mmap, places: _Places) -> InvalidRecord:
    """The error for a record without an image under the expected key; names the key that seems to hold it."""
    held = f"holds no {ENCODED}. Its keys: {few(sorted(places), _LISTED) or 'none'}"
    if places.keys() >= _TFDS:
        return InvalidRecord(f"{held}, as in TensorFlow Datasets' records, which this version does not read", _NOT_TFDS)
    images = [key for key, place in sorted(places.items()) if _is_image(buffer, *place)]
    return InvalidRecord(f"{held}; its image seems to be in {images[0]}" if images else held, _NOT_THESE)


def _is_image(buffer: bytes | mmap, start: int, end: int) -> bool:
    """Whether a feature is a single bytes value that begins like an image."""
    spans = example_spans.byte_spans(buffer, start, end) or []
    if len(spans) != 1:
        return False
    begin, stop = spans[0]
    return bool(image_codec.sniff(buffer[begin : min(begin + image_codec.MAGIC_BYTES, stop)]))


def _listed(found: example.Values) -> str:
    """The values found instead of a single integer, in words."""
    kinds: dict[type, str] = {list: "text", np.ndarray: "float", tuple: "integer"}
    kind = kinds[type(found)]
    values = [repr(value.decode(errors="replace")) if isinstance(value, bytes) else str(value) for value in found]
    counted = f"the {kind}" if len(found) == 1 else f"{len(found):,} {kind}s"
    return f"{counted} {few(values, 3)}"


def _text(buffer: bytes | mmap, places: _Places, name: str) -> bytes:
    """The one value of a bytes list; empty where it is anything else."""
    found = _values(_feature(buffer, places, name))
    return found[0] if isinstance(found, list) and len(found) == 1 else b""


def _filename(buffer: bytes | mmap, places: _Places) -> bytes:
    found = example.values(_feature(buffer, places, _FILENAME))
    if not isinstance(found, list) or len(found) != 1 or not found[0]:
        return b""
    name = found[0].decode(errors="surrogateescape")
    reason = unsafe(name)
    if reason:
        raise InvalidRecord(f"has the {_FILENAME} {name!r}, which {reason}")
    return found[0]


def _with_boxes(row: Row, buffer: bytes | mmap, places: _Places) -> Row:
    columns = [_values(_feature(buffer, places, corner)) for corner in CORNERS]
    try:
        boxes = corners(columns)
    except Mismatched as error:
        raise InvalidRecord(str(error)) from error
    if boxes is None:
        return row
    for name in places:
        if name.startswith(_PER_BOX) and name not in CORNERS:
            count = len(_values(_feature(buffer, places, name)))
            if count not in (0, len(boxes)):
                raise InvalidRecord(f"has {count:,} values in {name} for {len(boxes):,} boxes; expected one for each")
    row = row._replace(boxes=boxes, whole=isinstance(columns[0], tuple))
    if not unclear(boxes):
        return row
    width, height = (_stated(buffer, places, side) for side in _SIDES)
    return row._replace(sides=_sides(buffer, places), stated=(width, height))


def _sides(buffer: bytes | mmap, places: _Places) -> tuple[int, int]:
    """Width and height of the image; 0, 0 if its header cannot be read, which the worker reports."""
    (start, end), *_ = example_spans.byte_spans(buffer, *places[ENCODED]) or [(0, 0)]
    for head in (*_HEADS, end - start):
        with suppress(Undecodable):
            header = image_codec.read_header(buffer[start : min(end, start + head)])
            return header.width, header.height
    return 0, 0


def _stated(buffer: bytes | mmap, places: _Places, name: str) -> int:
    """The single integer in a feature, if it can be a number of pixels; else 0."""
    found = _values(_feature(buffer, places, name))
    return found[0] if isinstance(found, tuple) and len(found) == 1 and found[0] > 0 else 0


def _note(seen: set[bytes], value: bytes) -> None:
    """Two are enough to show that they differ."""
    if len(seen) < 2:
        seen.add(value)


def _pairs(name: str, seen: Mapping[int, set[bytes]]) -> Arrays:
    pairs = [(label, value) for label, values in sorted(seen.items()) for value in sorted(values)]
    return {
        f"{name}_of": np.array([label for label, _ in pairs], np.int16),
        name: np.array([value for _, value in pairs], np.bytes_),
    }
