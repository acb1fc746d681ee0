"""What the rows of a split's Parquet files say of their images: columns, read without the images themselves."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wizard.errors import InputError, reading
from wizard.formats.parquet_footer import FooterDamage, column_chunks
from wizard.ilsvrc2012.archives import Split
from wizard.ilsvrc2012.synsets import ranks
from wizard.sources.cache import Arrays, cached
from wizard.sources.parquet.files import ParquetFiles
from wizard.sources.parquet.opening import AGAIN, damage_named, open_parquet
from wizard.sources.parquet.schema import ImageSchema, read_schema
from wizard.sources.source import Progress
from wizard.sources.trees.image_names import parse_image_name

UNSAID, REFUSED = -1, -2
"""Ranks of a name that says no class, and of one that contradicts itself."""
UNLABELED = -1
_ROWS = 1 << 14
"""Rows whose names and labels are read at once."""
_LONGEST = 255
"""Bytes of the longest name that is kept: a column of names is as wide as the longest."""
_ONE_REVISION = "Keep only the files of one dataset, at one revision, in the folder; or download it into an empty one"


@dataclass(frozen=True, kw_only=True, eq=False)
class Columns:
    """The rows of a split in the order of files and in them; a column an attribute.

    Attributes:
        schema: the columns that were read.
        file: int32[n], of the file in the split's files.
        row: int64[n], the row's number in its file, from 0.
        group: int32[n], the number of its row group in its file.
        size: int64[n], bytes of the images of its row group, divided evenly.
        name: bytes[n], the official name if the path is made as those of ILSVRC2012, else the path's last part; empty
            where there is none.
        folder: bytes[n], the folder of a path that is relative and has no official name; empty where there is none.
        said: int16[n], the class that the name says, as a rank; `UNSAID`, `REFUSED`.
        label: int64[n], as it stands there; -1 where it is null.
        blank: bool[n], whether the image's bytes are known to be null.
    """

    files: ParquetFiles
    schema: ImageSchema
    file: npt.NDArray[np.int32]
    row: npt.NDArray[np.int64]
    group: npt.NDArray[np.int32]
    size: npt.NDArray[np.int64]
    name: npt.NDArray[np.bytes_]
    folder: npt.NDArray[np.bytes_]
    said: npt.NDArray[np.int16]
    label: npt.NDArray[np.int64]
    blank: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.file)

    def where(self, index: int) -> str:
        """A row's file and number, as the start of a sentence."""
        return f"{self.files.files[self.file[index]]}: row {self.row[index]:,}"

    def first_of(self, rows: npt.NDArray[np.bool_]) -> str:
        """The place of the first of some rows, and how many more there are."""
        found = np.flatnonzero(rows)
        more = f" (and {len(found) - 1:,} more)" if len(found) > 1 else ""
        return f"{self.where(int(found[0]))}{more}"


def read_columns(files: ParquetFiles, split: Split, cache: Path, progress: Progress) -> Columns:
    """The columns of a split: names, labels and the sizes of row groups, from the cache where they are.

    Raises:
        InputError: a file is damaged, has no images, or other columns than the others.
    """
    with reading(files.path):
        arrays = cached(
            cache, files.path, f"parquet3-{split}", lambda: _scan(files, progress), files=files.files, progress=progress
        )
    stored: dict[str, Any] = json.loads(str(arrays.pop("schema")))
    lists = {key: tuple(value) for key, value in stored.items() if isinstance(value, list)}
    return Columns(files=files, schema=ImageSchema(**stored | lists), **arrays)


def peek(files: ParquetFiles) -> ImageSchema:
    """The schema of a split's first file.

    Raises:
        InputError: it is damaged, or has no images.
    """
    with open_parquet(files.files[0]) as opened:
        return read_schema(files.files[0], opened)


def _scan(files: ParquetFiles, progress: Progress) -> Arrays:
    schema: ImageSchema | None = None
    parts: list[Arrays] = []
    for number, path in enumerate(files.files):
        with open_parquet(path) as opened:
            found = read_schema(path, opened)
            schema = schema or found
            if difference := schema.difference(found):
                raise InputError(
                    f"{path} does not belong to the same set as {files.files[0]}: {difference}.", _ONE_REVISION
                )
            # Which columns hold names does not matter to the set: files without any are given names.
            parts += _parts(path, number, opened, replace(schema, names=found.names))
        progress(number + 1, len(files.files))
    if schema is None or not any(len(part["file"]) for part in parts):
        raise InputError(f"{files.files[0]} holds no rows.", AGAIN)
    arrays = {column: np.concatenate([part[column] for part in parts]) for column in parts[0]}
    return arrays | {"schema": np.array(json.dumps(asdict(schema)))}


