"""What the records of a split say of their images: columns, read without the images themselves."""

import gzip
import mmap
import zlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import IO, NamedTuple, cast

import numpy as np
import numpy.typing as npt

from wizard.errors import InputError, reading
from wizard.formats import tfrecord
from wizard.formats.arrays import Boxes
from wizard.ilsvrc2012.archives import Split
from wizard.sources.cache import Arrays, cached
from wizard.sources.records.boxes import Sides
from wizard.sources.records.features import Features, InvalidRecord, Row
from wizard.sources.records.files import Compression, RecordFiles, compression_of
from wizard.sources.records.units import StatedBoxes
from wizard.sources.source import Progress

_AT_ONCE = 5000  # records whose columns are lists before they become arrays
_DAMAGED = "Build these records again, or fetch them again; imagenet-setup inspect FILE says more"


@dataclass(frozen=True, kw_only=True, eq=False)
class Columns:
    """The records of a split in the order of files and in them; a column an attribute.

    Attributes:
        place: int32[n], of the file in the split's files.
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

    place: npt.NDArray[np.int32]
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
        return len(self.place)

    def number(self, row: int) -> int:
        """Which record of its file a row is, counted from 0."""
        return row - int(np.searchsorted(self.place, self.place[row], side="left"))

    @property
    def record(self) -> npt.NDArray[np.intp]:
        """intp[m], the record that each box belongs to."""
        return np.repeat(np.arange(len(self)), self.objects)


def place_of(files: RecordFiles, columns: Columns, row: int) -> str:
    """A record's file, number and first byte, as the start of a sentence."""
    at = columns.offset[row] - tfrecord.HEADER
    return f"{files.files[columns.place[row]]}: record {columns.number(row):,} at byte {at:,}"


def stated_boxes(splits: Sequence[tuple[RecordFiles, Columns]]) -> StatedBoxes:
    """The boxes of all these splits, as stated in their records."""
    every = [columns for _, columns in splits]
    firsts = [0, *accumulate(map(len, every))]

    def place(record: int) -> str:
        split = bisect_right(firsts, record) - 1
        return place_of(*splits[split], record - firsts[split])

    return StatedBoxes(
        boxes=np.concatenate([columns.boxes for columns in every]),
        whole=np.concatenate([columns.whole[columns.record] for columns in every]),
        sides=np.concatenate([columns.sides[columns.record] for columns in every]),
        stated=np.concatenate([columns.stated[columns.record] for columns in every]),
        record=np.concatenate([first + columns.record for first, columns in zip(firsts, every, strict=False)]),
        place=place,
    )


def read_columns(files: RecordFiles, split: Split, cache: Path, progress: Progress) -> Columns:
    """The columns of a split's records.

    Lengths are proven by their CRCs; those of payloads are left to whoever reads the images.

    Args:
        files: of the split, without a problem.
        split: which.
        cache: folder of cached columns.
        progress: told how many bytes of how many are done; not called where the cache has them.

    Raises:
        InputError: a file is damaged or compressed otherwise, or a record is no Example that holds one image.
    """
    with reading(files.path):
        arrays = cached(cache, files.path, f"records2-{split}", lambda: _scan(files, progress), files=files.files)
    return Columns(**arrays)


class _Example(NamedTuple):
    """Where one lies: from start to end in a buffer; its offset in what the file unpacks to; bytes of the file read."""

    buffer: bytes | mmap.mmap
    start: int
    end: int
    offset: int
    done: int


def _scan(files: RecordFiles, progress: Progress) -> Arrays:
    sizes = [path.stat().st_size for path in files.files]
    total, before = sum(sizes), 0
    features = Features()
    parts: list[Arrays] = []
    for place, (path, size) in enumerate(zip(files.files, sizes, strict=True)):
        if size:
            for part, done in _parts(path, place, files.compression, features):
                parts.append(part)
                progress(before + done, total)
        before += size
    if not any(len(part["place"]) for part in parts):
        raise InputError(f"{files.files[0]} holds no records.", _DAMAGED)
    progress(total, total)
    return {column: np.concatenate([part[column] for part in parts]) for column in parts[0]} | features.by_label()


def _parts(path: Path, place: int, compression: Compression, features: Features) -> Iterator[tuple[Arrays, int]]:
    """Columns of some records of a file, and how many bytes of it are read by then."""
    _require(path, compression)
    examples = _unpacked(path) if compression == "gzip" else _mapped(path)
    rows: list[tuple[int, int, Row]] = []
    number = 0
    try:
        for number, each in enumerate(examples):
            rows.append((each.offset, each.end - each.start, _row(path, number, each, features)))
            if len(rows) == _AT_ONCE:
                yield _columns(rows, place), each.done
                rows.clear()
    except tfrecord.RecordDamage as damage:
        raise InputError(f"{path}: record {damage.record} at byte {damage.offset:,}: {damage}.", _DAMAGED) from damage
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path} cannot be unpacked beyond record {number:,}: {error}.", _DAMAGED) from error
    yield _columns(rows, place), path.stat().st_size


def _row(path: Path, number: int, each: _Example, features: Features) -> Row:
    try:
        return features.row(each.buffer, each.start, each.end)
    except InvalidRecord as error:
        at = each.offset - tfrecord.HEADER
        raise InputError(f"{path}: record {number:,} at byte {at:,} {error}.", error.hint) from error


def _require(path: Path, compression: Compression) -> None:
    found = compression_of(path)
    if found != compression:
        kinds = {
            "plain": "plain TFRecords",
            "gzip": "TFRecords in gzip",
            "zlib": "TFRecords in ZLIB",
            None: "no record",
        }
        raise InputError(
            f"{path} begins with {kinds[found]}; the split's other files are {kinds[compression]}.", _DAMAGED
        )


def _mapped(path: Path) -> Iterator[_Example]:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as buffer:
        for start, end in tfrecord.payload_spans(buffer):
            yield _Example(buffer, start, end, start, end)


def _unpacked(path: Path) -> Iterator[_Example]:
    with path.open("rb") as packed, gzip.open(packed) as file:
        for record in tfrecord.records(cast(IO[bytes], file)):
            yield _Example(record.payload, 0, len(record.payload), record.offset + tfrecord.HEADER, packed.tell())


def _columns(rows: list[tuple[int, int, Row]], place: int) -> Arrays:
    boxes = [row.boxes for _, _, row in rows if row.boxes is not None]
    return {
        "place": np.full(len(rows), place, np.int32),
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
