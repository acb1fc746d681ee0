"""Encodes and decodes tf.train.Example without importing TensorFlow; protobuf does the work.

A feature is `bytes`, a tuple of ints, or a 1-d float32 array. Its type decides the kind of its list, also of an empty
one. Features are serialized in the order of their names, as by deterministic protobuf serialization. `encode` and
`decode` are for records of this form. The other functions accept any Example, whatever its lists hold, and do not parse
what they do not need. As in protobuf, the last of several equal names or kinds wins.

Examples with unknown fields are refused, because the fields would be lost when the features are joined again. A
SequenceExample, for one, looks like an Example that has its feature lists in an unknown field.

protobuf serializes every feature. The messages around them are no more than a tag and a length before each, which is
written here: protobuf would copy the image on its way through each of them (0.04 ms for an image of 50 kB, against
0.015). Most features are those of another record too (a class's label, a height, no boxes), so their bytes are kept,
and so is what `decode` reads from such bytes, which takes a third of the time.

`example_spans` locates features without reading them.
Source: the protobuf wire format, and `tensorflow/core/example/{example,feature}.proto`.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet

from wizard.formats import example_schema

Floats = npt.NDArray[np.float32]
Feature = bytes | tuple[int, ...] | Floats
Values = list[bytes] | tuple[int, ...] | Floats

_FIRST, _SECOND = 0x0A, 0x12
"""Tags of fields that hold bytes: Example.features, Features.feature, an entry's key; and an entry's value."""
_REMEMBERED = 16_384
"""Serialized small features kept; ImageNet's 1,000 classes and the usual heights and widths need fewer."""
_SMALL = 256
"""Most bytes of a value whose serialized form is kept."""


class ExampleDamage(ValueError):
    """The bytes are not a tf.train.Example, or not one of the expected form."""


class UnknownField(ExampleDamage):
    """The bytes are a protobuf message with a field that a tf.train.Example does not have."""


def unknown_field(number: int, *, top: bool = False) -> UnknownField:
    """The error for a field of this number, at the `top` level of the message or below."""
    if top and number == 2:
        return UnknownField("it has feature lists, as a tf.train.SequenceExample has")
    return UnknownField(f"it has a field {number}, which a tf.train.Example does not have")


def encode(features: Mapping[str, Feature]) -> bytes:
    """Serializes the features as one Example.

    The bytes equal TensorFlow's deterministic serialization, unless one name is a prefix of another: for such names,
    protobuf's own implementations differ in their order.
    """
    return _joined(_entry_of(name, features[name]) for name in sorted(features))


def decode(data: bytes) -> dict[str, Feature]:
    """The inverse of `encode`; also reads unpacked lists, which the wire format allows.

    Raises:
        ExampleDamage: a field is cut off, a feature has no kind, or a bytes feature does not have exactly one value.
    """
    parsed = _parsed(example_schema.RawExample, data)
    return {entry.key: _single(entry.value) for entry in parsed.features.feature}


def entries(data: bytes) -> dict[str, bytes]:
    """Feature name -> its serialized Feature, unparsed.

    Raises:
        UnknownField: it has a field that a tf.train.Example does not have.
        ExampleDamage: a field is cut off, or a name is not UTF-8.
    """
    parsed = _parsed(example_schema.RawExample, data)
    parsed.DiscardUnknownFields()
    # Equal lengths prove that nothing was discarded; checking each message would take longer. Unequal ones prove
    # nothing: protobuf also accepts lengths that are written in more bytes than they need.
    if parsed.ByteSize() != len(data):
        _refuse_unknown_fields(_parsed(example_schema.RawExample, data))
    return {entry.key: entry.value for entry in parsed.features.feature}


def join(entries: Mapping[str, bytes]) -> bytes:
    """The Example that has these serialized Features, in the order of their names.

    >>> join(entries(encode({"a": (1,), "b": b"x"}))) == encode({"a": (1,), "b": b"x"})
    True
    """
    return _joined(_entry(name, entries[name]) for name in sorted(entries))


def raw(value: Feature | list[bytes]) -> bytes:
    """Serializes one Feature."""
    feature = example_schema.Feature()
    _fill(feature, value)
    return _serialized(feature)


