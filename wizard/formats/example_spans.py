"""Locates the features of a tf.train.Example in a buffer without reading their content.

protobuf copies everything that it parses. In a memory-mapped file, the pages that hold images must stay on the disk
until they are needed, so this walker reads nothing but tags, lengths and names.
Source: the protobuf wire format, and `tensorflow/core/example/{example,feature}.proto`.
"""

from collections.abc import Iterator
from mmap import mmap

from wizard.formats.example import ExampleDamage, unknown_field

Span = tuple[int, int]
"""Start and end of something in a buffer."""

_VARINT, _BYTES = 0, 2
"""Wire types: how a field's content is delimited."""
_FIXED = {1: 8, 5: 4}
"""Wire types of a fixed length -> bytes."""
_FIRST, _SECOND, _THIRD = (number << 3 | _BYTES for number in (1, 2, 3))
"""Tags of fields that hold bytes: Example.features, Features.feature, key and value of its entries, Feature's kinds."""
_LISTS = {_FIRST, _SECOND, _THIRD}
"""Tags of a Feature's kinds: a list of bytes, of floats, or of integers."""


def feature_spans(data: bytes | mmap, start: int, end: int) -> dict[str, Span]:
    """Feature name -> the span of its serialized Feature, for the Example in `data[start:end]`.

    Raises:
        UnknownField: it has a field that a tf.train.Example does not have.
        ExampleDamage: a field is cut off, or a name is not UTF-8.
    """
    found: dict[str, Span] = {}
    try:
        for tag, at, stop in _fields(data, start, end):
            if tag != _FIRST:
                raise unknown_field(tag >> 3, top=True)
            for entry_tag, first, last in _fields(data, at, stop):
                if entry_tag != _FIRST:
                    raise unknown_field(entry_tag >> 3)
                name, span = _entry(data, first, last)
                found[name] = span
    except UnicodeDecodeError as error:
        raise ExampleDamage("a name is not UTF-8") from error
    return found


def byte_spans(data: bytes | mmap, start: int, end: int) -> list[Span] | None:
    """The spans of the values of the bytes list in `data[start:end]`; None if that Feature is of another kind.

    Raises:
        ExampleDamage: a field is cut off.
    """
    kind = 0
    found: list[Span] = []
    for tag, at, stop in _fields(data, start, end):
        if tag not in _LISTS:
            continue
        if tag != kind:
            kind, found = tag, []  # the fields of a oneof exclude each other: the last one wins
        found += [(first, last) for element, first, last in _fields(data, at, stop) if element == _FIRST]
    return found if kind == _FIRST else None


def _read_varint(data: bytes | mmap, at: int, end: int) -> Span:
    """A number and the offset after it: seven bits per byte, the lowest first (protobuf wire format, "Varints")."""
    value = shift = 0
    while at < end and shift < 70:  # 64 bits take at most 10 bytes
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & (1 << 64) - 1, at
        shift += 7
    raise ExampleDamage("a number is cut off" if at >= end else "a number of more than 64 bits")


def _fields(data: bytes | mmap, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yields tag, start and end of each field's content; the content of a number is its own bytes."""
    while at < end:
        # Nearly all tags and most lengths have one byte; a call for each would take most of the time.
        tag = data[at]
        if tag < 0x80:
            at += 1
        else:
            tag, at = _read_varint(data, at, end)
        wire = tag & 7
        if wire == _BYTES:
            if at < end and data[at] < 0x80:
                size = data[at]
                at += 1
            else:
                size, at = _read_varint(data, at, end)
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
    """Name and span of one entry of the feature map; a missing value is an empty Feature."""
    name, span = b"", (end, end)
    for tag, at, stop in _fields(data, start, end):
        if tag == _FIRST:
            name = data[at:stop]
        elif tag == _SECOND:
            span = at, stop
        else:
            raise unknown_field(tag >> 3)
    return name.decode(), span
