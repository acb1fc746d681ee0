"""Reads the images of a table: from archives, image files, or records."""

import gzip
import struct
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, NamedTuple, cast

from wizard.errors import InputError, reading
from wizard.formats import example, tfrecord
from wizard.sources.cache import fingerprint
from wizard.sources.samples import Sample, SampleTable

_OPEN = 32
"""Files kept open: the images of a shard may lie in a thousand."""
_ENCODED = "image/encoded"
_CHANGED = "Leave the raw data alone while a run reads it, and start again"
_DAMAGED = "Build these records anew, or fetch them again; imagenet-setup inspect FILE says more"
_CRC = struct.Struct("<I")


class Content(NamedTuple):
    """An image as it was read.

    Attributes:
        sample: which.
        image: its encoded bytes.
        features: serialised features of the record that holds it, by name; None where it lies in no record.
    """

    sample: Sample
    image: bytes
    features: Mapping[str, bytes] | None


def contents(table: SampleTable) -> Iterator[Content]:
    """Reads the table's images in its order.

    Raises:
        InputError: a file cannot be read as indexed, or a record is damaged.
    """
    files = _UNPACKED if table.gzipped else _Files()
    try:
        for sample in table:
            with reading(Path(sample.file)):
                if table.form == "example":
                    yield _of_record(sample, files.read(sample, more=_CRC.size))
                else:
                    yield Content(sample, files.read(sample), None)
    finally:
        if isinstance(files, _Files):
            files.close()


class _Files:
    """The files that were read last, still open."""

    def __init__(self) -> None:
        self._opened: OrderedDict[str, IO[bytes]] = OrderedDict()

    def read(self, sample: Sample, *, more: int = 0) -> bytes:
        """The sample's bytes, and some that follow."""
        file = self._opened.pop(sample.file, None) or _open(sample.file)
        self._opened[sample.file] = file
        if len(self._opened) > _OPEN:
            self._opened.popitem(last=False)[1].close()
        return _read(file, sample, more)

    def close(self) -> None:
        """Closes them all."""
        for file in self._opened.values():
            file.close()


class _Unpacked:
    """One gzipped file, kept open where it was read last, and for as long as the process lives.

    The next shard mostly goes on there; opened anew for each, a large file would be unpacked from its start as many
    times as there are shards.
    """

    def __init__(self) -> None:
        self._state = ""
        self._file: IO[bytes] | None = None

    def read(self, sample: Sample, *, more: int = 0) -> bytes:
        """The sample's bytes, and some that follow; bytes are counted in what the file unpacks to."""
        state = fingerprint(Path(sample.file))
        if self._file is None or state != self._state:
            self.close()
            self._file, self._state = _unpack(sample.file), state
        return _read(self._file, sample, more)

    def close(self) -> None:
        """Closes it."""
        if self._file is not None:
            self._file.close()
        self._file = None


_UNPACKED = _Unpacked()


def _open(path: str) -> IO[bytes]:
    return Path(path).open("rb", buffering=0)


def _unpack(path: str) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path))


def _read(file: IO[bytes], sample: Sample, more: int) -> bytes:
    try:
        file.seek(sample.offset)
        data = file.read(sample.size + more)
    except (EOFError, zlib.error):
        data = b""
    if len(data) < sample.size + more:
        raise InputError(f"{sample.file} ends inside {sample.name}; it has changed since it was looked at.", _CHANGED)
    return data


def _of_record(sample: Sample, data: bytes) -> Content:
    payload = data[: sample.size]
    where = f"{sample.file}: the record of {sample.name} at byte {sample.offset:,}"
    if _CRC.unpack(data[sample.size :])[0] != tfrecord.masked_crc(payload):
        raise InputError(f"{where} is damaged: its CRC does not fit.", _DAMAGED)
    try:
        features = example.entries(payload)
        images = example.values(features[_ENCODED])
    except (example.ExampleDamage, KeyError) as error:
        raise InputError(f"{where} holds no {_ENCODED}.", _DAMAGED) from error
    if not isinstance(images, list) or len(images) != 1:
        raise InputError(f"{where} has {len(images):,} values in {_ENCODED}, expected one image.", _DAMAGED)
    return Content(sample, images[0], features)
