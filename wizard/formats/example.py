"""tf.train.Example, written and read without TensorFlow.

A feature is `bytes`, or a tuple of ints, or a 1-d float32 array; which kind it is decides its list's kind, and an
empty list keeps its kind. Features are written in the order of their names, as deterministic protobuf
serialisation does. `encode` and `decode` are for records of this form; the others take any Example, whatever its
lists hold, and do not parse what they do not need. As in protobuf, the last of several equal names or kinds wins.
A field that an Example does not have is refused, because it would be lost when the features are joined again:
a SequenceExample begins like an Example, and has its feature lists in such a field.
Source: `tensorflow/core/example/{example,feature}.proto` and the protobuf wire format.
"""

from collections.abc import Iterator, Mapping, Sequence
from mmap import mmap

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Feature = bytes | tuple[int, ...] | Floats
Values = list[bytes] | tuple[int, ...] | Floats
Span = tuple[int, int]
"""Where something starts in a buffer, and where it ends."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED = {_FIXED64: 8, _FIXED32: 4}
_FIRST, _SECOND, _THIRD = (number << 3 | _BYTES for number in (1, 2, 3))
"""Tags of fields that hold bytes: Example.features, Features.feature, key and value of its entries, Feature's kinds."""
_BYTES_LIST, _FLOAT_LIST, _INT64_LIST = _FIRST, _SECOND, _THIRD
_ELEMENTS = {
    _BYTES_LIST: {1 << 3 | _BYTES},
    _FLOAT_LIST: {1 << 3 | _BYTES, 1 << 3 | _FIXED32},
    _INT64_LIST: {1 << 3 | _BYTES, 1 << 3 | _VARINT},
}
"""Tags of a list's values: packed or, but for bytes, one by one."""
_MASK = (1 << 64) - 1


class ExampleDamage(ValueError):
    """The bytes are not a tf.train.Example, or not one of the kind that was expected."""


class UnknownField(ExampleDamage):
    """The bytes are a protobuf message with a field that a tf.train.Example does not have."""


def encode(features: Mapping[str, Feature]) -> bytes:
    """Serialises the features as one Example.

    Byte-equal to TensorFlow's deterministic serialisation where no name begins with another whole name; there
    protobuf's own implementations differ.
    """
    return join({name: raw(value) for name, value in features.items()})


def decode(data: bytes) -> dict[str, Feature]:
    """The inverse of `encode`; unpacked lists, which the wire format also allows, are read as well.

    Raises:
        ExampleDamage: a field is cut off, a feature has no kind, or a bytes feature has not exactly one value.
    """
    return {name: _single(feature) for name, feature in entries(data).items()}


def entries(data: bytes) -> dict[str, bytes]:
    """Feature name -> its serialised Feature, untouched.

    Raises:
        UnknownField: it has a field that a tf.train.Example does not have.
        ExampleDamage: a field is cut off, or a name is no UTF-8.
    """
    return {name: data[start:end] for name, (start, end) in places(data, 0, len(data)).items()}


def join(entries: Mapping[str, bytes]) -> bytes:
    """The Example that has these serialised Features, in the order of their names.

    >>> join(entries(encode({"a": (1,), "b": b"x"}))) == encode({"a": (1,), "b": b"x"})
    True
    """
    return _field(
        1, b"".join(_field(1, _field(1, name.encode()) + _field(2, entries[name])) for name in sorted(entries))
    )


def raw(value: Feature) -> bytes:
    """The serialised Feature of one value, or of a list of numbers."""
    return _feature([value] if isinstance(value, bytes) else value)


def values(raw_feature: bytes) -> Values:
    """All values of a serialised Feature; where it has no kind, an empty list.

    Raises:
        ExampleDamage: a field is cut off, or a float list ends inside a value.
    """
    return _values(raw_feature, *_list(raw_feature, 0, len(raw_feature)))


def kept(raw_feature: bytes, rows: Sequence[int]) -> bytes:
    """The same Feature with only these places of its list; its kind stays, also where nothing else does.

    Raises:
        ExampleDamage: as for `values`.
        IndexError: the list has no such place.
    """
    kind, found = _list(raw_feature, 0, len(raw_feature))
    every = _values(raw_feature, kind, found)
    if isinstance(every, np.ndarray):
        return _feature(every[np.array(rows, np.intp)])
    if isinstance(every, tuple):
        return _feature(tuple(every[row] for row in rows))
    return _feature([every[row] for row in rows]) if kind else b""


