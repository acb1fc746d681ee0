import contextlib

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from wizard.formats.example import (
    ExampleDamage,
    Feature,
    UnknownField,
    Values,
    decode,
    encode,
    entries,
    join,
    raw,
    select,
    values,
)
from wizard.formats.example_spans import byte_spans, feature_spans

INTS = st.lists(st.integers(-(2**63), 2**63 - 1), max_size=5).map(tuple)
FLOATS = st.lists(st.floats(width=32, allow_nan=False), max_size=5).map(lambda values: np.array(values, np.float32))
# Names of equal length: protobuf's implementations disagree on the order of "a" and "ab".
FEATURES = st.dictionaries(
    st.text(min_size=5, max_size=5), st.one_of(st.binary(max_size=200), INTS, FLOATS), max_size=6
)
NAMES = st.text(max_size=8)
LISTS = st.one_of(
    st.none(),
    st.lists(st.binary(max_size=20), max_size=4),
    INTS,
    st.lists(st.floats(width=32), max_size=5).map(lambda values: np.array(values, np.float32)),
)
ANY = st.dictionaries(NAMES, LISTS, max_size=5)


def theirs(features: dict[str, Feature]) -> "tf.train.Example":
    built = tf.train.Example()
    for name, value in features.items():
        feature = built.features.feature[name]
        if isinstance(value, bytes):
            feature.bytes_list.value.append(value)
        elif isinstance(value, tuple):
            feature.int64_list.SetInParent()
            feature.int64_list.value.extend(value)
        else:
            feature.float_list.SetInParent()
            feature.float_list.value.extend(value.tolist())
    return built


@given(FEATURES)
def test_encoding_is_byte_equal_to_tensorflows_deterministic_serialization(features: dict[str, Feature]) -> None:
    built = theirs(features)
    built.features.SetInParent()
    assert encode(features) == built.SerializeToString(deterministic=True)


@given(FEATURES)
def test_decode_is_the_inverse_of_encode(features: dict[str, Feature]) -> None:
    back = decode(encode(features))
    assert back.keys() == features.keys()
    for name, value in features.items():
        assert type(back[name]) is type(value)
        assert np.array_equal(back[name], value) if isinstance(value, np.ndarray) else back[name] == value


def test_empty_lists_keep_their_kind_for_tensorflow() -> None:
    data = encode({"ints": (), "floats": np.array([], np.float32)})
    read = tf.train.Example.FromString(data).features.feature
    assert read["ints"].WhichOneof("kind") == "int64_list"
    assert read["floats"].WhichOneof("kind") == "float_list"


@given(FEATURES, st.data())
def test_a_truncated_example_raises_only_example_damage(features: dict[str, Feature], data: st.DataObject) -> None:
    whole = encode(features)
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    with contextlib.suppress(ExampleDamage):
        decode(cut)


def test_a_feature_without_a_kind_is_refused() -> None:
    data = tf.train.Example(features=tf.train.Features(feature={"a": tf.train.Feature()})).SerializeToString()
    with pytest.raises(ExampleDamage, match="without a kind"):
        decode(data)


def foreign(features: dict[str, Values | None]) -> "tf.train.Example":
    """An Example of TensorFlow with lists of any length, and with features without a kind."""
    built = tf.train.Example()
    for name, every in features.items():
        feature = built.features.feature[name]
        if every is None:
            feature.SetInParent()
            continue
        lists = {list: feature.bytes_list, tuple: feature.int64_list, np.ndarray: feature.float_list}
        lists[type(every)].SetInParent()
        lists[type(every)].value.extend(every)
    return built


def same(one: Values, other: Values) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return np.array_equal(one, other, equal_nan=True)
    return type(one) is type(other) and one == other


@given(ANY)
def test_decode_reads_lists_as_tensorflow_does_and_refuses_those_that_are_no_single_bytes(
    features: dict[str, Values | None],
) -> None:
    data = foreign(features).SerializeToString()
    if any(every is None or (isinstance(every, list) and len(every) != 1) for every in features.values()):
        with pytest.raises(ExampleDamage):
            decode(data)
        return
    found = decode(data)
    assert found.keys() == features.keys()
    for name, every in features.items():
        one = found[name]
        assert same([one] if isinstance(one, bytes) else one, every if every is not None else [])


def test_what_one_caller_does_to_decoded_floats_changes_nothing_for_the_next() -> None:
    data = encode({"a": np.array([1, 2], np.float32)})
    first = decode(data)["a"]
    assert isinstance(first, np.ndarray)
    with contextlib.suppress(ValueError):
        first[0] = 7
    assert np.array_equal(decode(data)["a"], [1, 2])


@given(ANY)
def test_entries_are_the_features_as_tensorflow_serialized_them(features: dict[str, Values | None]) -> None:
    built = foreign(features)
    found = entries(built.SerializeToString())
    assert found.keys() == features.keys()
    for name, feature in found.items():
        assert (
            tf.train.Feature.FromString(feature).SerializeToString() == built.features.feature[name].SerializeToString()
        )


@given(ANY)
def test_values_returns_all_values_of_a_list(features: dict[str, Values | None]) -> None:
    for name, feature in entries(foreign(features).SerializeToString()).items():
        every = features[name]
        assert same(values(feature), [] if every is None else every)


