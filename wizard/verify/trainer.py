"""Decodes a batch of a split with TensorFlow, as training code does; runs in the process of `wizard.verify.server`."""

import base64
import pickle
import tarfile
from collections.abc import Mapping
from itertools import islice
from typing import Any

import tensorflow as tf

from wizard.targets.target import Target

VERSION: str = tf.__version__
SIDE = 224


def _decoded(image: Any) -> Any:
    return tf.image.resize(tf.io.decode_jpeg(image, channels=3), (SIDE, SIDE))


def _first_batch(asked: Mapping[str, Any]) -> tuple[Any, list[int]]:
    """The first batch of a split.

    Args:
        asked: the "target", the split's "files", and how many images a "batch" has.

    Returns:
        Tensor float32[n, SIDE, SIDE, 3] of images, and the labels that are stored.

    Raises:
        tf.errors.OpError: TensorFlow cannot read, parse or decode it.
        tarfile.TarError, ValueError, KeyError, OSError: a sample cannot be read.
    """
    target: Target = pickle.loads(base64.b64decode(asked["target"]))
    samples = list(islice(target.as_trained(asked["files"]), asked["batch"]))
    images = tf.stack([_decoded(sample.jpeg) for sample in samples])
    return images, [sample.label for sample in samples if sample.label is not None]


def answer(asked: Mapping[str, Any]) -> dict[str, str]:
    """What TensorFlow made of a split: told, or the problem that it had."""
    try:
        images, labels = _first_batch(asked)
    except tf.errors.OpError as error:
        return {"problem": error.message}
    except (tarfile.TarError, ValueError, KeyError, OSError) as error:
        return {"problem": f"a sample cannot be read: {error!r}"}
    done = f"TensorFlow {VERSION} read a batch of {tuple(images.shape)}"
    lowest, highest = asked["lowest"], asked["highest"]
    if asked["unlabelled"]:
        labels = [label for label in labels if label >= lowest]
    if not labels:
        return {"told": done}
    if min(labels) < lowest or max(labels) > highest:
        return {"problem": f"labels {min(labels)} to {max(labels)} are not within {lowest} to {highest}"}
    return {"told": f"{done}, labels {min(labels)} to {max(labels)}"}
