"""How a worker reads the rows of a table; here: images that are ranges of bytes in files that are not compressed."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from wizard.errors import InputError, reading
from wizard.formats.arrays import Boxes

Form = Literal["image", "example"]
"""What a sample's bytes are: an encoded image, or a tf.train.Example that holds one."""
_OPEN = 32  # files kept open: the images of a shard may lie in a thousand
_CHANGED = "Leave the raw data alone while a run reads it, and start again"


class Sample(NamedTuple):
    """One image.

    Attributes:
        file: path of the file that holds its bytes.
        offset: where they start; in a compressed file, in what it unpacks to; in a zip archive, where its header does.
        name: its name, unique in its split: a path with / between its parts, usually of one part.
        label: its class's rank; -1 where it has none.
        boxes: float64[n, 4], xmin ymin xmax ymax in 0..1.
        box_row: intp[n], which of the record's boxes each is; empty where the sample is no record.
    """

    file: str
    offset: int
    size: int
    name: str
    label: int
    boxes: Boxes
    box_row: npt.NDArray[np.intp]

    @property
    def place(self) -> str:
        """Its location for a person: file, name, size and offset."""
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
        in_order: whether files can only be read forwards, so that a shuffled order would read them many times.
    """

    read: Callable[[Iterable[Sample]], Iterator[Content]]
    form: Form = "image"
    in_order: bool = False


class OpenFiles:
    """The files that were read last, still open; a context manager that closes them."""

    def __init__(self) -> None:
        self._opened: OrderedDict[str, IO[bytes]] = OrderedDict()

    def __enter__(self) -> "OpenFiles":
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._opened.values():
            file.close()

    def read(self, sample: Sample, *, more: int = 0) -> bytes:
        """The sample's bytes, and `more` that follow.

        Raises:
            InputError: the file ends before them.
            OSError: it cannot be read.
        """
        file = self.at(sample.file)
        file.seek(sample.offset)
        return whole(file.read(sample.size + more), sample, more)

    def at(self, path: str) -> IO[bytes]:
        """The file of a path, open and without a buffer; OSError if it cannot be opened."""
        file = self._opened.pop(path, None) or _open(path)
        self._opened[path] = file
        if len(self._opened) > _OPEN:
            self._opened.popitem(last=False)[1].close()
        return file


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
        for sample in samples:
            with reading(sample.file):
                yield Content(sample, files.read(sample))


BYTE_RANGES = Reader(read=_read_images)
