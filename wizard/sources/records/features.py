"""Reads what one record says of its image, around the image's bytes."""

from collections import defaultdict
from contextlib import suppress
from functools import lru_cache
from mmap import mmap
from typing import NamedTuple

import numpy as np

from wizard.formats import example, example_spans, image_codec
from wizard.formats.arrays import Boxes
from wizard.formats.decoding import Undecodable
from wizard.formatting import few
from wizard.ilsvrc2012.feature_names import CORNERS, ENCODED, FILENAME, LABELS, SYNSET, TEXT
from wizard.sources.cache import Arrays
from wizard.sources.classes import UNLABELED
from wizard.sources.names import unsafe
from wizard.sources.records.boxes import unclear

_OF_LABELS = {"synset": SYNSET, "text": TEXT}
_PER_BOX = ("image/object/bbox/", "image/object/class/")  # prefixes of the keys whose lists have one value for each box
_HEADS = (1 << 12, 1 << 16)  # bytes of an image that are tried for its size, before the whole image is read
_LARGEST = 32_767
_LISTED = 16
_TFDS = {"image", "label"}  # keys of TensorFlow Datasets' image classification data (tfds.image_classification)
_NOT_THESE = "Records need image/encoded with one image, and for training a label: say where else the raw data lies"
_ONE_LABEL = "Write these records again with one int64 label per image"
_NOT_TFDS = (
    "Leave source.layout out if it is set; else give the files the names that TensorFlow Datasets gave them, "
    "NAME-SPLIT.tfrecord-00000-of-00001, in a folder without others"
)
_AS_EXAMPLES = "Write these records again as tf.train.Example, one image each, with image/encoded and a label"
_AGAIN = "Build these records again with the script that wrote them, or fetch them again"

# Many records share the values of most features; the cache makes a scan of them faster.
_values = lru_cache(maxsize=1 << 14)(example.values)


class InvalidRecord(ValueError):
    """A record that cannot be used; the message is the end of a sentence that begins with the record."""

    def __init__(self, reason: str, hint: str = _AGAIN) -> None:
        super().__init__(reason)
        self.hint = hint


class Row(NamedTuple):
    """What a record says of its image: a row of `Columns`; boxes are None if there are none."""

    filename: bytes
    label: int
    blank: bool
    boxes: Boxes | None = None
    whole: bool = False
    sides: tuple[int, int] = (0, 0)
    stated: tuple[int, int] = (0, 0)


class Features:
    """Reads the records of a split one after the other, and keeps which synsets and texts stand beside which label."""

    def __init__(self) -> None:
        self._label_key = ""
        self._beside: dict[str, dict[int, set[bytes]]] = {column: defaultdict(set) for column in _OF_LABELS}

    def row(self, buffer: bytes | mmap, start: int, end: int) -> Row:
        """Reads the Example in `buffer[start:end]`.

        Raises:
            InvalidRecord: it does not hold exactly one image, or has invalid values.
        """
        try:
            record = _Record(buffer, start, end)
            image = record.image()
            label = self._label(record)
            if label != UNLABELED:
                self._note(label, record)
            row = Row(record.filename(), label, blank=image[0] == image[1])
            return row if record.spans.keys().isdisjoint(CORNERS) else _with_boxes(row, record, image)
        except example.UnknownField as error:
            raise InvalidRecord(f"is not a tf.train.Example: {error}", _AS_EXAMPLES) from error
        except example.ExampleDamage as error:
            raise InvalidRecord(f"is not a tf.train.Example: {error}") from error

    def by_label(self) -> Arrays:
        """The columns `synset_of`, `synset`, `text_of` and `text` of `Columns`."""
        columns: Arrays = {}
        for column, labels in self._beside.items():
            pairs = [(label, value) for label, values in sorted(labels.items()) for value in sorted(values)]
            columns[f"{column}_of"] = np.array([label for label, _ in pairs], np.int16)
            columns[column] = np.array([value for _, value in pairs], np.bytes_)
        return columns

    def _note(self, label: int, record: "_Record") -> None:
        for column, name in _OF_LABELS.items():
            seen = self._beside[column][label]
            if len(seen) < 2:  # two are enough to show that they differ
                seen.add(_text(record.values(name)))

    def _label(self, record: "_Record") -> int:
        self._label_key = self._label_key or next((key for key in LABELS if key in record.spans), "")
        found = record.values(self._label_key)
        if not len(found):
            return UNLABELED
        if not isinstance(found, tuple) or len(found) != 1:
            raise InvalidRecord(f"has {_listed(found)} in {self._label_key}; expected one integer", _ONE_LABEL)
        if not UNLABELED <= found[0] <= _LARGEST:
            raise InvalidRecord(f"has the label {found[0]:,}, expected -1 to {_LARGEST:,}")
        return found[0]


