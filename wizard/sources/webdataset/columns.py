"""The samples of a split in columns, read once and kept in the cache."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wizard.errors import InputError, reading
from wizard.formats.arrays import Boxes
from wizard.formatting import counted
from wizard.ilsvrc2012.archives import Split
from wizard.sources.cache import Arrays, cached
from wizard.sources.remarks import LeftOutCounter
from wizard.sources.samples import LeftOut
from wizard.sources.source import Progress
from wizard.sources.webdataset.opening import compression_of, opened, why_no_tar
from wizard.sources.webdataset.row import Row
from wizard.sources.webdataset.samples import AGAIN, ShardSamples
from wizard.sources.webdataset.shards import ShardFiles

_AT_ONCE = 5000  # samples whose columns are lists before they become arrays
_MOST_CLASSES = 100_000  # pairs of label and class after which they are given up: names are of images, not classes


@dataclass(frozen=True, kw_only=True, eq=False)
class Columns:
    """The samples of a split in the order of files and in them; a column an attribute.

    Attributes:
        files: that hold them.
        file: int32[n], of the file in the split's files.
        sample: bytes[n], `Row.key`.
        name, suffix: bytes[n], see `Row`.
        official, image: bool[n], see `Row`.
        offset, size: int64[n], bytes, see `Row`.
        label, stated: int16[n], see `Row`.
        wnid: int32[n], see `Row`.
        objects: int32[n], how many boxes each has.
        boxes: float64[m, 4], xmin ymin xmax ymax in 0..1, of all samples in order.
        named: int16[k], labels; where one is there twice, its samples call their class by two names.
        class_name, text: bytes[k], what samples with that label call their class, and its words.
        left_out: what is not read.
        warnings: sentences without a full stop.
    """

    files: ShardFiles
    file: npt.NDArray[np.int32]
    sample: npt.NDArray[np.bytes_]
    name: npt.NDArray[np.bytes_]
    suffix: npt.NDArray[np.bytes_]
    official: npt.NDArray[np.bool_]
    image: npt.NDArray[np.bool_]
    offset: npt.NDArray[np.int64]
    size: npt.NDArray[np.int64]
    label: npt.NDArray[np.int16]
    stated: npt.NDArray[np.int16]
    wnid: npt.NDArray[np.int32]
    objects: npt.NDArray[np.int32]
    boxes: Boxes
    named: npt.NDArray[np.int16]
    class_name: npt.NDArray[np.bytes_]
    text: npt.NDArray[np.bytes_]
    left_out: tuple[LeftOut, ...]
    warnings: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.file)

    def where(self, row: int) -> str:
        """A sample's shard and key, as the start of a sentence."""
        return f"{self.files.files[self.file[row]]}: the sample {self.sample[row].decode()}"


def read_columns(files: ShardFiles, split: Split, cache: Path, progress: Progress) -> Columns:
    """The columns of a split's samples; of images, only their first bytes are read.

    Raises:
        InputError: a shard is damaged, has another number of samples than is stated, or a sample cannot be used.
    """
    with reading(files.path):
        arrays = cached(
            cache,
            files.path,
            f"webdataset1-{split}",
            lambda: _scan(files, progress),
            files=files.files,
            progress=progress,
        )
    kinds, firsts = ([*map(os.fsdecode, arrays.pop(column).tolist())] for column in ("left_out", "left_out_first"))
    counts, cluttered = (arrays.pop(column).tolist() for column in ("left_out_count", "left_out_clutter"))
    left_out = zip(kinds, firsts, counts, cluttered, strict=True)
    warnings = tuple(map(os.fsdecode, arrays.pop("warnings").tolist()))
    found = Columns(
        files=files,
        left_out=tuple(LeftOut(what=what, first=first, count=n, clutter=known) for what, first, n, known in left_out),
        warnings=warnings,
        **arrays,
    )
    _require_lengths(found, split)
    return found


def _require_lengths(columns: Columns, split: Split) -> None:
    """A shard whose end was lost, or that was built again, may be a whole tar archive all the same."""
    files = columns.files
    if not files.lengths:
        return
    counts = np.bincount(columns.file, minlength=len(files.files))
    wrong = np.flatnonzero(counts != files.lengths)
    if len(wrong):
        first = int(wrong[0])
        more = f" (and {len(wrong) - 1:,} more shards of {split} differ)" if len(wrong) > 1 else ""
        raise InputError(
            f"{files.files[first]} has {counted(int(counts[first]), 'sample')} with an image, but {files.listed} says "
            f"{files.lengths[first]:,}{more}.",
            f"Download it again, or, if the shards were changed on purpose, remove {files.listed}",
        )


