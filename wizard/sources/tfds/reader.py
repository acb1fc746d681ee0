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
_LARGEST = 1 << 31  # bytes of an Example, which are as many as protobuf allows a message
_opened = array_record.OpenFiles()  # as long as the process lives: the next shard's images lie in the same files


@dataclass(frozen=True)
class TFRecordImages:
    """Yields the images of samples in TFRecords, whose `offset` is where the Example begins; `key` is the image's."""

    key: str

    def __call__(self, samples: Iterable[Sample]) -> Iterator[Content]:
        """Reads the images in the order of samples; see `readers.Reader`."""
        with OpenFiles() as files:
            for sample, record in _records(files, samples):
                yield Content(sample, _image(record, self.key, sample))


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
    return Reader(read=ArrayRecordImages(key), in_order=grouped, by_row=True)


def _records(files: OpenFiles, samples: Iterable[Sample]) -> Iterator[tuple[Sample, bytes]]:
    """The Examples of samples. `size` is that of the image in it, so the end of the Example is read after the rest."""
    for framed, data in files.read(map(_framed, samples)):
        sample = _unframed(framed)
        if not tfrecord.starts_with_record(data):
            raise InputError(f"{_where(sample)} does not begin there any more; the file has changed.", AGAIN)
        length = int.from_bytes(data[: tfrecord.HEADER - _CRC.size], "little")
        read = len(data) - tfrecord.HEADER
        if not sample.size <= length <= _LARGEST:
            raise InputError(f"{_where(sample)} has {length:,} bytes, and its image had {sample.size:,}.", AGAIN)
        rest = sample._replace(offset=sample.offset + read, size=length - read)
        _, end = next(files.read([rest], more=_CRC.size))
        payload = data[tfrecord.HEADER :] + end[: -_CRC.size]
        if _CRC.unpack(end[-_CRC.size :])[0] != tfrecord.masked_crc(payload):
            raise InputError(f"{_where(sample)} is damaged: its CRC does not fit.", AGAIN)
        yield sample, payload


def _framed(sample: Sample) -> Sample:
    """What surely lies in a record's frame: its header, and as many bytes as its image has."""
    return sample._replace(offset=sample.offset - tfrecord.HEADER, size=sample.size + tfrecord.HEADER)


def _unframed(framed: Sample) -> Sample:
    return framed._replace(offset=framed.offset + tfrecord.HEADER, size=framed.size - tfrecord.HEADER)


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
