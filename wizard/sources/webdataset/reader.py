"""How a worker reads images in compressed shards; those in others are byte ranges of files."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from wizard.sources import streams
from wizard.sources.readers import Content, Reader, Sample, whole


def _read_packed(samples: Iterable[Sample]) -> Iterator[Content]:
    for sample in samples:
        data = streams.read(Path(sample.file), sample.offset, sample.size)
        yield Content(sample, whole(data, sample))


PACKED = Reader(read=_read_packed, in_order=True)