def places(data: bytes | mmap, start: int, end: int) -> dict[str, Span]:
    """Feature name -> where its serialised Feature lies, for the Example between two places of a buffer.

    Only what tells lengths is read, and names: of a mapped file, pages full of an image stay on the disk.

    Raises:
        UnknownField: it has a field that a tf.train.Example does not have.
        ExampleDamage: a field is cut off, or a name is no UTF-8.
    """
    found: dict[str, Span] = {}
    try:
        for tag, at, stop in _fields(data, start, end):
            if tag == _SECOND:
                raise UnknownField("it has feature lists, as a tf.train.SequenceExample has")
            if tag != _FIRST:
                raise _unknown(tag)
            for entry_tag, first, last in _fields(data, at, stop):
                if entry_tag != _FIRST:
                    raise _unknown(entry_tag)
                name, span = _entry(data, first, last)
                found[name] = span
    except UnicodeDecodeError as error:
        raise ExampleDamage("a name is no UTF-8") from error
    return found


def byte_spans(data: bytes | mmap, start: int, end: int) -> list[Span] | None:
    """The spans of a bytes list's values, unread; None if the Feature in this range is of another kind.

    Raises:
        ExampleDamage: a field is cut off.
    """
    kind, found = _list(data, start, end)
    return found if kind == _BYTES_LIST else None


def _single(feature: bytes) -> Feature:
    kind, found = _list(feature, 0, len(feature))
    if not kind:
        raise ExampleDamage("a feature without a kind")
    every = _values(feature, kind, found)
    if not isinstance(every, list):
        return every
    if len(every) != 1:
        raise ExampleDamage(f"a bytes feature with {len(every)} values")
    return every[0]


def _feature(every: Values) -> bytes:
    if isinstance(every, list):
        return _field(1, b"".join(_field(1, value) for value in every))
    if isinstance(every, tuple):
        return _field(3, _field(1, b"".join(map(_varint, every))) if every else b"")
    return _field(2, _field(1, every.astype("<f4").tobytes()) if every.size else b"")


def _field(number: int, content: bytes) -> bytes:
    return b"".join((_varint(number << 3 | _BYTES), _varint(len(content)), content))


def _varint(value: int) -> bytes:
    value &= _MASK
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_varint(data: bytes | mmap, at: int, end: int) -> Span:
    """A number, and where it ends."""
    value = shift = 0
    while at < end and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & _MASK, at
        shift += 7
    raise ExampleDamage("a number breaks off" if at >= end else "a number of more than 64 bits")


def _fields(data: bytes | mmap, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Tag, start and end of each field's content; that of a number is its own bytes."""
    while at < end:
        tag, at = (data[at], at + 1) if data[at] < 0x80 else _read_varint(data, at, end)
        wire = tag & 7
        if wire == _BYTES:
            short = at < end and data[at] < 0x80  # as nearly all are; a call for each would take most of the time
            size, at = (data[at], at + 1) if short else _read_varint(data, at, end)
        elif wire == _VARINT:
            size = _read_varint(data, at, end)[1] - at
        elif wire in _FIXED:
            size = _FIXED[wire]
        else:
            raise ExampleDamage(f"wire type {wire}")
        if size > end - at:
            raise ExampleDamage(f"a field of {size:,} bytes with {end - at:,} left")
        yield tag, at, at + size
        at += size


def _entry(data: bytes | mmap, start: int, end: int) -> tuple[str, Span]:
    name, span = b"", (end, end)
    for tag, at, stop in _fields(data, start, end):
        if tag == _FIRST:
            name = data[at:stop]
        elif tag == _SECOND:
            span = at, stop
        else:
            raise _unknown(tag)
    return name.decode(), span


def _unknown(tag: int) -> UnknownField:
    return UnknownField(f"it has a field {tag >> 3}, which a tf.train.Example does not have")


def _list(data: bytes | mmap, start: int, end: int) -> tuple[int, list[Span]]:
    """The tag of a Feature's kind, 0 for none, and where its values lie: each of them, or many that are packed."""
    kind = 0
    found: list[Span] = []
    for tag, at, stop in _fields(data, start, end):
        if tag not in _ELEMENTS:
            continue
        if tag != kind:
            kind, found = tag, []
        found += [(first, last) for element, first, last in _fields(data, at, stop) if element in _ELEMENTS[tag]]
    return kind, found


def _values(data: bytes, kind: int, found: list[Span]) -> Values:
    if kind == _FLOAT_LIST:
        if any((end - start) % 4 for start, end in found):
            raise ExampleDamage("a float list that ends inside a value")
        return np.frombuffer(b"".join(data[start:end] for start, end in found), "<f4").astype(np.float32)
    if kind == _INT64_LIST:
        return tuple(number for span in found for number in _numbers(data, *span))
    return [data[start:end] for start, end in found]


def _numbers(data: bytes, at: int, end: int) -> Iterator[int]:
    while at < end:
        value, at = _read_varint(data, at, end)
        yield value - (1 << 64) if value >= 1 << 63 else value
