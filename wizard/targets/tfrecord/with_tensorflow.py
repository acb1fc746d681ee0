"""TFRecords as TensorFlow reads them; it is imported in the worker of `wizard.verify.in_tensorflow` alone."""

import os
from collections.abc import Iterator, Sequence
from typing import Any

from wizard.targets import images
from wizard.targets.dataset import Encoded

_NO_LABEL = -(1 << 62)


def as_trained(files: Sequence[str], *, image: str, label: str, for_resnet: bool) -> Iterator[Encoded]:
    """The images of shards, some of which are read at a time.

    `image` and `label` are the features that hold them; `for_resnet`, those are read too that ResNet reads.

    Raises:
        tf.errors.OpError: TensorFlow cannot read or parse a record.
    """
    import tensorflow as tf

    wanted = {
        image: tf.io.FixedLenFeature([], tf.string, ""),
        label: tf.io.FixedLenFeature([], tf.int64, _NO_LABEL),
    }
    if for_resnet:
        # What TensorFlow's official ResNet reads besides, with the defaults that it declares.
        corners = ("xmin", "ymin", "xmax", "ymax")
        wanted["image/class/text"] = tf.io.FixedLenFeature([], tf.string, "")
        wanted |= {f"image/object/bbox/{corner}": tf.io.VarLenFeature(tf.float32) for corner in corners}

    def parse(record: Any) -> tuple[Any, Any]:
        features = tf.io.parse_single_example(record, wanted)
        return features[image], features[label]

    shards = tf.data.Dataset.from_tensor_slices([os.fsencode(file) for file in files])
    records = shards.interleave(tf.data.TFRecordDataset, cycle_length=8)
    for jpeg, stored in records.map(parse).as_numpy_iterator():
        yield Encoded(jpeg, None if stored == _NO_LABEL else int(stored), {})


def payloads(files: Sequence[str]) -> Iterator[bytes]:
    """The records of shards, one shard after the other.

    Raises:
        tf.errors.OpError: TensorFlow cannot read one.
    """
    import tensorflow as tf

    for file in files:
        yield from tf.data.TFRecordDataset(os.fsencode(file)).as_numpy_iterator()


def encoded(payload: bytes, image: str) -> Encoded:
    """The image that a feature of a record holds, with the height and width that are stated of it.

    Raises:
        ValueError: it has not one image.
    """
    import tensorflow as tf

    features = tf.train.Example.FromString(payload).features.feature
    (jpeg,) = features[image].bytes_list.value
    sides = [name for name in ("image/height", "image/width") if name in features]
    return Encoded(jpeg, None, images.sides({name: list(features[name].int64_list.value) for name in sides}))
