"""Records of any schema, as TensorFlow writes them, and what is read of them."""

from collections.abc import Iterable
from pathlib import Path

import pytest
import tensorflow as tf

from tests.sources.making import JPEG, nothing
from wizard.errors import InputError
from wizard.ilsvrc2012.archives import Split
from wizard.sources.options import SourceOptions
from wizard.sources.records import tfrecords
from wizard.sources.samples import SampleTable
from wizard.sources.source import Source

Value = bytes | list[bytes] | int | list[int] | list[float]
CORNERS = ("xmin", "ymin", "xmax", "ymax")


def feature(value: Value) -> "tf.train.Feature":
    every = value if isinstance(value, list) else [value]
    if every and isinstance(every[0], bytes):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=every))
    if every and isinstance(every[0], int):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=every))
    return tf.train.Feature(float_list=tf.train.FloatList(value=every))


def serialized(**features: Value) -> bytes:
    """Keys with __ for /, below image/ unless that is said to be so by a leading _."""
    named = {
        key[1:] if key.startswith("_") else f"image/{key.replace('__', '/')}": feature(value)
        for key, value in features.items()
    }
    data = tf.train.Example(features=tf.train.Features(feature=named)).SerializeToString()
    assert isinstance(data, bytes)
    return data


def inception(name: str, label: int, wnid: str, *, boxes: int = 0, image: bytes = JPEG) -> bytes:
    corners = {f"object__bbox__{corner}": [place / 8 + 0.125] * boxes for place, corner in enumerate(CORNERS)}
    return tpu(name, label, wnid, image=image, class__text=b"words", object__bbox__label=[label] * boxes, **corners)


def tpu(name: str, label: int, wnid: str, *, image: bytes = JPEG, **more: Value) -> bytes:
    return serialized(
        encoded=image,
        filename=name.encode(),
        class__label=label,
        class__synset=wnid.encode(),
        height=1,
        width=1,
        colorspace=b"RGB",
        channels=3,
        format=b"JPEG",
        **more,
    )


def plain(label: int, **more: Value) -> bytes:
    return serialized(encoded=JPEG, class__label=label, **more)


def write(path: Path, records: Iterable[bytes], compression: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path), compression) as writer:
        for record in records:
            writer.write(record)
    return path


def opened(folder: Path) -> Source:
    data = tfrecords.recognize(folder, SourceOptions())
    assert data is not None
    return data


def table(folder: Path, split: Split = "train") -> SampleTable:
    return opened(folder).table(split, folder / ".cache", nothing)


def rows(found: SampleTable) -> list[tuple[str, int]]:
    return [(sample.name, sample.label) for sample in found]


def refused(folder: Path, match: str, split: Split = "train") -> InputError:
    with pytest.raises(InputError, match=match) as refusal:
        table(folder, split)
    return refusal.value
