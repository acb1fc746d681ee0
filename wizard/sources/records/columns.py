"""What the records of a split say of their images: columns, read without the images themselves."""

import gzip
import mmap
import zlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import IO, cast

import numpy as np
import numpy.typing as npt

from wizard.errors import InputError, reading
from wizard.formats import tfrecord
from wizard.formats.arrays import Boxes
from wizard.ilsvrc2012.archives import Split
from wizard.sources.cache import Arrays, cached
from wizard.sources.records.boxes import Sides, StatedBoxes
from wizard.sources.records.features import Features, InvalidRecord, Row
from wizard.sources.records.files import RecordFiles
from wizard.sources.source import Progress

DAMAGED = "Build these records again, or fetch them again; imagenet-setup inspect FILE says more"
_AT_ONCE = 5000  # records whose columns are lists before they become arrays
_Example = tuple[bytes | mmap.mmap, int, int, int, int]
"""A buffer, where an Example starts and ends in it, its offset in what the file unpacks to, bytes of the file read."""
_KINDS = {"plain": "plain TFRecords", "gzip": "TFRecords in gzip", "zlib": "TFRecords in ZLIB", None: "no record"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Columns:
    """The records of a split in the order of files and in them; a column an attribute.

    Attributes:
        files: that hold them.
        file: int32[n], of the file in the split's files.
        offset: int64[n], bytes before the Example, in what the file unpacks to.
        size: int64[n], bytes of the Example.
        filename: bytes[n], `image/filename`; empty where it is not there.
        label: int16[n], as it stands there; -1 where there is none.
        blank: bool[n], whether the image has no bytes.
        objects: int32[n], how many boxes it has.
        boxes: float64[m, 4], xmin ymin xmax ymax, of all records in order, unchanged.
        whole: bool[n], whether its boxes are stored as integers.
        sides: int64[n, 2], width and height of the image in pixels, if its boxes may be in pixels; else 0, 0.
        stated: int64[n, 2], `image/width` and `image/height` of those, 0 if missing; else 0, 0.
        synset_of: int16[k], labels; where one is there twice, its records differ in their synset.
        synset: bytes[k], `image/class/synset` of records with that label; empty where it is not there.
        text_of: int16[l], labels, as above.
        text: bytes[l], `image/class/text` of records with that label.
    """

    files: RecordFiles
    file: npt.NDArray[np.int32]
    offset: npt.NDArray[np.int64]
    size: npt.NDArray[np.int64]
    filename: npt.NDArray[np.bytes_]
    label: npt.NDArray[np.int16]
    blank: npt.NDArray[np.bool_]
    objects: npt.NDArray[np.int32]
    boxes: Boxes
    whole: npt.NDArray[np.bool_]
    sides: Sides
    stated: Sides
    synset_of: npt.NDArray[np.int16]
    synset: npt.NDArray[np.bytes_]
    text_of: npt.NDArray[np.int16]
    text: npt.NDArray[np.bytes_]

    def __len__(self) -> int:
        return len(self.file)

    @property
    def record(self) -> npt.NDArray[np.intp]:
        """intp[m], the record that each box belongs to."""
        return np.repeat(np.arange(len(self)), self.objects)

    @property
    def number(self) -> npt.NDArray[np.intp]:
        """intp[n], which record of its file each is, from 0."""
        return np.arange(len(self)) - np.searchsorted(self.file, self.file)

    def where(self, row: int) -> str:
        """A record's file, number and first byte, as the start of a sentence."""
        at = self.offset[row] - tfrecord.HEADER
        return f"{self.files.files[self.file[row]]}: record {self.number[row]:,} at byte {at:,}"


def stated_boxes(splits: Sequence[Columns]) -> StatedBoxes:
    """The boxes of all these splits, as stated in their records."""
    firsts = [0, *accumulate(map(len, splits))]

    def where(record: int) -> str:
        split = bisect_right(firsts, record) - 1
        return splits[split].where(record - firsts[split])

    return StatedBoxes(
        boxes=np.concatenate([columns.boxes for columns in splits]),
        whole=np.concatenate([columns.whole[columns.record] for columns in splits]),
        sides=np.concatenate([columns.sides[columns.record] for columns in splits]),
        stated=np.concatenate([columns.stated[columns.record] for columns in splits]),
        record=np.concatenate([first + columns.record for first, columns in zip(firsts, splits, strict=False)]),
        where=where,
    )


def read_columns(files: RecordFiles, split: Split, cache: Path, progress: Progress) -> Columns:
    """The columns of a split's records.

    Lengths are proven by their CRCs; those of payloads are left to whoever reads the images.

    Raises:
        InputError: a file is damaged or compressed in another way, or a record is no Example that holds one image.
    """
    with reading(files.path):
        arrays = cached(
            cache, files.path, f"records3-{split}", lambda: _scan(files, progress), files=files.files, progress=progress
        )
    return Columns(files=files, **arrays)


def _scan(files: RecordFiles, progress: Progress) -> Arrays:
    sizes = [path.stat().st_size for path in files.files]
    total, before = sum(sizes), 0
    features = Features()
    parts: list[Arrays] = []
    for file, size in enumerate(sizes):
        if size:
            for part, done in _parts(files, file, features):
                parts.append(part)
                progress(before + done, total)
        before += size
    if not any(len(part["file"]) for part in parts):
        raise InputError(f"{files.files[0]} holds no records.", DAMAGED)
    progress(total, total)
    return {column: np.concatenate([part[column] for part in parts]) for column in parts[0]} | features.by_label()


def _parts(files: RecordFiles, file: int, features: Features) -> Iterator[tuple[Arrays, int]]:
    """Columns of some records of a file, and how many bytes of it are read by then."""
    path = files.files[file]
    found = tfrecord.compression_of(path)  # the search for files has looked into some of them only
    if found != files.compression:
        others = f"the split's other files are {_KINDS[files.compression]}"
        raise InputError(f"{path} begins with {_KINDS[found]}; {others}.", DAMAGED)
    rows: list[tuple[int, int, Row]] = []
    number = at = 0
    try:
        examples = _unpacked(path) if found == "gzip" else _mapped(path)
        for index, (buffer, start, end, offset, done) in enumerate(examples):
            number, at = index, offset - tfrecord.HEADER
            rows.append((offset, end - start, features.row(buffer, start, end)))
            if len(rows) == _AT_ONCE:
                yield _columns(rows, file), done
                rows.clear()
    except InvalidRecord as error:
        raise InputError(f"{path}: record {number:,} at byte {at:,} {error}.", error.hint) from error
    except tfrecord.RecordDamage as damage:
        raise InputError(f"{path}: record {damage.record} at byte {damage.offset:,}: {damage}.", DAMAGED) from damage
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path} cannot be unpacked beyond record {number:,}: {error}.", DAMAGED) from error
    yield _columns(rows, file), path.stat().st_size