def values(raw_feature: bytes) -> Values:
    """All values of a serialized Feature; an empty list if it has no kind.

    Raises:
        ExampleDamage: a field is cut off, or a float list ends inside a value.
    """
    return _values(_parsed(example_schema.Feature, raw_feature))


def select(raw_feature: bytes, rows: Sequence[int]) -> bytes:
    """The same Feature with only these elements of its list; an empty list keeps its kind.

    Raises:
        ExampleDamage: as for `values`.
        IndexError: the list is shorter than that.
    """
    feature = _parsed(example_schema.Feature, raw_feature)
    if feature.WhichOneof("kind") is None:
        return b""
    every = _values(feature)
    if isinstance(every, np.ndarray):
        return raw(every[np.array(rows, np.intp)])
    if isinstance(every, tuple):
        return raw(tuple(every[row] for row in rows))
    return raw([every[row] for row in rows])


def _joined(entries: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The Example that has these entries, each in two parts."""
    parts = [part for entry in entries for part in entry]
    return b"".join((_head(_FIRST, sum(map(len, parts))), *parts))


def _entry_of(name: str, value: Feature) -> tuple[bytes, bytes]:
    if isinstance(value, np.ndarray):
        return _entry(name, raw(value)) if len(value) else _no_floats(name)
    if len(value) <= _SMALL:
        return _small_entry(name, value)
    if isinstance(value, bytes):  # Feature.bytes_list, whose only value this is
        head = _head(_FIRST, len(value))
        head = _head(_FIRST, len(head) + len(value)) + head
        return _entry_head(name, len(head) + len(value)) + head, value
    return _entry(name, raw(value))


@lru_cache(_REMEMBERED)
def _small_entry(name: str, value: bytes | tuple[int, ...]) -> tuple[bytes, bytes]:
    return _entry(name, raw(value))


@lru_cache
def _no_floats(name: str) -> tuple[bytes, bytes]:
    return _entry(name, raw(np.empty(0, np.float32)))


def _entry(name: str, feature: bytes) -> tuple[bytes, bytes]:
    """An entry of the map from names to serialized Features: all that comes before the Feature, and the Feature."""
    return _entry_head(name, len(feature)), feature


def _entry_head(name: str, size: int) -> bytes:
    key = name.encode()
    fields = _head(_FIRST, len(key)) + key + _head(_SECOND, size)
    return _head(_FIRST, len(fields) + size) + fields


def _head(tag: int, size: int) -> bytes:
    """A field's tag and its length, seven bits a byte, lowest first; the high bit says that more follow."""
    head = bytearray((tag,))
    while size >= 0x80:
        head.append(size & 0x7F | 0x80)
        size >>= 7
    head.append(size)
    return bytes(head)


def _single(raw_feature: bytes) -> Feature:
    return _small_single(raw_feature) if len(raw_feature) <= _SMALL else _parsed_single(raw_feature)


@lru_cache(_REMEMBERED)
def _small_single(raw_feature: bytes) -> Feature:
    found = _parsed_single(raw_feature)
    if isinstance(found, np.ndarray):
        found.setflags(write=False)  # it is given to all who ask
    return found


def _parsed_single(raw_feature: bytes) -> Feature:
    feature = _parsed(example_schema.Feature, raw_feature)
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
        case _:  # also a Feature without a kind, whose bytes list is empty
            return list(feature.bytes_list.value)


def _fill(feature: Any, every: Feature | list[bytes]) -> None:
    if isinstance(every, bytes):
        every = [every]
    if isinstance(every, list):
        chosen = feature.bytes_list
    elif isinstance(every, tuple):
        chosen = feature.int64_list
    else:
        chosen = feature.float_list
    chosen.SetInParent()  # an empty list has its kind set too
    chosen.value.extend(every)


def _refuse_unknown_fields(parsed: Any) -> None:
    """Raises UnknownField if a message of this RawExample has one."""
    for message in (parsed, parsed.features, *parsed.features.feature):
        for field in UnknownFieldSet(message):
            raise unknown_field(field.field_number, top=message is parsed)
