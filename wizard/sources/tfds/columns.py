"""What the records of a split say of their images: columns, kept in the cache."""

import hashlib
import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wizard.errors import InputError, reading
from wizard.formats import tfrecord
from wizard.formatting import counted
from wizard.sources.cache import Arrays, cached
from wizard.sources.records.features import InvalidRecord
from wizard.sources.source import Progress
from wizard.sources.tfds.array_record import File
from wizard.sources.tfds.info import AGAIN, INFO
from wizard.sources.tfds.rows import Row, read_row
from wizard.sources.tfds.schema import Schema
from wizard.sources.tfds.shards import Shards

_AT_ONCE = 5000  # records whose columns are lists before they become arrays


@dataclass(frozen=True, kw_only=True, eq=False)
class Columns:
    """The records of a split in the order of files and in them; a column an attribute.

    Attributes:
        shards: that hold them.
        file: int32[n], of the file among the shards.
        offset: int64[n]: in TFRecords, bytes before the Example; in ArrayRecords, the record's number.
        size: int64[n], bytes of the image.
        image: bool[n], whether these begin like an image.
        label: int64[n], as it stands there.
        name: bytes[n]; empty where there is none.
        said: int16[n], the rank among ImageNet's classes that the name says; -1 for none.
        grouped: bool[1], whether some file can only be read forwards.
    """

    shards: Shards
    file: npt.NDArray[np.int32]
    offset: npt.NDArray[np.int64]
    size: npt.NDArray[np.int64]
    image: npt.NDArray[np.bool_]
    label: npt.NDArray[np.int64]
    name: npt.NDArray[np.bytes_]
    said: npt.NDArray[np.int16]
    grouped: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.file)

    def where(self, row: int) -> str:
        """A record's file and number, as the start of a sentence."""
        number = row - int(np.searchsorted(self.file, self.file[row]))
        return f"{self.shards.files[self.file[row]]}: record {number:,}"


def read_columns(shards: Shards, schema: Schema, cache: Path, progress: Progress) -> Columns:
    """The columns of a split's records.

    Of TFRecords, only lengths are proven by their CRCs; those of payloads are left to whoever reads the images.

    Raises:
        InputError: a file is damaged or has another number of records than stated, or a record does not hold what
            features.json says.
    """
    folder = shards.files[0].parent
    read = "\n".join((shards.form, shards.name, schema.image, schema.label, schema.name, *map(str, shards.lengths)))
    kind = f"tfds1-{hashlib.sha256(read.encode()).hexdigest()[:16]}"
    with reading(folder):
        arrays = cached(
            cache, folder, kind, lambda: _scan(shards, schema, progress), files=shards.files, progress=progress
        )
    return Columns(shards=shards, **arrays)


def _scan(shards: Shards, schema: Schema, progress: Progress) -> Arrays:
    sizes = [path.stat().st_size for path in shards.files]
    total, before = sum(sizes), 0
    parts: list[Arrays] = []
    grouped = False
    for file, (path, size) in enumerate(zip(shards.files, sizes, strict=True)):
        count = 0
        walk = _tfrecord(path, schema) if shards.form == "tfrecord" else _array_record(path, schema)
        for rows, offsets, done, grouped_here in walk:
            grouped |= grouped_here
            count += len(rows)
            parts.append(_columns(rows, offsets, file))
            progress(before + done, total)
        before += size
        _compare(shards, file, count)
    if not sum(len(part["file"]) for part in parts):
        raise InputError(
            f"The {counted(len(sizes), 'file')} of {shards.name} hold no records: {shards.files[0]}.", AGAIN
        )
    progress(total, total)
    return {column: np.concatenate([part[column] for part in parts]) for column in parts[0]} | {
        "grouped": np.array([grouped])
    }


def _compare(shards: Shards, file: int, count: int) -> None:
    """Compares with the counts of dataset_info.json; more records than stated are not the dataset's, as fewer are."""
    if shards.lengths and shards.lengths[file] != count:
        path = shards.files[file]
        raise InputError(
            f"{path} holds {counted(count, 'record')}, but {INFO} beside it states {shards.lengths[file]:,}.",
            f"The file may be cut off at a record's end, or of another preparation. {AGAIN}",
        )


_Batch = tuple[list[Row], list[int], int, bool]
"""Some rows, their offsets, how many bytes of the file are read by then, and whether it is read forwards only."""


def _tfrecord(path: Path, schema: Schema) -> Iterator[_Batch]:
    if not path.stat().st_size:
        return
    rows: list[Row] = []
    offsets: list[int] = []
    number = end = 0
    try:
        # Mapped, not read: most pages that hold images stay on the disk.
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as buffer:
            for index, (start, end) in enumerate(tfrecord.payload_spans(buffer)):
                number = index
                rows.append(read_row(buffer, start, end, schema))
                offsets.append(start)
                if len(rows) == _AT_ONCE:
                    yield rows, offsets, end, False
                    rows, offsets = [], []
    except InvalidRecord as error:
        raise InputError(f"{path}: record {number:,} {error}.", error.hint) from error
    except tfrecord.RecordDamage as damage:
        raise InputError(f"{path}: record {damage.record:,} at byte {damage.offset:,}: {damage}.", AGAIN) from damage
    yield rows, offsets, end, False


def _array_record(path: Path, schema: Schema) -> Iterator[_Batch]:
    file, size = File(path), path.stat().st_size
    rows: list[Row] = []
    first = 0
    try:
        for number in range(file.count):
            record = file.record(number)
            try:
                rows.append(read_row(record, 0, len(record), schema))
            except InvalidRecord as error:
                raise InputError(f"{path}: record {number:,} {error}.", error.hint) from error
            if len(rows) == _AT_ONCE:
                yield rows, list(range(first, number + 1)), size * (number + 1) // file.count, file.grouped
                rows, first = [], number + 1
        yield rows, list(range(first, file.count)), size, file.grouped
    finally:
        file.close()


def _columns(rows: list[Row], offsets: list[int], file: int) -> Arrays:
    return {
        "file": np.full(len(rows), file, np.int32),
        "offset": np.array(offsets, np.int64),
        "size": np.array([row.size for row in rows], np.int64),
        "image": np.array([row.image for row in rows], np.bool_),
        "label": np.array([row.label for row in rows], np.int64),
        "name": np.array([row.name.encode() for row in rows], np.bytes_),
        "said": np.array([row.said for row in rows], np.int16),
    }
