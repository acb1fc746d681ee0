"""SampleTable: whose bytes lie where, a million rows in columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wizard.errors import InputError
from wizard.formats.arrays import Boxes
from wizard.sources.classes import UNLABELED, Classes, imagenet
from wizard.sources.count_formats import LOOKED_AT, image_formats
from wizard.sources.image_formats import ImageFormats
from wizard.sources.readers import BYTE_RANGES, Content, Reader, Sample


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """Files below a split's folder that are not read as images.

    Attributes:
        what: the kind in words: "Synology thumbnails (@eaDir)", ".txt files".
        first: path of the first of them.
        clutter: whether operating systems and tools leave such files behind, so that nobody misses them.
    """

    what: str
    count: int
    first: str
    clutter: bool


@dataclass(frozen=True)
class Copies:
    """Images that look like copies of others by their names: how many, and the names of the first and its original."""

    count: int
    copy: str
    original: str


class SelectionNote(NamedTuple):
    """What `source.min_images` or `source.holdout` did to a split, without a full stop.

    Attributes:
        text: in words.
        hint: what a person should do about it; empty if nothing.
    """

    text: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class SampleTable:
    """The images of one split, a column an attribute.

    Attributes:
        files: paths that `file` counts in: files, or the folders of files.
        file: int32[n], index in `files`.
        inside: bytes[n] of fixed width, UTF-8: the file's path below `files[file]`; empty where that is the file.
        offset: int64[n], bytes.
        size: int64[n], bytes.
        name: bytes[n] of fixed width, UTF-8.
        label: int16[n], rank in `classes`; -1 for none.
        first_box: int64[n + 1]; row i has boxes first_box[i] to first_box[i + 1].
        boxes: float64[m, 4], xmin ymin xmax ymax in 0..1.
        classes: that `label` counts in.
        reader: reads the images.
        label_base: where they are Examples, the label that these state for rank 0; else 0.
        source_labels: int16[k], the label that the source itself stores for each rank in `classes`, -1 for none; empty
            where it stores no labels, as archives and class folders do not.
        left_out: files beside the images that are not read.
        warnings: things that a person should check, in sentences without a full stop.
        official: whether they are in an archive with an official name, and the official size if that is known.
        copies: images that look like copies; None if there are none, or they were not looked for.
        box_row: intp[m], for Examples: which of the record's boxes each is, as those without an area are left out.
        repairs: what was wrong with the source's boxes and what was done about it, in clauses; usually empty.
        block: int32[n], for readers that read several rows at once, such as a row group: those of a file with one
            number are best read together, in order. Empty where each row is read alone.
        unsorted: the name of an image that lies in no class's folder; empty if there is none, or no folder.
        unusable: the error for images that no build can store: without bytes, or no images by their first ones.
        selection: how it differs from what the source holds, because a profile says so.
    """

    files: tuple[str, ...]
    file: npt.NDArray[np.int32]
    inside: npt.NDArray[np.bytes_]
    offset: npt.NDArray[np.int64]
    size: npt.NDArray[np.int64]
    name: npt.NDArray[np.bytes_]
    label: npt.NDArray[np.int16]
    first_box: npt.NDArray[np.int64]
    boxes: Boxes
    classes: Classes = field(default_factory=imagenet)
    reader: Reader = BYTE_RANGES
    label_base: int = 0
    source_labels: npt.NDArray[np.int16] = field(default_factory=lambda: np.empty(0, np.int16))
    left_out: tuple[LeftOut, ...] = ()
    warnings: tuple[str, ...] = ()
    official: bool = False
    copies: Copies | None = None
    box_row: npt.NDArray[np.intp] = field(default_factory=lambda: np.empty(0, np.intp))
    block: npt.NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    repairs: tuple[str, ...] = ()
    unsorted: str = ""
    unusable: InputError | None = None
    selection: tuple[SelectionNote, ...] = ()

    def __len__(self) -> int:
        return len(self.name)

    def __getitem__(self, row: int) -> Sample:
        file, inside = self.files[self.file[row]], self.inside[row].decode()
        boxes = slice(self.first_box[row], self.first_box[row + 1])
        return Sample(
            f"{file}/{inside}" if inside else file,
            int(self.offset[row]),
            int(self.size[row]),
            self.name[row].decode(),
            int(self.label[row]),
            self.boxes[boxes],
            self.box_row[boxes],
            self.reader.by_row,
        )

    def __iter__(self) -> Iterator[Sample]:
        return map(self.__getitem__, range(len(self)))

    @property
    def ranks(self) -> npt.NDArray[np.int16]:
        """int16[k], the classes that have images, in order."""
        return np.unique(self.label[self.label >= 0])

    @cached_property
    def formats(self) -> ImageFormats:
        """The formats of the images, as far as their names and the first bytes of a few tell."""
        if self.official:  # its names are ImageNet's
            return ImageFormats(counts={"JPEG": len(self)})
        return image_formats(self.name, self._some_images)

    def _some_images(self, rows: npt.NDArray[np.intp]) -> list[bytes]:
        """A few images of these rows, spread evenly over them, or the first ones of files that are read forwards."""
        count = min(LOOKED_AT, len(rows))
        some = rows[np.linspace(0, len(rows) - 1, count).round().astype(np.intp)]
        if self.reader.in_order:
            some = rows[np.lexsort((self.offset[rows], self.file[rows]))[:count]]
        try:
            return [content.image for content in self.take(some).contents()]
        except InputError:  # whoever needs these images reports it
            return []

    def contents(self) -> Iterator[Content]:
        """Reads the images, in the table's order.

        Raises:
            InputError: a file cannot be read as indexed, or a record is damaged.
        """
        return self.reader.read(self)

    def take(self, rows: npt.NDArray[np.intp]) -> "SampleTable":
        """The table of just these rows, in this order; it holds nothing of the others."""
        first = self.first_box[rows]
        first_box, source = _gathered(first, self.first_box[rows + 1] - first)
        used, file = np.unique(self.file[rows], return_inverse=True)
        return replace(
            self,
            files=tuple(self.files[number] for number in used),
            file=file.astype(np.int32),
            inside=self.inside[rows],
            offset=self.offset[rows],
            size=self.size[rows],
            name=self.name[rows],
            label=self.label[rows],
            first_box=first_box,
            boxes=self.boxes[source],
            box_row=self.box_row[source] if len(self.box_row) else self.box_row,
            block=self.block[rows] if len(self.block) else self.block,
            left_out=(),
            copies=None,
            unusable=None,
        )

    def require_usable(self) -> None:
        """Requires that every image can be stored, as far as is known before it is decoded.

        Raises:
            InputError: one has no bytes, or is no image by its first ones.
        """
        if self.unusable is not None:
            raise self.unusable

    def with_boxes(self, names: npt.NDArray[np.bytes_], boxes: Boxes) -> "SampleTable":
        """The same images with these boxes.

        Args:
            names: bytes[m], the image that each box belongs to, sorted.
            boxes: float64[m, 4].
        """
        first = np.searchsorted(names, self.name, side="left")
        first_box, source = _gathered(first, np.searchsorted(names, self.name, side="right") - first)
        return replace(self, first_box=first_box, boxes=boxes[source])


def _gathered(first: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], ...]:
    """`first_box` for these numbers of boxes, and int64[m], where each box lies, if an image's begin at `first`."""
    first_box = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return first_box, np.repeat(first - first_box[:-1], counts) + np.arange(first_box[-1])


