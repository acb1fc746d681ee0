"""tf.train.Example, written and read without TensorFlow.

A feature is `bytes`, or a tuple of ints, or a 1-d float32 array; which kind it is decides its list's kind, and an
empty list keeps its kind. Features are written in the order of their names, as deterministic protobuf
serialization does. `encode` and `decode` are for records of this form; the others take any Example, whatever its
lists hold, and do not parse what they do not need. As in protobuf, the last of several equal names or kinds wins.
A field that an Example does not have is refused, because it would be lost when the features are joined again:
a SequenceExample begins like an Example, and has its feature lists in such a field.

protobuf does the work, except for `places` and `byte_spans`: it copies what it parses, and of a mapped file they must
leave the pages with images on the disk.
Source: `tensorflow/core/example/{example,feature}.proto` and the protobuf wire format.
"""

from collections.abc import Iterator, Mapping, Sequence
from mmap import mmap
from typing import Any

import numpy as np
import numpy.typing as npt
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet

from wizard.formats import example_schema

Floats = npt.NDArray[np.float32]
Feature = bytes | tuple[int, ...] | Floats
Values = list[bytes] | tuple[int, ...] | Floats
Span = tuple[int, int]
"""Where something starts in a buffer, and where it ends."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
"""Wire types: how a field's content is delimited."""
_FIXED = {_FIXED64: 8, _FIXED32: 4}
_FIRST, _SECOND, _THIRD = (number << 3 | _BYTES for number in (1, 2, 3))
"""Tags of fields that hold bytes: Example.features, Features.feature, key and value of its entries, Feature's kinds."""
_LISTS = {_FIRST, _SECOND, _THIRD}
"""Tags of a Feature's kinds: a list of bytes, of floats, or of integers."""
_BYTES_LIST = _FIRST
_MASK = (1 << 64) - 1


class ExampleDamage(ValueError):
    """The bytes are not a tf.train.Example, or not one of the kind that was expected."""


class UnknownField(ExampleDamage):
    """The bytes are a protobuf message with a field that a tf.train.Example does not have."""


def encode(features: Mapping[str, Feature]) -> bytes:
    """Serializes the features as one Example.

    Byte-equal to TensorFlow's deterministic serialization where no name begins with another whole name; there
    protobuf's own implementations differ.
    """
    built = example_schema.Example()
    built.features.SetInParent()
    for name in sorted(features):
        value = features[name]
        _fill(built.features.feature.add(key=name).value, [value] if isinstance(value, bytes) else value)
    return _serialized(built)


def decode(data: bytes) -> dict[str, Feature]:
    """The inverse of `encode`; unpacked lists, which the wire format also allows, are read as well.

    Raises:
        ExampleDamage: a field is cut off, a feature has no kind, or a bytes feature has not exactly one value.
    """
    parsed = _parsed(example_schema.Example, data)
    return {entry.key: _single(entry.value) for entry in parsed.features.feature}


def entries(data: bytes) -> dict[str, bytes]:
    """Feature name -> its serialized Feature, untouched.

    Raises:
        UnknownField: it has a field that a tf.train.Example does not have.
        ExampleDamage: a field is cut off, or a name is no UTF-8.
    """
    parsed = _parsed(example_schema.RawExample, data)
    parsed.DiscardUnknownFields()
    # What is left can only be as long as the data if nothing was discarded. The other way round does not hold:
    # protobuf also accepts lengths that are written in more bytes than they need.
    if parsed.ByteSize() != len(data):
        _refuse_unknown_fields(_parsed(example_schema.RawExample, data))
    return {entry.key: entry.value for entry in parsed.features.feature}


def join(entries: Mapping[str, bytes]) -> bytes:
    """The Example that has these serialized Features, in the order of their names.

    >>> join(entries(encode({"a": (1,), "b": b"x"}))) == encode({"a": (1,), "b": b"x"})
    True
    """
    built = example_schema.RawExample()
    built.features.SetInParent()
    for name in sorted(entries):
        entry = built.features.feature.add()
        entry.key, entry.value = name, entries[name]
    return _serialized(built)