def _parts(path: Path, number: int, opened: Any, schema: ImageSchema) -> Iterator[Arrays]:
    """The columns of a file, some rows at a time."""
    groups, sizes, blank = _of_row_groups(path, opened, schema)
    wanted = [*schema.names, *([schema.label] if schema.label else [])]
    begun = 0
    with damage_named(path, f"its columns {', '.join(wanted)} cannot be read"):
        for batch in opened.iter_batches(batch_size=_ROWS, columns=wanted, use_threads=False) if wanted else ():
            rows = slice(begun, begun + batch.num_rows)
            yield _named(_texts(batch, schema.names)) | {
                "file": np.full(batch.num_rows, number, np.int32),
                "row": np.arange(rows.start, rows.stop, dtype=np.int64),
                "group": groups[rows],
                "size": sizes[rows],
                "label": _labels(batch, schema.label),
                "blank": blank[rows],
            }
            begun = rows.stop
    rest = len(sizes) - begun  # all of them where there is neither a name nor a label
    if wanted and rest:
        raise InputError(f"{path} is damaged: it states {len(sizes):,} rows and has {begun:,}.", AGAIN)
    yield _named([""] * rest) | {
        "file": np.full(rest, number, np.int32),
        "row": np.arange(begun, len(sizes), dtype=np.int64),
        "group": groups[begun:],
        "size": sizes[begun:],
        "label": np.full(rest, UNLABELED, np.int64),
        "blank": blank[begun:],
    }


def _of_row_groups(
    path: Path, opened: Any, schema: ImageSchema
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Each row's row group, int32[n]; its share of that one's bytes of images; and whether it is known to have none."""
    try:
        with reading(path):
            chunks = column_chunks(path, schema.image)
    except FooterDamage as error:
        raise InputError(f"{path} is damaged: {error}.", AGAIN) from error
    sizes = [np.empty(0, np.int64)]
    blank = [np.empty(0, np.bool_)]
    for group, chunk in enumerate(chunks):
        share, more = divmod(chunk.bytes, max(1, chunk.rows))
        sizes.append(np.full(chunk.rows, share, np.int64) + (np.arange(chunk.rows) < more))
        some = 0 < chunk.nulls < chunk.rows
        blank.append(_nulls(path, opened, schema, group) if some else np.full(chunk.rows, chunk.nulls > 0))
    groups = np.repeat(np.arange(len(chunks), dtype=np.int32), [chunk.rows for chunk in chunks])
    return groups, np.concatenate(sizes), np.concatenate(blank)


def _nulls(path: Path, opened: Any, schema: ImageSchema, group: int) -> npt.NDArray[np.bool_]:
    """bool[n], the rows of a group whose images have no bytes; only for a group that states that it has some."""
    with damage_named(path, f"row group {group:,} cannot be read"):
        batches = opened.iter_batches(batch_size=64, row_groups=[group], columns=[schema.image], use_threads=False)
        found = [leaf(batch, schema.image).is_null().to_numpy(zero_copy_only=False) for batch in batches]
    return np.concatenate(found)


def leaf(batch: Any, path: str) -> Any:
    """The array of a leaf, named by its path, in a batch of rows; null where the struct around it is."""
    names = batch.schema.names
    if path in names:
        return batch.column(names.index(path))
    column, _, inside = path.rpartition(".")
    structs = batch.column(names.index(column))
    return structs.flatten()[structs.type.get_field_index(inside)]


def _texts(batch: Any, names: Sequence[str]) -> list[str]:
    """The first of the name columns that has a value, in each row; empty where none has."""
    found = [""] * batch.num_rows
    for name in reversed(names):
        values = leaf(batch, name).to_pylist()
        found = [value or before for value, before in zip(values, found, strict=True)]
    return found


def _labels(batch: Any, label: str) -> npt.NDArray[np.int64]:
    if not label:
        return np.full(batch.num_rows, UNLABELED, np.int64)
    values = leaf(batch, label).fill_null(UNLABELED).to_numpy(zero_copy_only=False)
    return np.asarray(values).astype(np.int64)


def _named(paths: Sequence[str]) -> Arrays:
    """The columns `name`, `folder` and `said` of some rows."""
    names: list[bytes] = []
    folders: list[bytes] = []
    said: list[int] = []
    known = ranks()
    for path in paths:
        # Chained addresses, as datasets stores them: zip://train/a.jpg::https://…
        folder, slash, base = path.partition("::")[0].replace("\\", "/").rpartition("/")
        parsed = parse_image_name(base)
        rank = UNSAID
        if parsed is not None:
            rank = REFUSED if parsed.problem else known.get(parsed.wnid, UNSAID)
        official = parsed is not None and not parsed.problem
        name = (parsed.name if parsed is not None and official else base).encode("utf-8", "replace")
        names.append(name if len(name) <= _LONGEST else b"")
        inside = folder.encode("utf-8", "replace") if slash and not official else b""
        folders.append(inside if len(inside) <= _LONGEST else b"")
        said.append(rank)
    return {
        "name": np.array(names, np.bytes_),
        "folder": np.array(folders, np.bytes_),
        "said": np.array(said, np.int16),
    }
