"""Opens shards with TensorFlow, as trainers do and without our own decoder; runs in a worker process of its own.

Importing TensorFlow takes seconds and half a gigabyte, it writes to stderr, and its C code may crash on unexpected
input, which then costs the worker alone. So no other process imports it, and none does before it is needed.
"""

import os
import re
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import islice
from multiprocessing import parent_process
from threading import Semaphore, Thread
from typing import Any, NamedTuple

from wizard.engine import heartbeat, in_hand
from wizard.events import Heartbeat
from wizard.folders import cache_folder
from wizard.targets.expected import Expectation
from wizard.targets.target import Target

_AHEAD = 4
"""Images read ahead per thread; this bounds the memory."""
BATCH = 64
_SIDE = 224
_NOISE = re.compile(r"\{\{.*?\}\}|\[Op:.*", re.DOTALL)
"""Parts of TensorFlow's messages that refer to its own graph."""


class Decoded(NamedTuple):
    """TensorFlow's reading of a shard: the number of images, the problems of some, why the rest was not read."""

    images: int
    problems: dict[int, str]
    unread: str


@cache
def _tensorflow() -> Any:
    """Imports TensorFlow without its log messages and without a GPU."""
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    os.environ.update(quiet | os.environ)
    # Otherwise Keras, which TensorFlow imports, would create a folder in the user's home.
    os.environ["KERAS_HOME"] = str(cache_folder() / "keras")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    Thread(target=_end_with_parent, daemon=True).start()
    try:
        import tensorflow
    except Exception as error:  # a protobuf or numpy of another version raises TypeError and others
        raise ImportError(str(error)) from error
    return tensorflow


def _end_with_parent() -> None:
    """Otherwise a worker would notice only after its shard that its parent was killed."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)


def version() -> str:
    """TensorFlow's version.

    Raises:
        ImportError: it is not installed, or not as it should be.
    """
    return str(_tensorflow().__version__)


def decode_shard(expected: Expectation, threads: int, without: Collection[int]) -> Decoded:
    """Decodes a shard's images, but for some places; with one thread, the one in hand is the one being decoded.

    Threads decode in parallel, because TensorFlow's operations release the GIL. On two cores that gave 1,170 photos/s
    of 110 kB; a tf.data pipeline gave 1,060, and took another 33 ms per shard for tracing.
    """
    tf = _tensorflow()
    target = expected.target
    files = [f"{expected.folder}/{file}" for file in target.files_of(expected)]
    problems: dict[int, str] = {}
    room = Semaphore(_AHEAD * threads)
    images = 0

    def judge(record: int, item: Any) -> None:
        try:
            problem = _problem(tf, target, item)
            if problem:
                problems[record] = problem
        finally:
            room.release()

    try:
        with ThreadPoolExecutor(threads) as pool:
            for record, item in enumerate(in_hand.each(target.items(files))):
                images += 1
                if record in without:
                    continue
                room.acquire()
                if threads == 1:
                    judge(record, item)
                else:
                    pool.submit(judge, record, item)
                if heartbeat.due():
                    _beat(expected, images)
    except Exception as error:  # noqa: BLE001  a target reads damaged files with whatever library it likes
        return Decoded(images, problems, _reason(tf, error))
    return Decoded(images, problems, "")


def _beat(expected: Expectation, done: int) -> None:
    result = expected.result
    heartbeat.send(
        Heartbeat(
            worker=os.getpid(),
            shard=result.shard,
            split=result.split,
            done=done,
            total=result.images,
            bytes_in=0,
            bytes_out=0,
            rss=0,
        )
    )


def _problem(tf: Any, target: Target, item: Any) -> str:
    """Why TensorFlow cannot decode an image, or that its size is not the stated one; empty if it is good."""
    try:
        stored = target.encoded(item)
        pixels = tf.io.decode_jpeg(stored.jpeg, channels=3, dct_method="INTEGER_ACCURATE")
    except Exception as error:  # noqa: BLE001  no error in one image may stop the others
        return f"TensorFlow cannot decode its image: {_reason(tf, error)}"
    height, width, _ = pixels.shape
    sides = {"height": height, "width": width}
    if any(sides[side] != value for side, value in stored.stated.items()):
        stated = " and ".join(f"{side} {value!r}" for side, value in stored.stated.items())
        return f"TensorFlow decodes it to {height} × {width} pixels, but the stated size is {stated}"
    return ""


def _reason(tf: Any, error: Exception) -> str:
    message = _NOISE.sub("", error.message) if isinstance(error, tf.errors.OpError) else repr(error)
    return " ".join(message.split())[:300]


def read_batch(target: Target, files: Sequence[str]) -> tuple[tuple[int, ...], list[int]]:
    """The shape of the first batch of a split, resized to float32[n, 224, 224, 3], and the labels stored with it.

    Raises:
        ValueError: TensorFlow cannot read, parse or decode it; the message says why.
    """
    tf = _tensorflow()

    try:
        samples = list(islice(target.as_trained(files), BATCH))
        decoded = [tf.io.decode_jpeg(sample.jpeg, channels=3) for sample in samples]
        images = tf.stack([tf.image.resize(image, (_SIDE, _SIDE)) for image in decoded])
    except tf.errors.OpError as error:
        raise ValueError(error.message) from error
    except Exception as error:
        raise ValueError(f"a sample cannot be read: {error!r}") from error
    return tuple(images.shape), [sample.label for sample in samples if sample.label is not None]