def raw(value: Feature) -> bytes:
    """The serialized Feature of one value, or of a list of numbers."""
    return _feature([value] if isinstance(value, bytes) else value)


def values(raw_feature: bytes) -> Values:
    """All values of a serialized Feature; where it has no kind, an empty list.

    Raises:
        ExampleDamage: a field is cut off, or a float list ends inside a value.
    """
    return _values(_parsed(example_schema.Feature, raw_feature))


def kept(raw_feature: bytes, rows: Sequence[int]) -> bytes:
    """The same Feature with only these places of its list; its kind stays, also where nothing else does.

    Raises:
        ExampleDamage: as for `values`.
        IndexError: the list has no such place.
    """
    feature = _parsed(example_schema.Feature, raw_feature)
    if feature.WhichOneof("kind") is None:
        return b""
    every = _values(feature)
    if isinstance(every, np.ndarray):
        return _feature(every[np.array(rows, np.intp)])
    if isinstance(every, tuple):
        return _feature(tuple(every[row] for row in rows))
    return _feature([every[row] for row in rows])


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
                raise _unknown(tag >> 3)
            for entry_tag, first, last in _fields(data, at, stop):
                if entry_tag != _FIRST:
                    raise _unknown(entry_tag >> 3)
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


def _single(feature: Any) -> Feature:
    if feature.WhichOneof("kind") is None:
        raise ExampleDamage("a feature without a kind")
    every = _values(feature)
    if not isinstance(every, list):
        return every
    if len(every) != 1:
        raise ExampleDamage(f"a bytes feature with {len(every)} values")
    return every[0]


def _parsed(kind: Any, data: bytes) -> Any:
    try:
        return kind.FromString(data)
    except DecodeError as error:
        raise ExampleDamage("a field is cut off or malformed") from error


def _serialized(message: Any) -> bytes:
    content: bytes = message.SerializeToString(deterministic=True)
    return content


def _values(feature: Any) -> Values:
    match feature.WhichOneof("kind"):
        case "float_list":
            return np.array(feature.float_list.value, np.float32)
        case "int64_list":
            return tuple(feature.int64_list.value)
        case _:
            return list(feature.bytes_list.value)


def _feature(every: Values) -> bytes:
    feature = example_schema.Feature()
    _fill(feature, every)
    return _serialized(feature)


def _fill(feature: Any, every: Values) -> None:
    if isinstance(every, list):
        chosen = feature.bytes_list
    elif isinstance(every, tuple):
        chosen = feature.int64_list
    else:
        chosen = feature.float_list
    chosen.SetInParent()  # an empty list has its kind set too
    chosen.value.extend(every)


def _refuse_unknown_fields(parsed: Any) -> None:
    if any(field.field_number == 2 for field in UnknownFieldSet(parsed)):
        raise UnknownField("it has feature lists, as a tf.train.SequenceExample has")
    for message in (parsed, parsed.features, *parsed.features.feature):
        for field in UnknownFieldSet(message):
            raise _unknown(field.field_number)


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
            raise _unknown(tag >> 3)
    return name.decode(), span


def _unknown(number: int) -> UnknownField:
    return UnknownField(f"it has a field {number}, which a tf.train.Example does not have")


def _list(data: bytes | mmap, start: int, end: int) -> tuple[int, list[Span]]:
    """The tag of a Feature's kind, 0 for none, and where the fields of its list lie: of a bytes list, its values."""
    kind = 0
    found: list[Span] = []
    for tag, at, stop in _fields(data, start, end):
        if tag not in _LISTS:
            continue
        if tag != kind:
            kind, found = tag, []
        found += [(first, last) for element, first, last in _fields(data, at, stop) if element == _FIRST]
    return kind, found
