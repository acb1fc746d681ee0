"""Reads the images of a table: from archives, image files, or records."""

import gzip
import struct
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, NamedTuple, cast

from wizard.errors import InputError, reading
from wizard.formats import example, tfrecord
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
    with ExitStack() as stack:
        files = _Files(stack, gzipped=table.gzipped)
        for sample in table:
            with reading(Path(sample.file)):
                if table.form == "example":
                    yield _of_record(sample, files.read(sample, more=_CRC.size))
                else:
                    yield Content(sample, files.read(sample), None)


class _Files:
    """The files that were read last, still open."""

    def __init__(self, stack: ExitStack, *, gzipped: bool) -> None:
        self._gzipped = gzipped
        self._opened: OrderedDict[str, IO[bytes]] = OrderedDict()
        stack.callback(self._close)

    def read(self, sample: Sample, *, more: int = 0) -> bytes:
        """The sample's bytes, and some that follow."""
        file = self._opened.pop(sample.file, None) or self._open(sample.file)
        self._opened[sample.file] = file
        if len(self._opened) > _OPEN:
            self._opened.popitem(last=False)[1].close()
        try:
            file.seek(sample.offset)
            data = file.read(sample.size + more)
        except (EOFError, zlib.error):
            data = b""
        if len(data) < sample.size + more:
            raise InputError(
                f"{sample.file} ends inside {sample.name}; it has changed since it was looked at.", _CHANGED
            )
        return data

    def _open(self, path: str) -> IO[bytes]:
        return cast(IO[bytes], gzip.open(path)) if self._gzipped else Path(path).open("rb", buffering=0)

    def _close(self) -> None:
        for file in self._opened.values():
            file.close()


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
