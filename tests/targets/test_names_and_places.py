from pathlib import PurePosixPath
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.sources.names import unsafe
from wizard.targets.arrayrecord.target import ArrayRecords
from wizard.targets.image_files.target import ClassFolders, FlatFolders
from wizard.targets.names import RECORD_FOLDER, STATE_FOLDER
from wizard.targets.registry import TARGETS as TARGETS_BY_NAME
from wizard.targets.target import Target
from wizard.targets.tfrecord.index import INDEX_FOLDER
from wizard.targets.tfrecord.target import TFRecords
from wizard.targets.webdataset.members import sample_key
from wizard.targets.webdataset.target import WebDataset

SPLITS = ("train", "validation", "test")
FILES: tuple[Literal["folders", "flat"], ...] = ("folders", "flat")
TARGETS = [
    TFRecords(),
    TFRecords(split_folders=True),
    TFRecords(features="tpu", index=False),
    ClassFolders(),
    FlatFolders(),
    WebDataset(),
    TFRecords(tfds="imagenet2012"),
    ArrayRecords(),
    ArrayRecords(tfds="imagenet2012"),
]
IMAGE_FILES = (ClassFolders(), FlatFolders())
LETTERS = st.text(min_size=1, max_size=12) | st.text("ab_./", min_size=1, max_size=12)
"""Any, and few, of which names are made that resemble their classes."""
CLASSES = LETTERS.filter(lambda name: not unsafe(name) and "/" not in name)
NAMES = LETTERS.filter(lambda name: not unsafe(name))


def stays_inside(path: str) -> bool:
    return not PurePosixPath(path).is_absolute() and ".." not in PurePosixPath(path).parts


@given(st.sampled_from(FILES), st.sampled_from(SPLITS), NAMES, CLASSES | st.just(""))
def test_an_image_stays_in_the_folder_of_its_split(
    form: Literal["folders", "flat"], split: str, name: str, wnid: str
) -> None:
    target = TARGETS_BY_NAME[form]()
    path = target.place(split, name, wnid)
    assert stays_inside(path)
    assert PurePosixPath(path).is_relative_to(target.places[SPLITS.index(split)])
    assert PurePosixPath(path).suffix.lower() in (".jpg", ".jpeg")


@given(st.sampled_from(SPLITS), NAMES, CLASSES)
def test_in_folders_of_classes_an_image_lies_in_its_class(split: str, name: str, wnid: str) -> None:
    folder = PurePosixPath(ClassFolders().image_folder(split)) / wnid
    assert PurePosixPath(ClassFolders().place(split, name, wnid)).is_relative_to(folder)


@given(st.sampled_from(SPLITS), NAMES, CLASSES | st.just(""))
def test_flat_files_lie_in_no_further_folder_and_begin_with_their_class(split: str, name: str, wnid: str) -> None:
    folder, cut, file = FlatFolders().place(split, name, wnid).partition("/")
    assert (folder, cut) == (FlatFolders().image_folder(split), "/")
    assert "/" not in file
    assert file.startswith(f"{wnid}_" if wnid else "")


@given(st.sampled_from(TARGETS), st.sampled_from(SPLITS), st.integers(1, 99_999), st.data())
def test_a_shards_file_stays_in_the_places_of_its_target(
    target: Target, split: str, shards: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, shards - 1))
    path = target.file(target.shard(split, index, shards))
    assert stays_inside(path)
    folder, _, _ = path.rpartition("/")
    assert folder in ([RECORD_FOLDER] if target.one_file_per_image else target.places)


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_no_two_shards_share_a_name_or_a_file(target: Target) -> None:
    names = [target.shard(split, index, 40) for split in SPLITS for index in range(40)]
    assert len(set(names)) == len({target.file(name) for name in names}) == 120


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_the_name_of_a_shard_begins_with_its_split(target: Target) -> None:
    assert all(target.shard(split, 0, 1).startswith(f"{split}-") for split in SPLITS)


def test_files_of_different_targets_lie_in_different_places() -> None:
    assert not {place for each in TARGETS for place in each.places} & {INDEX_FOLDER, STATE_FOLDER}
    places = [place for each in (TFRecords(), TFRecords(split_folders=True), *IMAGE_FILES) for place in each.places]
    assert len(set(places)) == len(places)


@pytest.mark.parametrize(
    ("form", "name", "wnid", "path"),
    [
        ("folders", "n01440764_1.JPEG", "n01440764", "train/n01440764/n01440764_1.JPEG"),
        ("folders", "1.JPEG", "", "train/1.JPEG"),
        ("folders", "cats/1.webp", "cats", "train/cats/1.webp.jpg"),
        ("folders", "cats", "cats", "train/cats/cats.jpg"),
        ("folders", "dogs/1.jpg", "cats", "train/cats/dogs/1.jpg"),
        ("folders", "./cats//1.jpg", "cats", "train/cats/1.jpg"),
        ("flat", "n01440764_1.JPEG", "n01440764", "train_flatten/n01440764_1.JPEG"),
        ("flat", "cats/old/1.png", "cats", "train_flatten/cats_old_1.png.jpg"),
        ("flat", "1.JPEG", "", "train_flatten/1.JPEG"),
        ("flat", "old/1.JPEG", "", "train_flatten/old_1.JPEG"),
        ("flat", "a/a_b/1.JPEG", "a", "train_flatten/a_b_1.JPEG"),
    ],
)
def test_the_file_of_an_image(form: str, name: str, wnid: str, path: str) -> None:
    assert TARGETS_BY_NAME[form]().place("train", name, wnid) == path


def test_splits_lie_where_pytorch_code_looks() -> None:
    assert [ClassFolders().image_folder(split) for split in SPLITS] == ["train", "val", "test"]


def test_every_target_that_gives_other_bytes_has_another_version() -> None:
    versions = [TFRecords(features=features).ingredients["format"] for features in ("inception", "tpu", "source")]
    versions += [each.ingredients["format"] for each in (TFRecords(tfds="imagenet2012"), ArrayRecords())]
    versions += [TARGETS_BY_NAME[form]().ingredients["format"] for form in ("folders", "flat", "webdataset")]
    assert len(set(versions)) == 8
    assert TFRecords(split_folders=True).ingredients["format"] == TFRecords().ingredients["format"]


def test_an_index_and_metadata_change_no_plan() -> None:
    assert TFRecords(index=False, tfds=True).ingredients == TFRecords().ingredients
    assert ArrayRecords(tfds=True).ingredients == ArrayRecords().ingredients


def test_a_dataset_that_tfds_knows_by_name_is_another_plan() -> None:
    assert TFRecords(tfds="imagenet2012").ingredients.keys() - TFRecords().ingredients.keys() == {"shards lie"}
    assert ArrayRecords(tfds="imagenet2012").ingredients.keys() - ArrayRecords().ingredients.keys() == {"shards lie"}


@given(NAMES)
def test_the_key_of_a_sample_has_no_dot_but_keeps_its_folders(name: str) -> None:
    assert "." not in sample_key(name)
    assert sample_key(name).count("/") == name.count("/")
