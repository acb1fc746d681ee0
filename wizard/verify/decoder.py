"""Decodes every image of a shard with TensorFlow, reading it as trainers do and without using our own decoder.

Threads decode in parallel, because TensorFlow's operations release the GIL. On two cores that gave 1,170
photos/s of 110 kB; a tf.data pipeline gave 1,060, and took another 33 ms a shard for tracing.
"""

import json
import os
import re
import tarfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Semaphore
from typing import Any, NamedTuple

import tensorflow as tf

from wizard.verify.trainer import samples

_AHEAD = 4
"""Images read ahead per thread; this bounds the memory."""
_SIDES = ("height", "width")
_NOISE = re.compile(r"\{\{.*?\}\}|\[Op:.*", re.DOTALL)
"""Parts of TensorFlow's messages that refer to its own graph."""


class Stored(NamedTuple):
    """An encoded image, and the "height" and "width" in pixels stated beside it, if any."""

    encoded: bytes
    stated: Mapping[str, object]


def decode_shard(asked: Mapping[str, Any], send: Callable[[Mapping[str, Any]], None]) -> None:
    """Decodes a shard's images, and sends {"record": place} for each that is done, with "problem" if it is bad.

    With one thread, they are decoded in order, so the first one not reported is the one being decoded.

    Args:
        asked: "form" of the shard, its "path" or its "files", the "threads" to use, and the records already "done".
        send: receives the answers; {"unread": reason} if the shard cannot be read to its end.
    """
    read, unpack = _FORMS[asked["form"]]
    done = frozenset(asked["done"])
    room = Semaphore(_AHEAD * asked["threads"])

    def judge(record: int, raw: Any) -> None:
        try:
            problem = _problem(unpack, raw)
            send({"record": record, "problem": problem} if problem else {"record": record})
        finally:
            room.release()

    try:
        with ThreadPoolExecutor(asked["threads"]) as threads:
            for record, raw in enumerate(read(asked)):
                if record not in done:
                    room.acquire()
                    threads.submit(judge, record, raw)
    except (tf.errors.OpError, tarfile.TarError, OSError) as error:
        send({"unread": _reason(error)})


def _problem(unpack: Callable[[Any], Stored], raw: Any) -> str:
    """Why TensorFlow cannot decode an image, or that its size is not the stated one; empty if it is good."""
    try:
        stored = unpack(raw)
        pixels = tf.io.decode_jpeg(stored.encoded, channels=3, dct_method="INTEGER_ACCURATE")
    except Exception as error:  # noqa: BLE001  no error in one image may stop the others
        return f"TensorFlow cannot decode its image: {_reason(error)}"
    sides = dict(zip(_SIDES, pixels.shape, strict=False))
    if any(sides[side] != value for side, value in stored.stated.items()):
        stated = " and ".join(f"{side} {value!r}" for side, value in stored.stated.items())
        return f"TensorFlow decodes it to {sides['height']} x {sides['width']} pixels, but the stated size is {stated}"
    return ""


def _reason(error: Exception) -> str:
    """An exception as a single line."""
    message = _NOISE.sub("", error.message) if isinstance(error, tf.errors.OpError) else repr(error)
    return " ".join(message.split())[:300]


def _records(asked: Mapping[str, Any]) -> Iterator[bytes]:
    payloads: Iterator[bytes] = tf.data.TFRecordDataset(os.fsencode(asked["path"])).as_numpy_iterator()
    return payloads


def _of_record(payload: bytes) -> Stored:
    features = tf.train.Example.FromString(payload).features.feature
    (encoded,) = features["image/encoded"].bytes_list.value
    stated = {side: list(features[f"image/{side}"].int64_list.value) for side in _SIDES if f"image/{side}" in features}
    return Stored(encoded, {side: values[0] if len(values) == 1 else values for side, values in stated.items()})


def _samples(asked: Mapping[str, Any]) -> Iterator[dict[str, bytes]]:
    return samples([asked["path"]])


def _of_sample(fields: Mapping[str, bytes]) -> Stored:
    described: Any = None
    with suppress(ValueError):
        described = json.loads(fields.get("json", b""))
    stated = described if isinstance(described, dict) else {}
    return Stored(fields["jpg"], {side: stated[side] for side in _SIDES if side in stated})


def _files(asked: Mapping[str, Any]) -> Iterator[str]:
    return iter(asked["files"])


def _of_file(path: str) -> Stored:
    return Stored(Path(path).read_bytes(), {})


_FORMS: dict[str, tuple[Callable[[Mapping[str, Any]], Iterator[Any]], Callable[[Any], Stored]]] = {
    "tfrecord": (_records, _of_record),
    "webdataset": (_samples, _of_sample),
    "images": (_files, _of_file),
}
"""For each form: how to read a shard, and how a decoding thread gets the image from what was read."""