@given(ANY)
def test_tensorflow_reads_joined_entries_as_the_same_example(features: dict[str, Values | None]) -> None:
    data = foreign(features).SerializeToString()
    again = entries(join(entries(data)))
    assert again == entries(data)
    assert list(again) == sorted(features)
    assert tf.train.Example.FromString(join(entries(data))).features.feature.keys() == features.keys()


@given(FEATURES)
def test_joining_is_the_inverse_of_entries(features: dict[str, Feature]) -> None:
    assert join(entries(encode(features))) == encode(features)
    assert entries(encode(features)) == {name: raw(value) for name, value in features.items()}


@given(LISTS, st.data())
def test_select_keeps_only_the_rows_and_the_kind(every: Values | None, data: st.DataObject) -> None:
    feature = foreign({"a": every}).features.feature["a"]
    count = 0 if every is None else len(every)
    rows = data.draw(st.lists(st.integers(0, count - 1), unique=True)) if count else []
    left = tf.train.Feature.FromString(select(feature.SerializeToString(), rows))
    assert left.WhichOneof("kind") == feature.WhichOneof("kind")
    if every is not None:
        assert [repr(value) for value in values(left.SerializeToString())] == [repr(every[row]) for row in rows]


@pytest.mark.parametrize(
    ("feature", "expected"),
    [
        (b"\x1a\x0d\x08\x03\x08" + b"\xff" * 9 + b"\x01", (3, -1)),
        (b"\x1a\x06\x0a\x01\x07\x08\x96\x01", (7, 150)),
        (b"\x12\x0a\x0d\x00\x00\x80\x3f\x0d\x00\x00\x00\x40", np.array([1, 2], np.float32)),
        (b"\x0a\x03\x0a\x01a\x0a\x03\x0a\x01b", [b"a", b"b"]),
        (b"\x0a\x03\x0a\x01a\x1a\x02\x08\x05", (5,)),
        (b"\x30\x07\x1a\x02\x08\x05", (5,)),
    ],
    ids=["unpacked ints", "packed and unpacked", "unpacked floats", "one kind twice", "two kinds", "an unknown field"],
)
def test_other_valid_wire_encodings_are_read_as_by_tensorflow(feature: bytes, expected: Values) -> None:
    read = tf.train.Feature.FromString(feature)
    assert list(getattr(read, read.WhichOneof("kind")).value) == list(expected)
    assert same(values(feature), expected)


def test_the_last_of_two_equal_names_wins_as_in_tensorflow() -> None:
    data = encode({"a": (1,)}) + encode({"b": (3,)}) + encode({"a": (2,)})
    assert decode(data) == {"a": (2,), "b": (3,)}
    assert list(tf.train.Example.FromString(data).features.feature["a"].int64_list.value) == [2]


def test_spans_are_found_in_a_part_of_a_buffer() -> None:
    one, other = encode({"a": b"one"}), encode({"b": b"other", "c": (1,)})
    buffer = one + other + one
    found = feature_spans(buffer, len(one), len(one) + len(other))
    assert {name: buffer[start:end] for name, (start, end) in found.items()} == entries(other)
    assert [buffer[at:stop] for at, stop in byte_spans(buffer, *found["b"]) or ()] == [b"other"]
    assert byte_spans(buffer, *found["c"]) is None


def test_a_sequence_example_with_feature_lists_is_refused() -> None:
    sequence = tf.train.SequenceExample(context=theirs({"a": (1,)}).features)
    assert entries(sequence.SerializeToString()) == entries(encode({"a": (1,)}))
    sequence.feature_lists.feature_list["frames"].feature.add().int64_list.value.append(2)
    with pytest.raises(UnknownField, match=r"feature lists, as a tf\.train\.SequenceExample"):
        entries(sequence.SerializeToString())


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (encode({"a": (1,)}) + b"\x1a\x01x", "a field 3"),
        (b"\x08\x05", "a field 1"),
        (b"\x0a\x03\x12\x01x", "a field 2"),
        (b"\x0a\x07\x0a\x05\x0a\x01a\x18\x01", "a field 3"),
    ],
    ids=["of the example", "of another wire type", "of its features", "of a feature's entry"],
)
def test_an_unknown_field_is_refused(data: bytes, field: str) -> None:
    with pytest.raises(UnknownField, match=field):
        entries(data)


@given(ANY, st.data())
def test_a_damaged_example_raises_only_example_damage(features: dict[str, Values | None], data: st.DataObject) -> None:
    damaged = bytearray(foreign(features).SerializeToString() or b"\x0a\x00")
    damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ExampleDamage):
        for feature in entries(bytes(damaged)).values():
            values(feature)


def test_a_number_of_more_than_64_bits_is_damage() -> None:
    damaged = b"\x80" * 11 + b"\x01"
    with pytest.raises(ExampleDamage, match="cut off or malformed"):
        entries(damaged)
    with pytest.raises(ExampleDamage, match="more than 64 bits"):
        feature_spans(damaged, 0, len(damaged))


def test_overlong_length_encodings_are_not_mistaken_for_unknown_fields() -> None:
    assert entries(b"\x0a\x8a\x00\x0a\x87\x00\x0a\x01a\x12\x02\x1a\x00") == {"a": b"\x1a\x00"}
