"""How a worker reads images in the records of TFDS."""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wizard.errors import InputError, reading
from wizard.formats import example, example_spans, tfrecord
from wizard.sources.readers import Content, OpenFiles, Reader, Sample
from wizard.sources.records.features import InvalidRecord
from wizard.sources.tfds import array_record
from wizard.sources.tfds.info import AGAIN
from wizard.sources.tfds.rows import image_span

_CRC = struct.Struct("<I")
_opened = array_record.OpenFiles()  # as long as the process lives: the next shard's images lie in the same files


@dataclass(frozen=True)
class TFRecordImages:
    """Yields the images of samples in TFRecords, whose `offset` is where the Example begins; `key` is the image's."""

    key: str

    def __call__(self, samples: Iterable[Sample]) -> Iterator[Content]:
        """Reads the images in the order of samples; see `readers.Reader`."""
        with OpenFiles() as files:
            for sample in samples:
                with reading(sample.file):
                    payload = _payload(files, sample)
                yield Content(sample, _image(payload, self.key, sample))


@dataclass(frozen=True)
class ArrayRecordImages:
    """Yields the images of samples in ArrayRecords, whose `offset` is the record's number; `key` is the image's."""

    key: str

    def __call__(self, samples: Iterable[Sample]) -> Iterator[Content]:
        """Reads the images in the order of samples; see `readers.Reader`."""
        for sample in samples:
            with reading(sample.file):
                record = _opened.get(sample.file).record(sample.offset)
            yield Content(sample, _image(record, self.key, sample))


def tfrecord_reader(key: str) -> Reader:
    """The reader of images under a key in TFRecords."""
    return Reader(read=TFRecordImages(key))


def array_record_reader(key: str, *, grouped: bool) -> Reader:
    """The reader of images under a key in ArrayRecords; of `grouped` ones, single records cost the whole group."""
    return Reader(read=ArrayRecordImages(key), in_order=grouped)


def _payload(files: OpenFiles, sample: Sample) -> bytes:
    head = files.read(sample._replace(offset=sample.offset - tfrecord.HEADER, size=tfrecord.HEADER))
    if not tfrecord.starts_with_record(head):
        raise InputError(f"{_where(sample)} does not begin there any more; the file has changed.", AGAIN)
    length = int.from_bytes(head[:8], "little")
    data = files.read(sample._replace(size=length), more=_CRC.size)
    payload = data[:length]
    if _CRC.unpack(data[length:])[0] != tfrecord.masked_crc(payload):
        raise InputError(f"{_where(sample)} is damaged: its CRC does not fit.", AGAIN)
    return payload


def _image(record: bytes, key: str, sample: Sample) -> bytes:
    try:
        spans = example_spans.feature_spans(record, 0, len(record))
        start, end = image_span(record, spans, key)
    except (example.ExampleDamage, InvalidRecord) as error:
        raise InputError(f"{_where(sample)} holds no image any more: it {error}.", AGAIN) from error
    if end - start != sample.size:
        raise InputError(
            f"{_where(sample)} holds an image of {end - start:,} bytes, and held one of {sample.size:,}; the file has "
            "changed since it was looked at.",
            "Leave the raw data alone while a run reads it, and start again",
        )
    return record[start:end]


def _where(sample: Sample) -> str:
    return f"{sample.file}: the record of {sample.name}"
