"""DALI's index: what it says of a shard, and how it is kept true."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.verify.shards import expectation, images, sentences, task
from wizard.engine.commit_records import remove_leftovers
from wizard.engine.sidecars import remove_sidecars
from wizard.formats import tar
from wizard.storage import create_temporary
from wizard.targets.expected import Expectation
from wizard.targets.webdataset.dali_index import FILES, INDEX_FOLDER
from wizard.targets.webdataset.target import WebDataset
from wizard.verify.shard import check_shard

TARGET = WebDataset(names="timm", dataset="imagenet1k")
NAME = "imagenet1k-train-0000.idx"


@pytest.fixture
def built(tmp_path: Path) -> Expectation:
    """A shard of four samples, with an index."""
    return expectation(task(tmp_path, images(), TARGET, base=0))


def index(expected: Expectation) -> Path:
    return Path(expected.folder) / INDEX_FOLDER / NAME


def wrong_beside(expected: Expectation) -> str:
    return TARGET.wrong_beside(Path(expected.folder), expected.result)


def test_an_index_says_where_each_member_lies(built: Expectation) -> None:
    first, *lines = index(built).read_text().splitlines()
    assert first == "v1.2 4"
    content = built.path.read_bytes()
    for number, line in enumerate(lines):
        words = line.split(" ")
        for field, at, size, name in zip(words[::4], words[1::4], words[2::4], words[3::4], strict=True):
            assert name == f"n01514668_{number}.{field}"
            header = tar.member(name, content[int(at) : int(at) + int(size)])
            assert content[int(at) - tar.BLOCK :].startswith(header), "a header, then the content"
    assert [word for line in lines for word in line.split(" ")[::4]] == ["cls", "jpg", "json"] * 4


def test_the_writers_index_is_that_of_the_finished_shard(built: Expectation) -> None:
    assert index(built).read_text() == FILES.of_shard(built.path)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def swap(path: Path) -> None:
    first, one, other, *rest = path.read_text().splitlines(keepends=True)
    path.write_text("".join([first, other, one, *rest]))


@pytest.mark.parametrize(
    ("harm", "at_a_glance"),
    [
        (Path.unlink, f"{INDEX_FOLDER}/{NAME} is gone"),
        (cut, f"{INDEX_FOLDER}/{NAME} does not match its shard"),
        (lambda path: path.write_bytes(b""), f"{INDEX_FOLDER}/{NAME} does not match its shard"),
        (lambda path: path.write_text("v1.2 0\n"), f"{INDEX_FOLDER}/{NAME} does not match its shard"),
        (swap, ""),
    ],
)
def test_a_wrong_index_is_found_and_restored(
    built: Expectation, harm: Callable[[Path], None], at_a_glance: str
) -> None:
    before = index(built).read_bytes()
    harm(index(built))
    assert wrong_beside(built) == at_a_glance
    assert f"its index {index(built)} is missing or does not fit" in sentences(check_shard(built))
    TARGET.restore_beside(Path(built.folder), built.result.shard)
    assert (index(built).read_bytes(), wrong_beside(built), check_shard(built)) == (before, "", ())


def test_an_index_goes_with_its_shard_and_when_none_is_wanted(built: Expectation) -> None:
    folder, without = Path(built.folder), WebDataset(names="timm", dataset="imagenet1k", index=False)
    assert without.wrong_beside(folder, built.result) == f"{INDEX_FOLDER}/{NAME} is left of an earlier run"
    without.restore_beside(folder, built.result.shard)
    assert not index(built).parent.exists()
    TARGET.restore_beside(folder, built.result.shard)
    built.path.unlink()
    TARGET.restore_beside(folder, built.result.shard)
    assert not index(built).exists()


def test_the_index_of_a_shard_without_images_fits_it(tmp_path: Path) -> None:
    empty = expectation(task(tmp_path, {"bad": b"no image"}, TARGET))
    assert (empty.result.images, wrong_beside(empty), check_shard(empty)) == (0, "", ())
    assert index(empty).read_text() == FILES.of_shard(empty.path) == "v1.2 0\n"


def test_an_index_of_no_shard_is_a_stray(built: Expectation) -> None:
    folder = Path(built.folder)
    (index(built).parent / "imagenet1k-train-0001.idx").touch()
    (index(built).parent / "train.json").touch()  # the list for wids
    assert dict(TARGET.strays(folder, [built])) == {
        f"{INDEX_FOLDER}/imagenet1k-train-0001.idx": "it is not the index of a shard of this dataset"
    }


def test_indexes_of_an_older_plan_go_with_their_folder(built: Expectation) -> None:
    remove_sidecars(Path(built.folder))
    assert not index(built).parent.exists()


def test_what_a_killed_writer_left_beside_the_indexes_is_removed(built: Expectation) -> None:
    _, left = create_temporary(index(built).parent, "x-")
    remove_leftovers(Path(built.folder), TARGET)
    assert not left.exists()
    assert index(built).exists()
