"""How images are read from row groups, and what is said about files that are damaged."""

import json
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.sources.making import JPEG
from tests.sources.parquet.making import Row, refused, table, write
from wizard.errors import InputError
from wizard.sources.parquet import reader

IMAGES = [JPEG + bytes([number]) * (50 + number) for number in range(20)]
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab\nsize 489012345\n"


@pytest.fixture(autouse=True)
def _closed() -> None:
    reader._opened.cache_clear()


def made(folder: Path, images: list[bytes] = IMAGES, **options: Any) -> Path:
    return write(
        folder / "train.parquet", [Row(f"{n}.jpg", 0, image) for n, image in enumerate(images)], ["x"], **options
    )


def in_order(folder: Path, rows: list[int]) -> list[bytes]:
    return [content.image for content in table(folder).take(np.array(rows)).contents()]


@pytest.mark.parametrize(
    "rows", [range(20), range(19, -1, -1), [3, 3, 17, 0, 19, 4]], ids=["forwards", "backwards", "jumps"]
)
@pytest.mark.parametrize("batch", [1, 200, 1 << 24])
@pytest.mark.parametrize("group", [1, 7, 20])
def test_each_row_gets_its_own_bytes_in_any_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[int], batch: int, group: int
) -> None:
    monkeypatch.setattr(reader, "_BATCH", batch)
    made(tmp_path, group=group)
    assert in_order(tmp_path, list(rows)) == [IMAGES[row] for row in rows]


def test_consecutive_rows_open_a_file_and_begin_each_row_group_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path, group=5)
    begun: list[int] = []
    start = reader._Images._start

    def counted(images: reader._Images, group: int) -> None:
        begun.append(group)
        start(images, group)

    monkeypatch.setattr(reader._Images, "_start", counted)
    found = table(tmp_path)
    for row in range(20):  # in calls of their own, as shards are
        list(found.take(np.array([row])).contents())
    assert begun == [0, 1, 2, 3]


def test_a_file_that_was_replaced_between_calls_is_opened_again(tmp_path: Path) -> None:
    made(tmp_path)
    found = table(tmp_path).take(np.array([1]))
    assert [content.image for content in found.contents()] == [IMAGES[1]]
    made(tmp_path, [*IMAGES[::-1], JPEG])
    assert [content.image for content in found.contents()] == [IMAGES[18]]


def test_a_row_beyond_the_end_says_that_the_file_has_changed(tmp_path: Path) -> None:
    made(tmp_path)
    found = table(tmp_path)
    made(tmp_path, IMAGES[:3])
    with pytest.raises(InputError, match="has no row 3; it has changed since it was looked at"):
        list(found.contents())


def test_a_large_row_group_is_not_held_whole(tmp_path: Path) -> None:
    """64 MB in one row group, in pages of 1 MB: a page is what can be unpacked at least."""
    import pyarrow as pa

    noise = np.random.default_rng(1).integers(0, 256, (64, 1 << 20), dtype=np.uint8)
    pages = {"use_dictionary": False, "write_batch_size": 1, "data_page_size": 1 << 20}
    made(tmp_path, [row.tobytes() for row in noise], group=64, compression="none", **pages)
    found = table(tmp_path)
    before, most = pa.total_allocated_bytes(), 0
    for content in found.contents():
        most = max(most, pa.total_allocated_bytes() - before)
        assert len(content.image) == 1 << 20
    assert most < 40 << 20


@pytest.mark.parametrize(
    ("damage", "match"),
    [
        (lambda _: b"", "is empty: it has 0 bytes"),
        (lambda data: data[: len(data) // 2], "has no footer at its end: it was cut off"),
        (lambda data: data[:-1], "has no footer at its end"),
        (lambda data: data[: len(data) // 2] + bytes(len(data) // 2), "has no footer at its end"),
        (lambda _: b"PAR1PAR1", "has no footer at its end"),
        (lambda data: bytes(len(data)), "not a Parquet file: it begins with zeros, not with PAR1"),
        (lambda _: b"<!DOCTYPE html><html>log in" * 9, "it is a web page"),
        (lambda data: b"GIF89a" + data, "it begins with b'GIF89aPAR1"),
        (lambda data: b"PARE" + data[4:-4] + b"PARE", "is an encrypted Parquet file"),
        (lambda data: data[:-200] + b"\xff" * 192 + data[-8:], "is damaged: its footer cannot be read"),
        (lambda _: LFS, r"is a git-lfs pointer, .* stands for the file of 489\.0 MB"),
    ],
)
def test_a_file_that_is_no_whole_parquet_file_is_named_as_what_it_is(
    tmp_path: Path, damage: Callable[[bytes], bytes], match: str
) -> None:
    path = made(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    assert str(path) in refused(tmp_path, match).what


@pytest.mark.parametrize("offset", [-30, 10], ids=["in a page's header", "in an image, by the page's CRC"])
def test_damage_in_the_images_is_found_when_they_are_read(tmp_path: Path, offset: int) -> None:
    path = made(tmp_path, group=10, compression="none", use_dictionary=False, write_page_checksum=True)
    data = path.read_bytes()
    place = data.index(IMAGES[12]) + offset
    path.write_bytes(data[:place] + bytes([data[place] ^ 0xFF] * 40) + data[place + 40 :])
    with pytest.raises(InputError, match=r"is damaged: its images after row \d+ cannot be read") as refusal:
        list(table(tmp_path).contents())
    assert str(path) in refusal.value.what


def test_damage_in_the_labels_is_found_by_the_index(tmp_path: Path) -> None:
    path = made(tmp_path, group=20, compression="none")
    data = path.read_bytes()
    place = data.index(b"19.jpg") + 6
    path.write_bytes(data[:place] + b"\xff" * 40 + data[place + 40 :])
    refused(tmp_path, "is damaged: its columns image.path, label cannot be read")


@pytest.mark.parametrize("seed", range(4))
def test_no_bit_of_a_footer_brings_the_program_down(tmp_path: Path, seed: int) -> None:
    """Pyarrow's own objects for row groups end the process at some of them."""
    path = made(tmp_path, group=10, compression="none")
    data = path.read_bytes()
    footer = int.from_bytes(data[-8:-4], "little")
    rng = random.Random(seed)
    for _ in range(60):
        changed = bytearray(data)
        changed[len(data) - 8 - rng.randrange(footer)] ^= 1 << rng.randrange(8)
        path.write_bytes(changed)
        with suppress(InputError):  # which is how most of them end
            images = [content.image for content in table(tmp_path).contents()]
            assert len(images) == len(IMAGES)


@pytest.mark.parametrize("stated", [b"{", b"[]", json.dumps({"info": {"features": 1}}).encode(), b"\xff"])
def test_features_that_cannot_be_understood_are_as_none(tmp_path: Path, stated: bytes) -> None:
    import pyarrow.parquet as pq

    path = made(tmp_path)
    whole = pq.read_table(path).replace_schema_metadata({"huggingface": stated})
    pq.write_table(whole, path)
    assert table(tmp_path).classes.names == ("0",)
