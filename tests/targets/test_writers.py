import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from tests.targets.samples import sample
from wizard.engine.commit_records import remove_leftovers
from wizard.formats import tfrecord
from wizard.sources.names import unsafe
from wizard.targets.image_files import writer
from wizard.targets.image_files.target import ClassFolders
from wizard.targets.registry import TARGETS as TARGETS_BY_NAME
from wizard.targets.sample import OutputSample
from wizard.targets.shard_file import ShardFile
from wizard.targets.tfrecord.index import INDEX_FOLDER
from wizard.targets.tfrecord.target import TFRecords
from wizard.targets.webdataset.members import sample_key
from wizard.targets.webdataset.target import WebDataset
from wizard.targets.writer import Committed, NullWriter

SHARD = "train-00000-of-00001"
ENTRIES = [sample("a.JPEG", b"a"), sample("b.JPEG", b""), sample("c.JPEG", b"ccc" * 1000)]


def test_nothing_stands_under_the_name_before_commit(tmp_path: Path) -> None:
    with TFRecords().writer(tmp_path, "train", SHARD) as shard:
        shard.write(ENTRIES[0])
        assert not list(tmp_path.glob("train-*"))
        assert not (tmp_path / INDEX_FOLDER).exists()
        written = shard.commit()
    content = (tmp_path / SHARD).read_bytes()
    assert written == Committed(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize("form", ["tfrecord", "webdataset", "folders", "flat", "parquet"])
def test_an_error_leaves_no_file_behind(tmp_path: Path, form: str) -> None:
    def fail() -> None:
        with TARGETS_BY_NAME[form]().writer(tmp_path, "train", SHARD) as shard:
            shard.write(ENTRIES[0])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


def test_tensorflow_reads_it_and_the_index_points_at_its_records(tmp_path: Path) -> None:
    with TFRecords().writer(tmp_path, "train", SHARD) as shard:
        for each in ENTRIES:
            shard.write(each)
        shard.commit()
    payloads = list(tf.data.TFRecordDataset(str(tmp_path / SHARD)).as_numpy_iterator())
    assert [tfrecord.frame(payload) for payload in payloads] == [*map(TFRecords().encoder(), ENTRIES)]
    content = (tmp_path / SHARD).read_bytes()
    lines = (tmp_path / INDEX_FOLDER / SHARD).read_text().splitlines()
    places = [tuple(map(int, line.split())) for line in lines]
    assert [content[at + 12 : at + size - 4] for at, size in places] == payloads
    assert sum(size for _, size in places) == len(content)


def test_only_the_leftovers_of_a_killed_writer_are_removed(tmp_path: Path) -> None:
    ShardFile(tmp_path, SHARD, TFRecords())._file.close()
    (tmp_path / INDEX_FOLDER).mkdir()
    for name in ("train-00001-of-00001", ".hidden", "notes.tmp"):
        (tmp_path / name).write_text("kept")
    remove_leftovers(tmp_path, TFRecords())
    assert {file.name for file in tmp_path.iterdir()} == {INDEX_FOLDER, "train-00001-of-00001", ".hidden", "notes.tmp"}


@pytest.mark.parametrize("form", ["tfrecord", "webdataset", "folders", "flat", "parquet"])
def test_a_shard_whose_output_folder_is_removed_meanwhile_leaves_nothing(tmp_path: Path, form: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with TARGETS_BY_NAME[form]().writer(out, "train", SHARD) as shard:
        shard.write(ENTRIES[0])
        shutil.rmtree(out)
        with pytest.raises(FileNotFoundError):
            shard.commit()
    assert not out.exists()


def test_an_output_folder_that_is_removed_at_the_last_moment_gets_no_folders_of_classes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with ClassFolders().writer(out, "train", SHARD) as shard:
        shard.write(ENTRIES[0])
        monkeypatch.setattr(writer, "_sync_files", lambda _: shutil.rmtree(out))
        with pytest.raises(FileNotFoundError):
            shard.commit()
    assert not out.exists()


@pytest.mark.parametrize("form", ["tfrecord", "webdataset", "folders", "flat"])
def test_a_null_writer_comes_to_what_a_real_one_does(tmp_path: Path, form: str) -> None:
    target = TARGETS_BY_NAME[form]()
    null = NullWriter(target.encoder())
    with target.writer(tmp_path, "train", SHARD) as shard:
        for each in ENTRIES:
            shard.write(each)
            null.write(each)
            assert null.size == shard.size
        written = shard.commit()
    assert null.size == written.bytes - (1024 if form == "webdataset" else 0), "but for a tar's end"


def test_a_removed_output_folder_is_not_recreated(tmp_path: Path) -> None:
    for target in (TFRecords(), TFRecords(split_folders=True)):
        with pytest.raises(FileNotFoundError):
            target.writer(tmp_path / "gone", "train", SHARD)


def test_folders_a_split_are_made_for_the_shards_and_not_for_their_indexes(tmp_path: Path) -> None:
    with TFRecords(split_folders=True).writer(tmp_path, "train", SHARD) as shard:
        shard.write(ENTRIES[0])
        shard.commit()
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {f"tfrecord_train/{SHARD}", f"idx/{SHARD}"}


def test_a_killed_writers_file_in_a_split_folder_is_removed(tmp_path: Path) -> None:
    target = TFRecords(split_folders=True)
    ShardFile(tmp_path, SHARD, target)._file.close()
    remove_leftovers(tmp_path, target)
    assert list((tmp_path / "tfrecord_train").iterdir()) == []


def test_an_index_is_restored_from_its_shard(tmp_path: Path) -> None:
    with TFRecords().writer(tmp_path, "train", SHARD) as shard:
        for each in ENTRIES:
            shard.write(each)
        shard.commit()
    index = tmp_path / INDEX_FOLDER / SHARD
    before = index.read_bytes()
    index.unlink()
    TFRecords().restore_beside(tmp_path, SHARD)
    assert index.read_bytes() == before


def test_without_an_index_none_is_written(tmp_path: Path) -> None:
    with TFRecords(index=False).writer(tmp_path, "train", SHARD) as shard:
        shard.write(ENTRIES[0])
        shard.commit()
    assert [path.name for path in tmp_path.iterdir()] == [SHARD]


WEBDATASET = WebDataset()
NAMES = st.text(min_size=1, max_size=300).filter(lambda name: not unsafe(name))


def webdataset(folder: Path, samples: Sequence[OutputSample]) -> bytes:
    with WEBDATASET.writer(folder, "train", "train-000000.tar") as shard:
        for each in samples:
            shard.write(each)
        written = shard.commit()
    content = (folder / "train-000000.tar").read_bytes()
    assert written == Committed(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    return content


def members(content: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        found = {}
        for member in archive:
            file = archive.extractfile(member)
            assert file is not None
            found[member.name] = file.read()
        return found


def test_a_webdataset_holds_image_label_and_what_is_known_of_it(tmp_path: Path) -> None:
    boxes = np.array([[0.0, 0.25, 0.5, 1.0]])
    found = members(webdataset(tmp_path, [sample("n01440764_1.JPEG", b"jpeg", label=0, boxes=boxes)]))
    assert list(found) == ["n01440764_1.cls", "n01440764_1.jpg", "n01440764_1.json"]
    assert (found["n01440764_1.cls"], found["n01440764_1.jpg"]) == (b"0", b"jpeg")
    assert json.loads(found["n01440764_1.json"]) == {
        "filename": "n01440764_1.JPEG",
        "label": 0,
        "class": "n01440764",
        "text": "tench, Tinca tinca",
        "height": 30,
        "width": 40,
        "boxes": "[[0.0, 0.25, 0.5, 1.0]]",
    }
    assert {path.name for path in tmp_path.iterdir()} == {"train-000000.tar", "__index__"}


def test_an_image_without_label_has_minus_one_in_a_webdataset(tmp_path: Path) -> None:
    found = members(webdataset(tmp_path, [sample("t.JPEG", wnid="", text="", label=-1)]))
    assert found["t.cls"] == b"-1"
    assert json.loads(found["t.json"])["class"] == ""


@given(st.lists(st.tuples(NAMES, st.binary(max_size=2000)), max_size=4, unique_by=lambda each: sample_key(each[0])))
def test_tarfile_reads_a_webdataset_of_any_names(
    tmp_path_factory: pytest.TempPathFactory, images: list[tuple[str, bytes]]
) -> None:
    folder = tmp_path_factory.mktemp("tars")
    found = members(webdataset(folder, [sample(name, jpeg) for name, jpeg in images]))
    assert {name: data for name, data in found.items() if name.endswith(".jpg")} == {
        f"{sample_key(name)}.jpg": jpeg for name, jpeg in images
    }
    assert [json.loads(data)["filename"] for name, data in found.items() if name.endswith(".json")] == [
        name for name, _ in images
    ]


def test_a_webdataset_is_the_same_each_time(tmp_path: Path) -> None:
    images = [sample("über/" + "long" * 60 + ".jpg"), sample("n01440764_1.JPEG")]
    assert webdataset(tmp_path, images) == webdataset(tmp_path, images)


def test_a_webdataset_of_nothing_is_an_empty_archive(tmp_path: Path) -> None:
    content = webdataset(tmp_path, [])
    assert members(content) == {}
    assert not any(content)