def labels_by_rank(rank: npt.NDArray[np.int16], base: int, classes: int) -> npt.NDArray[np.int16]:
    """int16[classes], the inverse of int16[n], which gives label `base` + i the class `rank[i]`; -1 for no label.

    >>> labels_by_rank(np.array([2, 0], np.int16), 1, 3).tolist()
    [2, -1, 1]
    """
    labels = np.full(classes, UNLABELED, np.int16)
    named = np.flatnonzero(rank >= 0)
    labels[rank[named]] = named + base
    return labels


def in_one_file(
    path: str,
    *,
    name: npt.NDArray[np.bytes_],
    offset: npt.NDArray[np.int64],
    size: npt.NDArray[np.int64],
    label: npt.NDArray[np.int16],
) -> SampleTable:
    """A table of images that lie in one file, without boxes; its columns are those of `SampleTable`."""
    count = len(name)
    return SampleTable(
        files=(path,),
        file=np.zeros(count, np.int32),
        inside=np.zeros(count, "S1"),
        offset=offset,
        size=size,
        name=name,
        label=label,
        first_box=np.zeros(count + 1, np.int64),
        boxes=np.empty((0, 4)),
    )


def joined(tables: Sequence[SampleTable]) -> SampleTable:
    """One table of the images of several that have the same reader, one after the other, without boxes."""
    numbers: dict[str, int] = {}
    files = [np.array([numbers.setdefault(file, len(numbers)) for file in table.files], np.int32) for table in tables]
    count = sum(map(len, tables))
    blocks = [table.block for table in tables]
    return replace(
        tables[0],
        files=tuple(numbers),
        file=np.concatenate([mine[table.file] for mine, table in zip(files, tables, strict=True)]),
        inside=np.concatenate([table.inside for table in tables]),
        offset=np.concatenate([table.offset for table in tables]),
        size=np.concatenate([table.size for table in tables]),
        name=np.concatenate([table.name for table in tables]),
        label=np.concatenate([table.label for table in tables]),
        first_box=np.zeros(count + 1, np.int64),
        boxes=np.empty((0, 4)),
        box_row=np.empty(0, np.intp),
        block=np.concatenate(blocks) if all(map(len, blocks)) else np.empty(0, np.int32),
    )