def _scan(files: ShardFiles, progress: Progress) -> Arrays:
    sizes = [path.stat().st_size for path in files.files]
    total, before = sum(sizes), 0
    left_out, classes, warnings = LeftOutCounter(), _Classes(), list[str]()
    parts: list[Arrays] = []
    for file, size in enumerate(sizes):
        for rows, done in _batches(files, file, left_out, warnings):
            classes.add(rows)
            parts.append(_columns(rows, file))
            progress(before + min(done, size), total)
        before += size
    if not any(len(part["file"]) for part in parts):
        raise InputError(f"{files.files[0]} and the other shards beside it hold no images.", AGAIN)
    progress(total, total)
    found = left_out.counted()
    # Column by column, which frees the parts on the way.
    arrays = {column: np.concatenate([part.pop(column) for part in parts]) for column in tuple(parts[0])}
    return (
        arrays
        | classes.arrays()
        | {
            "left_out": np.array([os.fsencode(each.what) for each in found], np.bytes_),
            "left_out_first": np.array([os.fsencode(each.first) for each in found], np.bytes_),
            "left_out_count": np.array([each.count for each in found], np.int64),
            "left_out_clutter": np.array([each.clutter for each in found], np.bool_),
            "warnings": np.array([*map(os.fsencode, warnings)], np.bytes_),
        }
    )


def _batches(
    files: ShardFiles, file: int, left_out: LeftOutCounter, warnings: list[str]
) -> Iterator[tuple[list[Row], int]]:
    """Some samples of a shard at a time, and how many of its bytes are read by then."""
    path = files.files[file]
    why = why_no_tar(path)  # the search for shards has looked into some of them only
    if why:
        raise InputError(f"{path} {why}.", AGAIN)
    if compression_of(path) != files.compression:
        how = f"compressed with {compression_of(path)}" if compression_of(path) else "not compressed"
        raise InputError(f"{path} is {how}, unlike the other shards of its split.", AGAIN)
    rows: list[Row] = []
    with opened(path, files.compression) as (file_or_stream, position):
        samples = ShardSamples(file_or_stream, path, left_out)
        for row in samples.rows():
            rows.append(row)
            if len(rows) == _AT_ONCE:
                yield rows, position()
                rows = []
        warnings += samples.warnings
    yield rows, path.stat().st_size


def _columns(rows: Sequence[Row], file: int) -> Arrays:
    boxes = [row.boxes for row in rows if row.boxes is not None]
    return {
        "file": np.full(len(rows), file, np.int32),
        "sample": np.array([row.key.encode() for row in rows], np.bytes_),
        "name": np.array([row.name.encode("utf-8", "replace") for row in rows], np.bytes_),
        "suffix": np.array([row.suffix.encode() for row in rows], np.bytes_),
        "official": np.array([row.official for row in rows], np.bool_),
        "image": np.array([row.image for row in rows], np.bool_),
        "offset": np.array([row.offset for row in rows], np.int64),
        "size": np.array([row.size for row in rows], np.int64),
        "label": np.array([row.label for row in rows], np.int16),
        "stated": np.array([row.stated for row in rows], np.int16),
        "wnid": np.array([row.wnid for row in rows], np.int32),
        "objects": np.array([0 if row.boxes is None else len(row.boxes) for row in rows], np.int32),
        "boxes": np.concatenate([np.empty((0, 4)), *boxes]),
    }


class _Classes:
    """What samples of each label call their class."""

    def __init__(self) -> None:
        self._pairs: dict[tuple[int, str, str], None] = {}

    def add(self, rows: Sequence[Row]) -> None:
        if len(self._pairs) <= _MOST_CLASSES:
            self._pairs.update(dict.fromkeys((row.label, row.class_name, row.text) for row in rows))

    def arrays(self) -> Arrays:
        return {
            "named": np.array([label for label, _, _ in self._pairs], np.int16),
            "class_name": np.array([name.encode("utf-8", "replace") for _, name, _ in self._pairs], np.bytes_),
            "text": np.array([text.encode("utf-8", "replace") for _, _, text in self._pairs], np.bytes_),
        }
