"""What is read of a Parquet file's footer, beside what pyarrow reads of it."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from wizard.formats.parquet_footer import Chunk, FooterDamage, column_chunks

IMAGES = [b"x" * number if number % 3 else None for number in range(100)]


def written(path: Path, **options: Any) -> Path:
    columns = {
        "image": pa.array([{"bytes": image, "path": "a"} for image in IMAGES]),
        "label": pa.array([*range(100)]),
        "weight": pa.array([0.5] * 100),
        "odd": pa.array([True] * 100),
    }
    pq.write_table(pa.table(columns), path, row_group_size=7, **options)
    return path


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compression": "zstd", "data_page_version": "2.0", "write_page_index": True, "write_page_checksum": True},
        {"version": "1.0", "store_schema": False, "sorting_columns": [pq.SortingColumn(2)]},
        {"use_dictionary": ["label"], "column_encoding": {"weight": "BYTE_STREAM_SPLIT"}},
    ],
)
def test_rows_bytes_and_nulls_of_each_row_group_are_those_that_pyarrow_reads(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    path = written(tmp_path / "a.parquet", **options)
    metadata = pq.ParquetFile(path).metadata
    expected = []
    for group in range(metadata.num_row_groups):
        chunk = metadata.row_group(group).column(0)
        expected.append(Chunk(chunk.num_values, chunk.total_uncompressed_size, chunk.statistics.null_count))
    assert column_chunks(path, "image.bytes") == expected


def test_nulls_that_are_not_stated_are_minus_one(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", write_statistics=False)
    assert {chunk.nulls for chunk in column_chunks(path, "image.bytes")} == {-1}


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FooterDamage, match=r"row group 0 has no column image\.path2"):
        column_chunks(written(tmp_path / "a.parquet"), "image.path2")


@pytest.mark.parametrize("length", [0, 5, 100, 10**9])
def test_a_footer_of_another_length_is_damaged(tmp_path: Path, length: int) -> None:
    path = written(tmp_path / "a.parquet")
    data = path.read_bytes()
    path.write_bytes(data[:-8] + length.to_bytes(4, "little") + b"PAR1")
    with pytest.raises(FooterDamage):
        column_chunks(path, "image.bytes")


def test_a_list_without_end_is_damage(tmp_path: Path) -> None:
    footer = b"\x19" * 3000  # lists of lists
    path = tmp_path / "a.parquet"
    path.write_bytes(footer + len(footer).to_bytes(4, "little") + b"PAR1")
    with pytest.raises(FooterDamage):
        column_chunks(path, "image.bytes")
