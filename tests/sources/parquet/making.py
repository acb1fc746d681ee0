"""Parquet files as `datasets` writes them (schema, metadata and row groups of 5.2), made with pyarrow."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.sources.making import JPEG, nothing
from wizard.errors import InputError
from wizard.ilsvrc2012.archives import Split
from wizard.ilsvrc2012.synsets import synsets
from wizard.sources.archives import official
from wizard.sources.options import SourceOptions
from wizard.sources.parquet import dataset
from wizard.sources.samples import SampleTable
from wizard.sources.source import Source

WORDS = [synset.words for synset in synsets()]
WNIDS = [synset.wnid for synset in synsets()]
IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


class Row(NamedTuple):
    """A row; its path, its label and its image's bytes may be null."""

    path: str | None = None
    label: int | None = None
    image: bytes | None = JPEG


def features(classes: Sequence[str] | None, label: str = "label", image: str = "image") -> dict[str, Any]:
    found: dict[str, Any] = {image: {"_type": "Image"}}
    if classes is not None:
        found[label] = {"names": list(classes), "_type": "ClassLabel"}
    return found


def write(
    path: Path,
    rows: Sequence[Row],
    classes: Sequence[str] | None = WORDS,
    *,
    label: str = "label",
    image: str = "image",
    group: int = 3,
    **options: Any,
) -> Path:
    """A file of rows as push_to_hub writes it; without `classes`, labels are integers without names."""
    images = [{"bytes": row.image, "path": row.path} for row in rows]
    columns = {image: pa.array(images, IMAGE), label: pa.array([row.label for row in rows], pa.int64())}
    return write_table(path, columns, features(classes, label, image), group=group, **options)


def write_table(
    path: Path, columns: dict[str, Any], stated: dict[str, Any] | None, *, group: int = 3, **options: Any
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.table(columns)
    if stated is not None:
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": stated}})})
    pq.write_table(table, path, row_group_size=group, **options)
    return path


def from_archives(
    raw: Path, folder: Path, *, splits: Sequence[Split] = ("train", "validation"), files: int = 2
) -> Path:
    """The images of official archives as the hub's imagenet-1k has them, in another order."""
    for split in splits:
        source = official.recognize(raw, SourceOptions())
        assert source is not None
        table = source.table(split, folder / ".cache", nothing)
        rows = []
        for content in table.contents():
            stem, rank = content.sample.name.removesuffix(".JPEG"), content.sample.label
            end = f"_{WNIDS[rank]}" if rank >= 0 else ""
            rows.append(Row(f"{stem}{end}.JPEG", rank, content.image))
        rows.sort(key=lambda row: hash_of(row.path))
        for number in range(files):
            write(folder / "data" / f"{split}-{number:05}-of-{files:05}.parquet", rows[number::files], group=5)
    return folder


def hash_of(path: str | None) -> str:
    return (path or "")[::-1]


def opened(folder: Path) -> Source:
    found = dataset.recognize(folder, SourceOptions())
    assert found is not None
    return found


def table(folder: Path, split: Split = "train") -> SampleTable:
    return opened(folder).table(split, folder / ".cache", nothing)


def rows_of(found: SampleTable) -> list[tuple[str, int]]:
    return [(sample.name, sample.label) for sample in found]


def refused(folder: Path, match: str, split: Split = "train") -> InputError:
    with pytest.raises(InputError, match=match) as refusal:
        table(folder, split).require_usable()
    return refusal.value
