import errno
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from wizard.formats.array_record import ArrayRecordDamage, ArrayRecordFile, ArrayRecordWriter

data_source = pytest.importorskip("array_record.python.array_record_data_source")
module = pytest.importorskip("array_record.python.array_record_module")

RECORDS = [np.random.default_rng(seed).bytes(9000 * (seed % 3)) for seed in range(40)]


def write(path: Path, records: Iterable[bytes] = RECORDS) -> Path:
    writer = ArrayRecordWriter(path)
    for record in records:
        writer.write(record)
    writer.close()
    return path


def read(path: Path) -> list[bytes]:
    return list(ArrayRecordFile(path).records())


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("array_record") / "good.array_record")


def test_its_own_reader_reads_the_records_and_finds_groups_of_one(good: Path) -> None:
    with data_source.ArrayRecordDataSource(str(good)) as source:
        assert [source[number] for number in range(len(source))] == RECORDS
    assert "group_size:1," in module.ArrayRecordReader(str(good)).writer_options_string()


def test_reads_records_in_order_and_in_any_order(good: Path) -> None:
    assert read(good) == RECORDS
    file = ArrayRecordFile(good)
    assert [file.record(number) for number in (7, 8, 3, 39, 0)] == [RECORDS[number] for number in (7, 8, 3, 39, 0)]
    assert not file.grouped


@pytest.mark.parametrize("options", ["group_size:1", "group_size:1,max_parallelism:8"])
def test_writes_what_array_record_writes_with_any_number_of_threads(options: str, good: Path, tmp_path: Path) -> None:
    writer = module.ArrayRecordWriter(str(tmp_path / "other"), options)
    for record in RECORDS:
        writer.write(record)
    writer.close()
    assert (tmp_path / "other").read_bytes() == good.read_bytes()


def test_a_file_without_records_has_none(tmp_path: Path) -> None:
    ArrayRecordWriter(tmp_path / "empty").close()
    assert read(tmp_path / "empty") == []


@pytest.mark.parametrize("left", [0, 1, 70_000, -1])
def test_a_file_that_is_cut_off_is_damaged(left: int, good: Path, tmp_path: Path) -> None:
    (tmp_path / "cut").write_bytes(good.read_bytes()[:left])
    with pytest.raises(ArrayRecordDamage, match="its index, at the end, cannot be read; it may be cut off"):
        ArrayRecordFile(tmp_path / "cut")


def test_a_flipped_bit_in_a_record_is_damage_of_that_record_alone(good: Path, tmp_path: Path) -> None:
    content = bytearray(good.read_bytes())
    content[content.index(RECORDS[4][:64]) + 40] ^= 1
    (tmp_path / "flipped").write_bytes(content)
    file = ArrayRecordFile(tmp_path / "flipped")
    with pytest.raises(ArrayRecordDamage, match=r"record 4 cannot be read: .*hash mismatch"):
        list(file.records())
    assert [file.record(number) for number in (3, 5)] == [RECORDS[3], RECORDS[5]]


def test_damage_anywhere_never_gives_another_record(good: Path, tmp_path: Path) -> None:
    content, random = good.read_bytes(), np.random.default_rng(1)
    for _ in range(200):
        damaged, at = bytearray(content), int(random.integers(len(content)))
        damaged[at : at + 9] = random.bytes(len(damaged[at : at + 9]))
        (tmp_path / "damaged").write_bytes(damaged)
        try:
            assert read(tmp_path / "damaged") == RECORDS  # it was hit in its padding
        except ArrayRecordDamage:
            continue


def test_a_folder_that_is_gone_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write(tmp_path / "gone" / "file")
    with pytest.raises(FileNotFoundError):
        ArrayRecordFile(tmp_path / "gone" / "file")


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
def test_a_full_disk_is_an_error_of_the_system() -> None:
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)) as error:
        write(Path("/dev/full"), (os.urandom(10_000) for _ in range(1000)))
    assert error.value.errno == errno.ENOSPC
