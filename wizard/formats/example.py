"""tf.train.Example, written and read without TensorFlow.

A feature is `bytes`, or a tuple of ints, or a 1-d float32 array; which kind it is decides its list's kind, and an
empty list keeps its kind. Features are written in the order of their names, as deterministic protobuf
serialisation does. Source: `tensorflow/core/example/{example,feature}.proto` and the protobuf wire format.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Feature = bytes | tuple[int, ...] | Floats

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class ExampleDamage(ValueError):
    """The bytes are not a tf.train.Example of the kind that this module writes."""


def encode(features: Mapping[str, Feature]) -> bytes:
    """Serialises the features as one Example.

    Byte-equal to TensorFlow's deterministic serialisation where no name begins with another whole name; there
    protobuf's own implementations differ.
    """
    entries = (_field(1, _field(1, name.encode()) + _field(2, _feature(features[name]))) for name in sorted(features))
    return _field(1, b"".join(entries))


def decode(data: bytes) -> dict[str, Feature]:
    """The inverse of `encode`; unpacked lists, which the wire format also allows, are read as well.

    Raises:
        ExampleDamage: a field is cut off, of another type, or a bytes feature has not exactly one value.
    """
    try:
        return {
            name: feature
            for number, features in _fields(data)
            if number == 1
            for entry_number, entry in _fields(_bytes(features))
            if entry_number == 1
            for name, feature in [_entry(_bytes(entry))]
        }
    except (IndexError, UnicodeDecodeError) as error:
        raise ExampleDamage("the Example breaks off, or a name is no UTF-8") from error


def _feature(value: Feature) -> bytes:
    if isinstance(value, bytes):
        return _field(1, _field(1, value))
    if isinstance(value, tuple):
        return _field(3, _field(1, b"".join(map(_varint, value))) if value else b"")
    return _field(2, _field(1, value.astype("<f4").tobytes()) if value.size else b"")


def _field(number: int, content: bytes) -> bytes:
    return b"".join((_varint(number << 3 | _BYTES), _varint(len(content)), content))


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(data):
        tag, at = _read_varint(data, at)
        wire = tag & 7
        if wire == _VARINT:
            value, at = _read_varint(data, at)
            yield tag >> 3, value
            continue
        if wire == _BYTES:
            size, at = _read_varint(data, at)
        elif wire in (_FIXED32, _FIXED64):
            size = 4 if wire == _FIXED32 else 8
        else:
            raise ExampleDamage(f"wire type {wire}")
        if at + size > len(data):
            raise ExampleDamage(f"a field of {size:,} bytes with {len(data) - at:,} left")
        yield tag >> 3, data[at : at + size]
        at += size


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ExampleDamage("a number where a message was expected")
    return value


def _entry(data: bytes) -> tuple[str, Feature]:
    parts = dict(_fields(data))
    return _bytes(parts.get(1, b"")).decode(), _value(_bytes(parts.get(2, b"")))


def _value(feature: bytes) -> Feature:
    kinds = dict(_fields(feature))
    if len(kinds) != 1:
        raise ExampleDamage("a feature without a kind")
    ((kind, content),) = kinds.items()
    values = [value for number, value in _fields(_bytes(content)) if number == 1]
    if kind == 1:
        if len(values) != 1:
            raise ExampleDamage(f"a bytes feature with {len(values)} values")
        return _bytes(values[0])
    if kind == 2:
        packed = b"".join(map(_bytes, values))
        if len(packed) % 4:
            raise ExampleDamage("a float list that ends inside a value")
        return np.frombuffer(packed, "<f4").astype(np.float32)
    if kind == 3:
        return tuple(_signed(number) for value in values for number in _unpacked(value))
    raise ExampleDamage(f"a feature of kind {kind}")


def _unpacked(value: int | bytes) -> Iterator[int]:
    if isinstance(value, int):
        yield value
        return
    at = 0
    while at < len(value):
        number, at = _read_varint(value, at)
        yield number


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value
