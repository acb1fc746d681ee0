"""SampleTable: whose bytes lie where, a million rows in columns."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wizard.formats.arrays import Boxes


class Sample(NamedTuple):
    """One image.

    Attributes:
        file: path of the file that holds its bytes.
        offset: where they start.
        size: how many they are.
        name: its file name, unique in its split.
        label: its class's rank 0..999.
        boxes: float64[n, 4], xmin ymin xmax ymax in 0..1.
    """

    file: str
    offset: int
    size: int
    name: str
    label: int
    boxes: Boxes


@dataclass(frozen=True, kw_only=True, eq=False)
class SampleTable:
    """The images of one split, a column an attribute.

    Attributes:
        files: paths that `file` counts in.
        file: int16[n], place in `files`.
        offset: int64[n], bytes.
        size: int64[n], bytes.
        name: bytes[n] of fixed width, ASCII.
        label: int16[n], rank 0..999.
        first_box: int64[n + 1]; row i has boxes first_box[i] to first_box[i + 1].
        boxes: float64[m, 4], xmin ymin xmax ymax in 0..1.
    """

    files: tuple[str, ...]
    file: npt.NDArray[np.int16]
    offset: npt.NDArray[np.int64]
    size: npt.NDArray[np.int64]
    name: npt.NDArray[np.bytes_]
    label: npt.NDArray[np.int16]
    first_box: npt.NDArray[np.int64]
    boxes: Boxes

    def __len__(self) -> int:
        return len(self.name)

    def __getitem__(self, row: int) -> Sample:
        return Sample(
            self.files[self.file[row]],
            int(self.offset[row]),
            int(self.size[row]),
            self.name[row].decode(),
            int(self.label[row]),
            self.boxes[self.first_box[row] : self.first_box[row + 1]],
        )

    def __iter__(self) -> Iterator[Sample]:
        return map(self.__getitem__, range(len(self)))

    def take(self, rows: npt.NDArray[np.intp]) -> "SampleTable":
        """The table of just these rows, in this order; it holds nothing of the others."""
        counts = np.diff(self.first_box)[rows]
        first_box = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        source = np.repeat(self.first_box[rows] - first_box[:-1], counts) + np.arange(first_box[-1])
        return replace(
            self,
            file=self.file[rows],
            offset=self.offset[rows],
            size=self.size[rows],
            name=self.name[rows],
            label=self.label[rows],
            first_box=first_box,
            boxes=self.boxes[source],
        )

    def with_boxes(self, names: npt.NDArray[np.bytes_], boxes: Boxes) -> "SampleTable":
        """The same images with these boxes.

        Args:
            names: bytes[m], the image that each box belongs to, sorted.
            boxes: float64[m, 4].
        """
        first = np.searchsorted(names, self.name, side="left")
        counts = np.searchsorted(names, self.name, side="right") - first
        first_box = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        source = np.repeat(first - first_box[:-1], counts) + np.arange(first_box[-1])
        return replace(self, first_box=first_box, boxes=boxes[source])
