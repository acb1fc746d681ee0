"""Opens one split with tf.data and parses a batch as training code does; the only module that imports TensorFlow.

Run as `python -m wizard.verify.trainer FOLDER SPLIT LABEL_BASE` in a process of its own, because the import takes
seconds, half a gigabyte and the liberty to write to stderr. Prints one JSON object: {"told": …} or {"problem": …}.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from wizard.ilsvrc2012.archives import CLASSES

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import tensorflow as tf

BATCH = 64
SIDE = 224


def read_batch(folder: str, split: str) -> tuple[Any, Any]:
    """The first batch of a split.

    Args:
        folder: the dataset's.
        split: train or validation.

    Returns:
        Tensors: float32[n, SIDE, SIDE, 3] images and int64[n] labels, n <= BATCH.

    Raises:
        tf.errors.OpError: TensorFlow cannot read or parse it.
    """
    shards = sorted(os.fsencode(file) for file in Path(folder).iterdir() if file.name.startswith(f"{split}-"))
    records = tf.data.Dataset.from_tensor_slices(shards).interleave(tf.data.TFRecordDataset, cycle_length=8)
    images, labels = next(iter(records.map(_parse).batch(BATCH)))
    return images, labels


def _parse(record: Any) -> tuple[Any, Any]:
    """The features that TensorFlow's official ResNet reads, with the defaults that it declares."""
    corners = ("xmin", "ymin", "xmax", "ymax")
    features = tf.io.parse_single_example(
        record,
        {
            "image/encoded": tf.io.FixedLenFeature([], tf.string, ""),
            "image/class/label": tf.io.FixedLenFeature([], tf.int64, -1),
            "image/class/text": tf.io.FixedLenFeature([], tf.string, ""),
        }
        | {f"image/object/bbox/{corner}": tf.io.VarLenFeature(tf.float32) for corner in corners},
    )
    image = tf.image.resize(tf.io.decode_jpeg(features["image/encoded"], channels=3), (SIDE, SIDE))
    return image, features["image/class/label"]


def main(folder: str, split: str, label_base: int) -> dict[str, str]:
    """What tf.data made of the split: told, or the problem that it had."""
    try:
        images, labels = read_batch(folder, split)
    except tf.errors.OpError as error:
        return {"problem": error.message}
    lowest, highest = int(tf.reduce_min(labels)), int(tf.reduce_max(labels))
    if lowest < label_base or highest >= label_base + CLASSES:
        return {"problem": f"labels {lowest} to {highest} are not within {label_base} to {label_base + CLASSES - 1}"}
    return {
        "told": f"TensorFlow {tf.__version__} parsed a batch of {tuple(images.shape)}, labels {lowest} to {highest}"
    }


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]))))  # noqa: T201
