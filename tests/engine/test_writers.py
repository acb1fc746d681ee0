import hashlib
from pathlib import Path

import pytest
import tensorflow as tf

from wizard.engine.writers import INDEX_FOLDER, Discarding, TFRecordWriter, remove_leftovers, write_whole


def test_nothing_stands_under_the_name_before_commit(tmp_path: Path) -> None:
    with TFRecordWriter(tmp_path, "train-00000-of-00001") as writer:
        writer.write(b"payload")
        assert not list(tmp_path.glob("train-*"))
        assert not (tmp_path / INDEX_FOLDER).exists()
        written = writer.commit()
    content = (tmp_path / "train-00000-of-00001").read_bytes()
    assert written == (len(content), hashlib.sha256(content).hexdigest())


def test_an_error_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail() -> None:
        with TFRecordWriter(tmp_path, "train-00000-of-00001") as writer:
            writer.write(b"payload")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not list(tmp_path.iterdir())


def test_tensorflow_reads_it_and_the_index_points_at_its_records(tmp_path: Path) -> None:
    payloads = [b"a", b"", b"ccc" * 1000]
    with TFRecordWriter(tmp_path, "shard") as writer:
        for payload in payloads:
            writer.write(payload)
        writer.commit()
    assert list(tf.data.TFRecordDataset(str(tmp_path / "shard")).as_numpy_iterator()) == payloads
    content = (tmp_path / "shard").read_bytes()
    lines = (tmp_path / INDEX_FOLDER / "shard").read_text().splitlines()
    places = [tuple(map(int, line.split())) for line in lines]
    assert [content[at + 12 : at + size - 4] for at, size in places] == payloads
    assert sum(size for _, size in places) == len(content)


def test_what_a_killed_writer_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    TFRecordWriter(tmp_path, "train-00000-of-00001")._file.close()
    (tmp_path / INDEX_FOLDER).mkdir()
    for name in ("train-00001-of-00001", ".hidden", "notes.tmp"):
        (tmp_path / name).write_text("kept")
    remove_leftovers(tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {INDEX_FOLDER, "train-00001-of-00001", ".hidden", "notes.tmp"}


def test_a_small_file_is_replaced_whole(tmp_path: Path) -> None:
    write_whole(tmp_path / "folder" / "file", b"one")
    write_whole(tmp_path / "folder" / "file", b"two")
    assert [(file.name, file.read_bytes()) for file in (tmp_path / "folder").iterdir()] == [("file", b"two")]


def test_a_discarding_writer_comes_to_what_a_real_one_does(tmp_path: Path) -> None:
    discarding = Discarding()
    with TFRecordWriter(tmp_path, "shard") as writer:
        for payload in (b"a", b"", b"ccc" * 1000):
            writer.write(payload)
            discarding.write(payload)
            assert discarding.size == writer.size
        assert discarding.size == writer.commit().bytes
