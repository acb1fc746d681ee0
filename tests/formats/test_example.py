import contextlib

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from wizard.formats.example import ExampleDamage, Feature, decode, encode

INTS = st.lists(st.integers(-(2**63), 2**63 - 1), max_size=5).map(tuple)
FLOATS = st.lists(st.floats(width=32, allow_nan=False), max_size=5).map(lambda values: np.array(values, np.float32))
# Of one length, because protobuf's implementations disagree on the order of "a" and "ab".
FEATURES = st.dictionaries(
    st.text(min_size=5, max_size=5), st.one_of(st.binary(max_size=200), INTS, FLOATS), max_size=6
)


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
def test_is_byte_equal_to_tensorflows_deterministic_serialisation(features: dict[str, Feature]) -> None:
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
def test_a_cut_example_raises_nothing_but_its_own_error(features: dict[str, Feature], data: st.DataObject) -> None:
    whole = encode(features)
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    with contextlib.suppress(ExampleDamage):
        decode(cut)


def test_refuses_a_feature_without_a_kind() -> None:
    data = tf.train.Example(features=tf.train.Features(feature={"a": tf.train.Feature()})).SerializeToString()
    with pytest.raises(ExampleDamage, match="without a kind"):
        decode(data)
