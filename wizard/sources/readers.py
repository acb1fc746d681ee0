"""How a worker reads the rows of a table; here: images that are ranges of bytes in files that are not compressed."""

import os
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal, NamedTuple

from wizard.errors import InputError, reading

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from wizard.formats.arrays import Boxes

Form = Literal["image", "example"]
"""What a sample's bytes are: an encoded image, or a tf.train.Example that holds one."""
_OPEN = 32  # files kept open: the images of a shard may lie in a thousand
_AHEAD = 32 << 20  # bytes that the system is asked for ahead: a few hundred images
_AHEAD_IMAGES = 4096  # images of these, which are objects in memory, however small they are
_TOGETHER = 8 << 20  # bytes that are read at once, at most
_CAN_ADVISE = hasattr(os, "posix_fadvise")  # Linux and FreeBSD
_GAP = 64 << 10  # bytes between two images, below which both are read at once
_CHANGED = "Leave the raw data alone while a run reads it, and start again"


class Sample(NamedTuple):
    """One image.

    Attributes:
        file: path of the file that holds its bytes.
        offset: where they start; in a compressed file, in what it unpacks to; in a zip archive, where its header does.
            The number of their row, from 0, if `by_row`.
        name: its name, unique in its split: a path with / between its parts, usually of one part.
        label: its class's rank; -1 where it has none.
        boxes: float64[n, 4], xmin ymin xmax ymax in 0..1.
        box_row: intp[n], which of the record's boxes each is; empty where the sample is no record.
        by_row: whether its file holds it as a row.
    """

    file: str
    offset: int
    size: int
    name: str
    label: int
    boxes: "Boxes"
    box_row: "npt.NDArray[np.intp]"
    by_row: bool = False

    @property
    def place(self) -> str:
        """Its location for a person: file and name, with size and offset, or its row."""
        if self.by_row:
            return f"{self.file}: row {self.offset:,}, {self.name}"
        return f"{self.file}: {self.name} ({self.size:,} bytes at byte {self.offset:,})"


class Content(NamedTuple):
    """An image as it was read: its encoded bytes, and the serialized features of the record that holds it, if any."""

    sample: Sample
    image: bytes
    features: Mapping[str, bytes] | None = None


@dataclass(frozen=True, kw_only=True)
class Reader:
    """How the rows of a table are read. It goes to the workers with the table.

    Attributes:
        read: a function of a module, as pickle knows it by its name: yields the images of samples, in their order, and
            raises InputError for one that cannot be read as indexed.
        form: what the bytes of a sample are.
        in_order: whether reading in another order than that of file and offset reads far more than once, as where files
            are compressed; such images are read in stages (`engine.staged`).
        by_row: whether offsets are numbers of rows, not bytes.
    """

    read: Callable[[Iterable[Sample]], Iterator[Content]]
    form: Form = "image"
    in_order: bool = False
    by_row: bool = False