def _mapped(path: Path) -> Iterator[_Example]:
    # Mapped, not read: the pages that hold images stay on the disk.
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as buffer:
        for start, end in tfrecord.payload_spans(buffer):
            yield buffer, start, end, start, end


def _unpacked(path: Path) -> Iterator[_Example]:
    with path.open("rb") as packed, gzip.open(packed) as file:
        for record in tfrecord.records(cast(IO[bytes], file)):
            yield record.payload, 0, len(record.payload), record.offset + tfrecord.HEADER, packed.tell()


def _columns(rows: list[tuple[int, int, Row]], file: int) -> Arrays:
    boxes = [row.boxes for _, _, row in rows if row.boxes is not None]
    return {
        "file": np.full(len(rows), file, np.int32),
        "offset": np.array([offset for offset, _, _ in rows], np.int64),
        "size": np.array([size for _, size, _ in rows], np.int64),
        "filename": np.array([row.filename for _, _, row in rows], np.bytes_),
        "label": np.array([row.label for _, _, row in rows], np.int16),
        "blank": np.array([row.blank for _, _, row in rows], np.bool_),
        "objects": np.array([0 if row.boxes is None else len(row.boxes) for _, _, row in rows], np.int32),
        "boxes": np.concatenate([np.empty((0, 4)), *boxes]),
        "whole": np.array([row.whole for _, _, row in rows], np.bool_),
        "sides": np.array([row.sides for _, _, row in rows], np.int64).reshape(-1, 2),
        "stated": np.array([row.stated for _, _, row in rows], np.int64).reshape(-1, 2),
    }