class _Record:
    """The features of a record, located but not read."""

    def __init__(self, buffer: bytes | mmap, start: int, end: int) -> None:
        self.buffer = buffer
        self.spans = example_spans.feature_spans(buffer, start, end)

    def values(self, name: str) -> example.Values:
        """The values of a feature; none if there is no such feature."""
        return _values(self._feature(name))

    def filename(self) -> bytes:
        name = _text(example.values(self._feature(FILENAME)))  # one for each record, so not through the cache
        reason = unsafe(name.decode(errors="surrogateescape")) if name else ""
        if reason:
            raise InvalidRecord(f"has the {FILENAME} {name.decode(errors='surrogateescape')!r}, which {reason}")
        return name

    def image(self) -> example_spans.Span:
        """Where the image's bytes lie in the buffer."""
        if ENCODED not in self.spans:
            raise self._without_image()
        found = example_spans.byte_spans(self.buffer, *self.spans[ENCODED])
        if found is None or len(found) != 1:
            seen = "no bytes" if found is None else f"{len(found):,} values"
            raise InvalidRecord(f"has {seen} in {ENCODED}, expected one image", _NOT_THESE)
        return found[0]

    def sides(self, image: example_spans.Span) -> tuple[int, int]:
        """Width and height of the image; 0, 0 if its header cannot be read, which the worker reports."""
        start, end = image
        for head in (*_HEADS, end - start):
            with suppress(Undecodable):
                header = image_codec.read_header(self.buffer[start : min(end, start + head)])
                return header.width, header.height
        return 0, 0

    def pixels(self, name: str) -> int:
        """The single integer in a feature, if it can be a number of pixels; else 0."""
        found = self.values(name)
        return found[0] if isinstance(found, tuple) and len(found) == 1 and found[0] > 0 else 0

    def _feature(self, name: str) -> bytes:
        start, end = self.spans.get(name, (0, 0))
        return self.buffer[start:end]

    def _without_image(self) -> InvalidRecord:
        """The error for a record without an image under the expected key; names the key that seems to hold it."""
        held = f"holds no {ENCODED}. Its keys: {few(sorted(self.spans), _LISTED) or 'none'}"
        if self.spans.keys() >= _TFDS:
            unread = "as in TensorFlow Datasets' records, which are read if their files are named as by it"
            return InvalidRecord(f"{held}, {unread}", _NOT_TFDS)
        images = [key for key in sorted(self.spans) if self._is_image(key)]
        return InvalidRecord(f"{held}; its image seems to be in {images[0]}" if images else held, _NOT_THESE)

    def _is_image(self, name: str) -> bool:
        values = example_spans.byte_spans(self.buffer, *self.spans[name]) or []
        if len(values) != 1:
            return False
        start, end = values[0]
        return bool(image_codec.sniff(self.buffer[start : min(start + image_codec.MAGIC_BYTES, end)]))


def _with_boxes(row: Row, record: _Record, image: example_spans.Span) -> Row:
    columns = [record.values(corner) for corner in CORNERS]
    counts = set(map(len, columns))
    if counts == {0}:
        return row
    kinds = {type(column) for column in columns}
    if len(counts) > 1 or kinds not in ({np.ndarray}, {tuple}):
        lists = ", ".join(f"{_counted(column)} in {name}" for column, name in zip(columns, CORNERS, strict=True))
        raise InvalidRecord(f"has boxes with mismatched corners: {lists}; expected the same number of values in each")
    boxes = np.stack([np.asarray(column, np.float64) for column in columns], axis=1)
    for name in record.spans:
        if name.startswith(_PER_BOX) and name not in CORNERS:
            count = len(record.values(name))
            if count not in (0, len(boxes)):
                raise InvalidRecord(f"has {count:,} values in {name} for {len(boxes):,} boxes; expected one for each")
    row = row._replace(boxes=boxes, whole=kinds == {tuple})
    if not unclear(boxes):
        return row
    stated = record.pixels("image/width"), record.pixels("image/height")
    return row._replace(sides=record.sides(image), stated=stated)


def _text(found: example.Values) -> bytes:
    return found[0] if isinstance(found, list) and len(found) == 1 else b""


def _listed(found: example.Values) -> str:
    kinds: dict[type, str] = {list: "text", np.ndarray: "float", tuple: "integer"}
    kind = kinds[type(found)]
    values = [repr(value.decode(errors="replace")) if isinstance(value, bytes) else str(value) for value in found]
    counted = f"the {kind}" if len(found) == 1 else f"{len(found):,} {kind}s"
    return f"{counted} {few(values, 3)}"


def _counted(column: example.Values) -> str:
    kinds: dict[type, str] = {np.ndarray: "floats", tuple: "integers"}
    return f"{len(column):,} {kinds.get(type(column), 'values')}" if len(column) else "none"
