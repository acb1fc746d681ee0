"""What one record says of its image, read around the image's bytes."""

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from mmap import mmap
from typing import NamedTuple

import numpy as np

from wizard.formats import example
from wizard.formats.arrays import Boxes
from wizard.sources.cache import Arrays
from wizard.sources.classes import UNLABELLED
from wizard.sources.names import unsafe

ENCODED = "image/encoded"
LABELS = ("image/class/label", "label", "image/label", "class/label")
"""Keys that a label is looked for under; the first of them that the first record with any of them has."""
_FILENAME, _SYNSET, _TEXT = "image/filename", "image/class/synset", "image/class/text"
_CORNERS = tuple(f"image/object/bbox/{corner}" for corner in ("xmin", "ymin", "xmax", "ymax"))
_LARGEST = 32_767
_LISTED = 16
_NOT_THESE = "Records need image/encoded with one image, and for training a label: say where else the raw data lies"
_ANEW = "Build these records anew with the script that wrote them, or fetch them again"

_values = lru_cache(maxsize=1 << 14)(example.values)
"""Of features that many records share."""
_Places = Mapping[str, example.Span]


class Unfit(ValueError):
    """A record that cannot be used; the message is the end of a sentence that begins with the record."""

    def __init__(self, reason: str, hint: str = _ANEW) -> None:
        super().__init__(reason)
        self.hint = hint


class Row(NamedTuple):
    """What a record says of its image.

    Attributes:
        filename: `image/filename`, fit to be a name; empty where it is not there.
        label: as it stands there; -1 where there is none.
        blank: whether the image has no bytes.
        boxes: float64[n, 4], xmin ymin xmax ymax; None where there are none.
    """

    filename: bytes
    label: int
    blank: bool
    boxes: Boxes | None


class Features:
    """Reads the records of a split one after the other, and keeps which synsets and texts stand beside which label."""

    def __init__(self) -> None:
        self._label = ""
        self._synsets: dict[int, set[bytes]] = defaultdict(set)
        self._texts: dict[int, set[bytes]] = defaultdict(set)

    def row(self, buffer: bytes | mmap, start: int, end: int) -> Row:
        """Reads the Example between two places of a buffer.

        Raises:
            Unfit: it holds not exactly one image, or something else that it says cannot be.
        """
        try:
            places = example.places(buffer, start, end)
            blank = _blank(buffer, places)
            label = self._label_of(buffer, places)
            if label != UNLABELLED:
                _note(self._synsets[label], _text(buffer, places, _SYNSET))
                _note(self._texts[label], _text(buffer, places, _TEXT))
            return Row(_filename(buffer, places), label, blank, _boxes(buffer, places))
        except example.ExampleDamage as error:
            raise Unfit(f"is no tf.train.Example: {error}") from error

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
            kind = "whole numbers" if isinstance(found, tuple) else "values that are no whole numbers"
            raise Unfit(f"has {len(found):,} {kind} in {self._label}, expected one whole number")
        if not UNLABELLED <= found[0] <= _LARGEST:
            raise Unfit(f"has the label {found[0]:,}, expected -1 to {_LARGEST:,}")
        return found[0]


def _feature(buffer: bytes | mmap, places: _Places, name: str) -> bytes:
    start, end = places.get(name, (0, 0))
    return buffer[start:end]


def _blank(buffer: bytes | mmap, places: _Places) -> bool:
    if ENCODED not in places:
        keys = ", ".join(sorted(places)[:_LISTED]) or "none"
        more = f" and {len(places) - _LISTED:,} more" if len(places) > _LISTED else ""
        raise Unfit(f"holds no {ENCODED}. Its keys: {keys}{more}", _NOT_THESE)
    sizes = example.sizes(buffer, *places[ENCODED])
    if sizes is None or len(sizes) != 1:
        seen = "no bytes" if sizes is None else f"{len(sizes):,} values"
        raise Unfit(f"has {seen} in {ENCODED}, expected one image", _NOT_THESE)
    return not sizes[0]


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
        raise Unfit(f"has the {_FILENAME} {name!r}, which {reason}")
    return found[0]


def _boxes(buffer: bytes | mmap, places: _Places) -> Boxes | None:
    found = [_values(_feature(buffer, places, corner)) for corner in _CORNERS]
    if not any(map(len, found)):
        return None
    counts = [len(column) for column in found]
    if len(set(counts)) > 1 or not all(isinstance(column, np.ndarray) for column in found):
        told = ", ".join(f"{count:,} in {corner}" for count, corner in zip(counts, _CORNERS, strict=True))
        raise Unfit(f"has boxes whose corners do not fit together: {told}, expected as many floats in each")
    return np.stack([np.asarray(column, np.float64) for column in found], axis=1)


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
