"""Facts about records and the files that hold them, for a person who inspects one."""

import gzip
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from wizard.errors import InputError, reading
from wizard.formats import array_record, example, tfrecord
from wizard.formatting import human_bytes

Facts = dict[str, Any]
"""What was found, by name; values are JSON types."""


def features(features: Mapping[str, bytes | example.Values]) -> Facts:
    """The features of a record, serialized or as values."""
    facts = {}
    for name, feature in sorted(features.items()):
        values = example.values(feature) if isinstance(feature, bytes) else feature
        facts[f"first record, {name}"] = _listed(values)
    return facts


def _listed(values: example.Values) -> str:
    if isinstance(values, list):
        shown = [value.decode(errors="replace") if len(value) < 200 else f"{len(value):,} bytes" for value in values]
    elif isinstance(values, np.ndarray):
        shown = [f"{value:.4f}" for value in values]
    else:
        shown = list(map(str, values))
    return ", ".join(shown) or "(none)"


def file_of_records(path: Path) -> Facts:
    """What a TFRecord or ArrayRecord file holds, and its first record.

    Raises:
        InputError: it is not a whole one.
    """
    if ".array_record" in path.name:
        return _array_records(path)
    try:
        with reading(path), _unpacked(path) as file:
            count = sum(1 for _ in tfrecord.records(file))
    except (EOFError, zlib.error) as error:
        raise InputError(
            f"{path} cannot be unpacked to its end: {error}.", "Build it again, or fetch it again"
        ) from error
    except tfrecord.RecordDamage as damage:
        if not damage.record:
            raise InputError(
                f"{path} is neither an archive with an official name nor a TFRecord file: {damage}.",
                "Give an archive, a shard, or the folder that holds them",
            ) from damage
        raise InputError(
            f"{path} is not a complete TFRecord file: record {damage.record} at byte {damage.offset:,}: {damage}.",
            "If it is a shard of a dataset, imagenet-setup verify FOLDER says more",
        ) from damage
    return {"what": f"a TFRecord file of {human_bytes(path.stat().st_size)}", "records": count} | first_record(path)


def _array_records(path: Path) -> Facts:
    try:
        with reading(path):
            file = array_record.ArrayRecordFile(path)
    except ImportError as error:
        what = "array_record, which reads ArrayRecord files, is not installed."
        raise InputError(what, f"Install it: {array_record.INSTALL}") from error
    except array_record.ArrayRecordDamage as damage:
        raise InputError(
            f"{path} is not a complete ArrayRecord file: {damage}.",
            "If it is a shard of a dataset, imagenet-setup verify FOLDER says more",
        ) from damage
    facts: Facts = {"what": f"an ArrayRecord file of {human_bytes(path.stat().st_size)}", "records": file.count}
    try:
        return facts | features(example.entries(file.record(0))) if file.count else facts
    except (array_record.ArrayRecordDamage, example.ExampleDamage) as damage:
        return facts | {f"first record of {path.name}": f"cannot be read: {damage}"}
    finally:
        file.close()


def first_record(path: Path) -> Facts:
    """The features of a file's first record; nothing if there is none, and why if it cannot be read."""
    try:
        with _unpacked(path) as file:
            record = next(tfrecord.records(file), None)
        return {} if record is None else features(example.entries(record.payload))
    except (OSError, tfrecord.RecordDamage, example.ExampleDamage) as error:
        return {f"first record of {path.name}": f"cannot be read: {error}"}


def _unpacked(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path)) if tfrecord.compression_of(path) == "gzip" else path.open("rb")
