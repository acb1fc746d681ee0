"""How a worker reads images in TFRecords, with the other features of their records."""

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

from wizard.errors import InputError
from wizard.formats import example, tfrecord
from wizard.ilsvrc2012.feature_names import ENCODED
from wizard.sources import streams
from wizard.sources.readers import Content, OpenFiles, Reader, Sample, whole
from wizard.sources.records.columns import DAMAGED

_CRC = struct.Struct("<I")


def _read_records(samples: Iterable[Sample]) -> Iterator[Content]:
    with OpenFiles() as files:
        for sample, data in files.read(samples, more=_CRC.size):
            yield _content(sample, data)


def _read_gzipped(samples: Iterable[Sample]) -> Iterator[Content]:
    for sample in samples:
        data = streams.read(Path(sample.file), sample.offset, sample.size + _CRC.size)
        yield _content(sample, whole(data, sample, _CRC.size))


RECORDS = Reader(read=_read_records, form="example")
GZIPPED_RECORDS = Reader(read=_read_gzipped, form="example", in_order=True)


def _content(sample: Sample, data: bytes) -> Content:
    payload = data[: sample.size]
    where = f"{sample.file}: the record of {sample.name} at byte {sample.offset:,}"
    if _CRC.unpack(data[sample.size :])[0] != tfrecord.masked_crc(payload):
        raise InputError(f"{where} is damaged: its CRC does not fit.", DAMAGED)
    try:
        features = example.entries(payload)
        images = example.values(features[ENCODED])
    except (example.ExampleDamage, KeyError) as error:
        raise InputError(f"{where} holds no {ENCODED}.", DAMAGED) from error
    if not isinstance(images, list) or len(images) != 1:
        raise InputError(f"{where} has {len(images):,} values in {ENCODED}, expected one image.", DAMAGED)
    return Content(sample, images[0], features)
