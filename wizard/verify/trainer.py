"""Decodes a batch of a split with TensorFlow, as training code does; runs in the process of `wizard.verify.server`."""

import os
import tarfile
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import tensorflow as tf

VERSION: str = tf.__version__
SIDE = 224
_NO_LABEL = -(1 << 62)


def read_records(files: list[str], batch: int, *, any_features: bool) -> tuple[Any, Any]:
    """The first batch of TFRecords.

    Args:
        files: paths of shards.
        batch: images at most.
        any_features: whether the records have just an image in common.

    Returns:
        Tensors: float32[n, SIDE, SIDE, 3] images and int64[n] labels, _NO_LABEL where there is none.

    Raises:
        tf.errors.OpError: TensorFlow cannot read or parse it.
    """
    wanted = {
        "image/encoded": tf.io.FixedLenFeature([], tf.string, ""),
        "image/class/label": tf.io.FixedLenFeature([], tf.int64, _NO_LABEL),
    }
    if not any_features:
        # What TensorFlow's official ResNet reads besides, with the defaults that it declares.
        corners = ("xmin", "ymin", "xmax", "ymax")
        wanted["image/class/text"] = tf.io.FixedLenFeature([], tf.string, "")
        wanted |= {f"image/object/bbox/{corner}": tf.io.VarLenFeature(tf.float32) for corner in corners}

    def parse(record: Any) -> tuple[Any, Any]:
        features = tf.io.parse_single_example(record, wanted)
        return _decoded(features["image/encoded"]), features["image/class/label"]

    shards = tf.data.Dataset.from_tensor_slices([os.fsencode(file) for file in files])
    records = shards.interleave(tf.data.TFRecordDataset, cycle_length=8)
    images, labels = next(iter(records.map(parse).batch(batch)))
    return images, labels


def read_images(files: list[str], batch: int) -> tuple[Any, None]:
    """The first batch of image files; see `read_records`."""
    paths = tf.data.Dataset.from_tensor_slices([os.fsencode(file) for file in files])
    return next(iter(paths.map(lambda path: _decoded(tf.io.read_file(path))).batch(batch))), None


def read_samples(files: list[str], batch: int) -> tuple[Any, Any]:
    """The first batch of WebDataset tars; see `read_records`.

    Raises:
        tarfile.TarError: a tar cannot be read.
        ValueError: a label is no number.
    """
    read = list(islice(samples(files), batch))
    images = tf.stack([_decoded(fields["jpg"]) for fields in read])
    return images, tf.constant([int(fields["cls"]) for fields in read], tf.int64)


def samples(files: list[str]) -> Iterator[dict[str, bytes]]:
    """The tars' samples: consecutive members with the same name up to the first dot.

    Raises:
        tarfile.TarError: a tar cannot be read.
    """
    for file in files:
        fields: dict[str, bytes] = {}
        before = ""
        with tarfile.open(file, "r:") as archive:
            for member in archive:
                stem, _, field = member.name.partition(".")
                if fields and stem != before:
                    yield fields
                    fields = {}
                content = archive.extractfile(member)
                fields[field] = content.read() if content else b""
                before = stem
        if fields:
            yield fields


def _decoded(image: Any) -> Any:
    return tf.image.resize(tf.io.decode_jpeg(image, channels=3), (SIDE, SIDE))


def _read(asked: Mapping[str, Any]) -> tuple[Any, Any]:
    files, batch = asked["files"], asked["batch"]
    match asked["form"]:
        case "tfrecord":
            return read_records(files, batch, any_features=asked["any_features"])
        case "webdataset":
            return read_samples(files, batch)
        case _:
            return read_images(files, batch)


def answer(asked: Mapping[str, Any]) -> dict[str, str]:
    """What TensorFlow made of a split: told, or the problem that it had."""
    try:
        images, stated = _read(asked)
    except tf.errors.OpError as error:
        return {"problem": error.message}
    except (tarfile.TarError, ValueError, KeyError) as error:
        return {"problem": f"a sample cannot be read: {error!r}"}
    done = f"TensorFlow {VERSION} read a batch of {tuple(images.shape)}"
    labels = [] if stated is None else [label for label in stated.numpy().tolist() if label != _NO_LABEL]
    lowest, highest = asked["lowest"], asked["highest"]
    if asked["unlabelled"]:
        labels = [label for label in labels if label >= lowest]
    if not labels:
        return {"told": done}
    if min(labels) < lowest or max(labels) > highest:
        return {"problem": f"labels {min(labels)} to {max(labels)} are not within {lowest} to {highest}"}
    return {"told": f"{done}, labels {min(labels)} to {max(labels)}"}
