import errno
import weakref
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.targets.samples import sample
from wizard.sources.classes import Classes
from wizard.targets.labels import StoredLabels
from wizard.targets.parquet import writer
from wizard.targets.parquet.target import ParquetFiles
from wizard.targets.parquet.writer import MOST, ROWS, ParquetWriter

SHARD = "train-00000-of-00001.parquet"
LABELS = StoredLabels(classes=Classes(names=("a", "b"), words=("a", "b")), base=0)
PARQUET = ParquetFiles()


def opened(folder: Path) -> ParquetWriter:
    return PARQUET.labeled_writer(folder, "train", SHARD, LABELS)


def written(folder: Path, sizes: list[int]) -> pq.ParquetFile:
    """A file of images of these many bytes each."""
    with opened(folder) as shard:
        for number, size in enumerate(sizes):
            shard.write(sample(f"{number}.jpg", bytes(size), wnid="a", label=0))
        done = shard.commit()
    path = folder / "data" / SHARD
    assert path.stat().st_size == done.bytes
    return pq.ParquetFile(path)


def groups(file: pq.ParquetFile) -> list[int]:
    return [file.metadata.row_group(number).num_rows for number in range(file.metadata.num_row_groups)]


def test_a_row_group_has_a_hundred_images(tmp_path: Path) -> None:
    file = written(tmp_path, [10] * (2 * ROWS + 1))
    assert groups(file) == [ROWS, ROWS, 1]
    assert [row["path"] for row in file.read()["image"].to_pylist()] == [f"{n}.jpg" for n in range(2 * ROWS + 1)]


def test_a_row_group_of_large_images_has_fewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST < 100 << 20
    monkeypatch.setattr(writer, "MOST", 1000)
    assert groups(written(tmp_path, [400, 400, 400, 2000, 10, 990, 1])) == [2, 1, 1, 2, 1]


def test_images_are_stored_as_they_are_with_checksums_and_without_statistics(tmp_path: Path) -> None:
    group = written(tmp_path, [1 << 19] * 9).metadata.row_group(0)
    images, paths, labels = (group.column(number) for number in range(3))
    assert (images.path_in_schema, images.compression, images.is_stats_set) == ("image.bytes", "UNCOMPRESSED", False)
    assert (paths.statistics.min, labels.statistics.max) == ("0.jpg", 0)
    content = bytearray((tmp_path / "data" / SHARD).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "data" / SHARD).write_bytes(content)
    with pytest.raises(OSError, match="CRC"):
        pq.read_table(tmp_path / "data" / SHARD, page_checksum_verification=True)


def test_a_shard_without_images_names_its_classes_too(tmp_path: Path) -> None:
    file = written(tmp_path, [])
    assert file.metadata.num_rows == 0
    assert b'"names": ["a", "b"]' in file.schema_arrow.metadata[b"huggingface"]


@pytest.mark.parametrize("is_committed", [True, False])
def test_a_writer_is_freed_and_what_is_not_committed_leaves_nothing(tmp_path: Path, is_committed: bool) -> None:
    with opened(tmp_path) as shard:
        shard.write(sample("1.jpg", b"jpeg"))
        if is_committed:
            shard.commit()
    written = weakref.ref(shard)
    del shard
    assert written() is None
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == is_committed


def test_a_full_disk_is_named_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_self: object, _content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def fill() -> None:
        with opened(tmp_path) as shard:
            monkeypatch.setattr(ParquetWriter, "append", full)
            for number in range(ROWS + 1):
                shard.write(sample(f"{number}.jpg", b"jpeg"))

    with pytest.raises(OSError, match="No space left") as refusal:
        fill()
    assert refusal.value.errno == errno.ENOSPC
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
