import json
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.verify.shards import NAMES, expectation, images, replaced, sentences, task
from wizard.errors import MachineError
from wizard.targets.expected import Expectation
from wizard.targets.parquet import features
from wizard.targets.parquet.target import ParquetFiles
from wizard.verify.shard import check_shard

Rows = list[dict[str, Any]]


@pytest.fixture
def expected(tmp_path: Path) -> Expectation:
    """What a file of four images should be; it is."""
    return expectation(task(tmp_path, images(), ParquetFiles(), base=0))


def rewrite(
    expected: Expectation, change: Callable[[Rows], None], metadata: dict[bytes, str] | None = None
) -> Expectation:
    """Changes the rows, or the metadata, and lets sha256 and size follow."""
    table = pq.read_table(expected.path)
    rows = table.to_pylist()
    change(rows)
    schema = table.schema.with_metadata({**table.schema.metadata, **(metadata or {})})
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), expected.path)
    return replaced(expected, expected.path.read_bytes())


def swap(rows: Rows) -> None:
    rows[1], rows[2] = rows[2], rows[1]


def swap_images(rows: Rows) -> None:
    rows[1]["image"]["bytes"] = rows[2]["image"]["bytes"][:100]


def relabel(rows: Rows) -> None:
    rows[2]["label"] = 8


def empty(rows: Rows) -> None:
    rows[2]["image"]["bytes"] = None


def lose(rows: Rows) -> None:
    del rows[3]


def no_label(rows: Rows) -> None:
    rows[2]["label"] = None


def no_image(rows: Rows) -> None:
    rows[2]["image"] = None


def keep(_rows: Rows) -> None:
    pass


def test_a_good_file_has_no_problem(expected: Expectation) -> None:
    assert check_shard(expected) == ()
    assert check_shard(rewrite(expected, keep)) == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (swap, f"record 1 ({NAMES[1]}): its path is n01514668_2_n01514668.JPEG, expected n01514668_1_n01514668.JPEG"),
        (swap_images, f"record 1 ({NAMES[1]}): its image cannot be decoded"),
        (relabel, f"record 2 ({NAMES[2]}): its label is 8, expected 7"),
        (no_label, f"record 2 ({NAMES[2]}): its label is None, expected 7"),
        (empty, f"record 2 ({NAMES[2]}): its image has no bytes"),
        (no_image, f"record 2 ({NAMES[2]}): its path is None"),
        (lose, f"it has 3 images, expected 4; the first that is missing is {NAMES[3]}"),
    ],
)
def test_a_changed_row_is_named(expected: Expectation, change: Callable[[Rows], None], said: str) -> None:
    assert said in sentences(check_shard(rewrite(expected, change)))


def test_class_names_of_another_dataset_are_found(expected: Expectation) -> None:
    stated = json.loads(pq.read_schema(expected.path).metadata[b"huggingface"])
    stated["info"]["features"]["label"]["names"][7] = "hen"
    said = sentences(check_shard(rewrite(expected, keep, {b"huggingface": json.dumps(stated)})))
    assert "names other features or classes" in said


def test_other_columns_are_found(expected: Expectation) -> None:
    pq.write_table(pq.read_table(expected.path).drop_columns("label"), expected.path)
    said = sentences(check_shard(replaced(expected, expected.path.read_bytes())))
    assert "its columns are image: struct<bytes: binary, path: string>, expected" in said


def test_no_flipped_bit_escapes_or_ends_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "class_names", lambda _labels: ("a", "b"))  # most of a footer is class names
    expected = expectation(task(tmp_path, images(), ParquetFiles(), base=0))
    content = expected.path.read_bytes()
    (footer,) = struct.unpack("<I", content[-8:-4])
    unread = 0
    for place in range(0, len(content), 11):
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8
        expected.path.write_bytes(damaged)
        said = sentences(check_shard(expected))
        assert "its sha256 is" in said
        unread += "it cannot be read" in said and place < len(content) - footer - 8
    assert unread > 50, "pages have checksums"


def test_a_file_that_is_cut_off_is_no_parquet_file(expected: Expectation) -> None:
    content = expected.path.read_bytes()
    said = sentences(check_shard(replaced(expected, content[: len(content) // 2])))
    assert "it cannot be read: Parquet magic bytes not found" in said


def test_without_pyarrow_it_says_how_to_install_it(expected: Expectation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MachineError, match="pyarrow") as refusal:
        check_shard(expected)
    assert "pip install pyarrow" in refusal.value.hint