class OpenFiles:
    """The files that were read last, still open; a context manager that closes them."""

    def __init__(self) -> None:
        self._opened: OrderedDict[str, IO[bytes]] = OrderedDict()
        self._passing: set[str] = set()
        """Files that the system's memory cannot hold, so that what has been read only drives out what may be needed."""

    def __enter__(self) -> "OpenFiles":
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._opened.values():
            file.close()

    def read(self, samples: Iterable[Sample], *, more: int = 0) -> Iterator[tuple[Sample, bytes]]:
        """The bytes of each sample, and `more` that follow.

        The system is asked for those of the next samples ahead, in the order in which they lie on the disk. What lies
        one behind the other is read at once, so that a table in the order of its files is read as these are.

        Raises:
            InputError: a file cannot be read, or ends before a sample does.
        """
        for batch in _batches(samples):
            if not _lies_in_order(batch):
                self._ask_ahead(batch, more)
            for first, last in _neighbors(batch):
                yield from self._read_together(batch[first:last], more)

    def asked_ahead(self, samples: Iterable[Sample], *, more: int = 0) -> Iterator[tuple[Sample, IO[bytes]]]:
        """Each sample with its file, in which the reader finds the bytes itself; the system is asked for them ahead.

        Raises:
            InputError: a file cannot be opened.
        """
        for batch in _batches(samples):
            if not _lies_in_order(batch):
                self._ask_ahead(batch, more)
            for sample in batch:
                with reading(sample.file):
                    file = self._file(sample.file)
                yield sample, file

    def _read_together(self, samples: Sequence[Sample], more: int) -> Iterator[tuple[Sample, bytes]]:
        start, last = samples[0].offset, samples[-1]
        size = last.offset + last.size + more - start
        with reading(last.file):
            file = self._file(last.file)
            file.seek(start)
            data = read_fully(file, size)
        if last.file in self._passing:
            os.posix_fadvise(file.fileno(), start, size, os.POSIX_FADV_DONTNEED)
        if len(samples) == 1:
            yield last, whole(data, last, more)
            return
        view = memoryview(data)
        for sample in samples:
            begin = sample.offset - start
            yield sample, whole(bytes(view[begin : begin + sample.size + more]), sample, more)

    def _ask_ahead(self, batch: Sequence[Sample], more: int) -> None:
        if not _CAN_ADVISE:
            return
        for sample in sorted(batch, key=lambda sample: (sample.file, sample.offset)):
            with suppress(OSError):  # whatever is wrong is reported when it is read
                handle = self._file(sample.file).fileno()
                os.posix_fadvise(handle, sample.offset, sample.size + more, os.POSIX_FADV_WILLNEED)

    def _file(self, path: str) -> IO[bytes]:
        file = self._opened.pop(path, None)
        if file is None:
            file = _open(path)
            if _CAN_ADVISE and os.fstat(file.fileno()).st_size > _cacheable():
                self._passing.add(path)
        self._opened[path] = file
        if len(self._opened) > _OPEN:
            self._opened.popitem(last=False)[1].close()
        return file


def _batches(samples: Iterable[Sample]) -> Iterator[list[Sample]]:
    """Samples in their order, as many together as are asked for ahead; of as many files as can be open."""
    batch: list[Sample] = []
    files: set[str] = set()
    size = 0
    for sample in samples:
        files.add(sample.file)
        size += sample.size
        if batch and (len(files) > _OPEN or size > _AHEAD or len(batch) == _AHEAD_IMAGES):
            yield batch
            batch, files, size = [], {sample.file}, sample.size
        batch.append(sample)
    if batch:
        yield batch


def _lies_in_order(batch: Sequence[Sample]) -> bool:
    """Whether the samples lie in one file, one behind the other, which the system reads ahead by itself."""
    return next(_neighbors(batch, most=_AHEAD * 2)) == (0, len(batch))


def _neighbors(batch: Sequence[Sample], most: int = _TOGETHER) -> Iterator[tuple[int, int]]:
    """The ranges of samples that are read at once: of one file, with small gaps only, and of not too many bytes."""
    first = 0
    for place in range(1, len(batch) + 1):
        if place < len(batch) and _is_near(batch[place - 1], batch[place]):
            span = batch[place].offset + batch[place].size - batch[first].offset
            if span <= most:
                continue
        yield first, place
        first = place


def _is_near(sample: Sample, following: Sample) -> bool:
    gap = following.offset - (sample.offset + sample.size)
    return sample.file == following.file and 0 <= gap <= _GAP


def read_fully(file: IO[bytes], size: int) -> bytes:
    """As many bytes, or fewer where the file ends: Linux reads at most 2 GB at a time."""
    data = file.read(size)
    while 0 < len(data) < size:
        more = file.read(size - len(data))
        if not more:
            break
        data += more
    return data


@cache
def _cacheable() -> float:
    """Bytes of a file that the system may keep in memory beside all else."""
    from wizard.machine.memory import usable_memory

    return usable_memory().available / 2


def _open(path: str) -> IO[bytes]:
    return Path(path).open("rb", buffering=0)


def whole(data: bytes, sample: Sample, more: int = 0) -> bytes:
    """What was read of a sample.

    Raises:
        InputError: it is less than the sample's size and `more`.
    """
    if len(data) < sample.size + more:
        raise InputError(f"{sample.file} ends inside {sample.name}; it has changed since it was looked at.", _CHANGED)
    return data


def _read_images(samples: Iterable[Sample]) -> Iterator[Content]:
    with OpenFiles() as files:
        for sample, data in files.read(samples):
            yield Content(sample, data)


BYTE_RANGES = Reader(read=_read_images)
