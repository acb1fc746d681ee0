from pathlib import Path

import pytest

from tests.engine.test_worker import images, task
from wizard.commit_record import CommitRecord
from wizard.engine.worker import build_shard
from wizard.targets.image_files.target import ClassFolders, FlatFolders
from wizard.targets.record_file import record_path
from wizard.targets.target import Target
from wizard.targets.tfrecord.index import INDEX_FOLDER
from wizard.targets.tfrecord.target import TFRecords
from wizard.targets.webdataset.target import WebDataset

TARGETS = {
    "tfrecord": TFRecords(),
    "split folders": TFRecords(split_folders=True),
    "webdataset": WebDataset(),
    "folders": ClassFolders(),
    "flat": FlatFolders(),
}


def built(folder: Path, target: Target) -> CommitRecord:
    return build_shard(task(folder, images(3), target=target))


def files_of(folder: Path, target: Target, result: CommitRecord) -> list[Path]:
    """All that a shard consists of, its index apart."""
    own = [folder / target.file(result.shard)]
    return own + sorted((folder / target.places[0]).rglob("*.JPEG")) if target.one_file_per_image else own


@pytest.mark.parametrize("name", TARGETS)
def test_a_whole_shard_misses_nothing(tmp_path: Path, name: str) -> None:
    result = built(tmp_path, TARGETS[name])
    assert TARGETS[name].missing(tmp_path, result) == ""
    assert TARGETS[name].wrong_beside(tmp_path, result) == ""


@pytest.mark.parametrize("name", TARGETS)
def test_any_file_of_a_shard_that_is_removed_or_cut_or_longer_is_named(tmp_path: Path, name: str) -> None:
    target = TARGETS[name]
    result = built(tmp_path, target)
    for file in files_of(tmp_path, target, result):
        content, listed = file.read_bytes(), str(file.relative_to(tmp_path))
        file.unlink()
        assert target.missing(tmp_path, result) == f"{listed} is gone"
        for other in (b"", content[:-1], content + b"\0"):
            file.write_bytes(other)
            assert target.missing(tmp_path, result).startswith(f"{listed} has ")
        file.write_bytes(content)
    assert target.missing(tmp_path, result) == ""


def test_a_record_that_lists_other_files_is_named(tmp_path: Path) -> None:
    target = TARGETS["folders"]
    result = built(tmp_path, target)
    file = record_path(tmp_path, result.shard)
    file.write_bytes(file.read_bytes().replace(b"_1", b"_9"))
    assert target.missing(tmp_path, result).endswith(f"{result.shard}.json has changed")


def test_an_index_has_to_end_where_its_shard_does(tmp_path: Path) -> None:
    result = built(tmp_path, TFRecords())
    file = tmp_path / INDEX_FOLDER / result.shard
    content = file.read_bytes()
    for other in (b"", b"\n", b"x y\n", content[:-1], content[:-9], content[: content.index(b"\n") + 1], content * 2):
        file.write_bytes(other)
        whole = other == content * 2  # it ends rightly; the whole of an index is for verify to read
        assert (TFRecords().wrong_beside(tmp_path, result) == "") == whole, other
    file.unlink()
    assert TFRecords().wrong_beside(tmp_path, result) == f"{INDEX_FOLDER}/{result.shard} is gone"
    assert TFRecords(index=False).wrong_beside(tmp_path, result) == ""


def test_the_index_of_a_shard_without_images_is_empty(tmp_path: Path) -> None:
    result = build_shard(task(tmp_path, {"bad": b"no image"}, skip_bad=True))
    assert result.images == 0
    assert TFRecords().wrong_beside(tmp_path, result) == ""
