from pathlib import Path

import pytest

from tests.sources.making import TENCH, names, nothing, write
from wizard.errors import InputError
from wizard.sources.opening import open_source
from wizard.sources.options import DoubtfulFolders
from wizard.sources.source import overlap

LOCOMOTIVE = ["bus/1.jpg", "car/1.jpg", "train/1.jpg"]
HIERARCHY = ["train/animals/cat/1.jpg", "train/animals/dog/1.jpg", "train/vehicles/car/1.jpg"]


def test_a_split_name_among_class_names_is_refused_with_both_readings(tmp_path: Path) -> None:
    with pytest.raises(DoubtfulFolders, match=r"train/ in .* is named as a split, but bus/, car/ beside it") as doubt:
        open_source(write(tmp_path, LOCOMOTIVE))
    assert set(doubt.value.readings) == {"splits", "classes"}
    assert "--set source.folders=splits" in doubt.value.hint
    assert "--set source.folders=classes" in doubt.value.hint


def test_folders_in_doubt_are_classes_where_that_is_said(tmp_path: Path) -> None:
    raw = open_source(write(tmp_path, LOCOMOTIVE), role="classes")
    assert names(raw, "train", tmp_path) == [("bus/1.jpg", 0), ("car/1.jpg", 1), ("train/1.jpg", 2)]


def test_doubtful_folders_are_splits_on_request_and_the_rest_is_reported(tmp_path: Path) -> None:
    write(tmp_path, ["train/a/1.jpg", "extra/a/1.jpg", "more/b/1.jpg"])
    with pytest.raises(DoubtfulFolders):
        open_source(tmp_path)
    raw = open_source(tmp_path, role="splits")
    assert names(raw, "train", tmp_path) == [("a/1.jpg", 0)]
    assert any("extra/, more/ beside them hold images too" in why for why in raw.why)


@pytest.mark.parametrize("split", ["train", "val"])
def test_a_class_that_is_called_train_is_a_class_within_a_split(tmp_path: Path, split: str) -> None:
    write(tmp_path, [f"{split}/{file}" for file in LOCOMOTIVE])
    whole = open_source(tmp_path)
    assert len({label for _, label in names(whole, "train" if split == "train" else "validation", tmp_path)}) == 3
    given = open_source(tmp_path / split)
    assert [part.split for part in given.parts if part.sound] == ["train" if split == "train" else "validation"]


def test_class_folders_beside_a_lone_validation_split_are_not_left_out_in_silence(tmp_path: Path) -> None:
    with pytest.raises(DoubtfulFolders, match=rf"val/ in .* class folders beside it, such as {TENCH}/"):
        open_source(write(tmp_path, [f"{TENCH}/1.jpg", "n01443537/1.jpg", f"val/{TENCH}/1.jpg"]))


def test_superclasses_are_in_doubt(tmp_path: Path) -> None:
    with pytest.raises(
        DoubtfulFolders, match=r"animals holds no images itself, but folders of them \(cat, dog\)"
    ) as it:
        open_source(write(tmp_path, HIERARCHY))
    assert set(it.value.readings) == {"classes", "superclasses"}


def test_either_level_of_superclasses_can_be_the_classes(tmp_path: Path) -> None:
    write(tmp_path, HIERARCHY)
    upper, lower = open_source(tmp_path, role="classes"), open_source(tmp_path, role="superclasses")
    assert names(upper, "train", tmp_path) == [
        ("animals/cat/1.jpg", 0),
        ("animals/dog/1.jpg", 0),
        ("vehicles/car/1.jpg", 1),
    ]
    assert names(lower, "train", tmp_path) == [("car/1.jpg", 0), ("cat/1.jpg", 1), ("dog/1.jpg", 2)]


def test_lower_classes_of_one_name_are_not_merged(tmp_path: Path) -> None:
    write(tmp_path, ["train/fish/bass/1.jpg", "train/music/bass/1.jpg", "train/music/drum/1.jpg"])
    with pytest.raises(InputError, match="would become one class"):
        open_source(tmp_path, role="superclasses").require(["train"], [])


@pytest.mark.parametrize(
    "files",
    [
        ["cells/A/1.jpg", "cells/B/1.jpg", "cells/cells/A/1.jpg", "cells/cells/B/1.jpg"],
        ["covid/images/1.png", "covid/masks/1.png", "normal/images/1.png", "normal/masks/1.png"],
        ["images/cat_1.jpg", "annotations/trimaps/cat_1.png"],
        ["animals/cat/1.jpg", "animals/dog/1.jpg", "bus/1.jpg"],
    ],
)
def test_folders_that_hold_folders_of_images_are_never_taken_for_classes_without_a_word(
    tmp_path: Path, files: list[str]
) -> None:
    with pytest.raises(DoubtfulFolders):
        open_source(write(tmp_path, files))


@pytest.mark.parametrize(
    ("files", "path"),
    [
        (["cat/train/1.jpg", "cat/test/1.jpg", "dog/train/1.jpg", "dog/test/1.jpg"], "cat"),
        (["one/train/a/1.jpg", "two/train/a/1.jpg"], "one"),
    ],
)
def test_splits_in_several_folders_are_refused_with_the_folder_to_give(
    tmp_path: Path, files: list[str], path: str
) -> None:
    with pytest.raises(InputError, match=f"{path}/ in it has folders of .*train") as refused:
        open_source(write(tmp_path, files))
    assert f"--set source.path={tmp_path}/{path};" in refused.value.hint


@pytest.mark.parametrize("inner", ["images", "x"])
def test_classes_that_hold_one_folder_of_images_each_are_classes(tmp_path: Path, inner: str) -> None:
    raw = open_source(write(tmp_path, [f"train/cat/{inner}/1.jpg", f"train/dog/{inner}/1.jpg"]))
    assert names(raw, "train", tmp_path) == [(f"cat/{inner}/1.jpg", 0), (f"dog/{inner}/1.jpg", 1)]


@pytest.mark.parametrize(
    ("folders", "images"),
    [
        (["VOC2012"], "JPEGImages"),
        (["VOCdevkit/VOC2007", "VOCdevkit/VOC2012"], "JPEGImages"),
        (["mydata"], "images"),
        (["train/mydata"], "images"),
    ],
)
def test_a_dataset_with_one_folder_of_images_is_no_class(tmp_path: Path, folders: list[str], images: str) -> None:
    for folder in folders:
        write(tmp_path / folder, [f"{images}/1.jpg", f"{images}/2.jpg"])
        write(tmp_path / folder, ["Annotations/1.xml", "ImageSets/Main/all.txt"], b"")
    with pytest.raises(
        DoubtfulFolders, match=rf"looks like a dataset.* lie in {images}/, beside Annotations/"
    ) as doubt:
        open_source(tmp_path)
    assert set(doubt.value.readings) == {"classes"}
    raw = open_source(tmp_path, role="classes")
    assert len(raw.table("train", tmp_path, nothing).classes.names) == len(folders)


def test_class_folders_of_the_same_name_in_several_parts_are_one_class(tmp_path: Path) -> None:
    raw = open_source(write(tmp_path, ["train_1/a/1.jpg", "train_2/a/2.jpg", "train_2/b/1.jpg"]))
    assert names(raw, "train", tmp_path) == [("a/1.jpg", 0), ("a/2.jpg", 0), ("b/1.jpg", 1)]


def test_an_image_that_two_parts_have_is_refused_by_both_names(tmp_path: Path) -> None:
    raw = open_source(write(tmp_path, ["train_1/a/1.jpg", "train_2/a/1.jpg"]))
    with pytest.raises(InputError, match=r"train_1/a/1.jpg and .*train_2/a/1.jpg are both the image"):
        raw.table("train", tmp_path, nothing)


def test_warns_about_an_empty_or_missing_part(tmp_path: Path) -> None:
    raw = open_source(write(tmp_path, ["train_1/a/1.jpg", "train_3/b/1.jpg"]))
    assert "train has numbered parts, of which these are missing: 2." in raw.why
    (tmp_path / "train_2").mkdir()
    with pytest.raises(InputError, match="train_2 holds no images"):
        open_source(tmp_path).require(["train"], [])


@pytest.mark.parametrize(
    "folders",
    [
        ["train_1", "val_1", "train_2", "val_2"],
        ["train_1", "train_2", "train_3", "test_2", "test_3"],
        ["train.X1", "train.X2", "val.X1", "val.X2"],
        ["fold1_train", "fold1_val", "fold2_train", "fold2_val"],
    ],
)
def test_folds_of_a_cross_validation_are_not_put_together(tmp_path: Path, folders: list[str]) -> None:
    write(tmp_path, [f"{folder}/{name}/{folder}.jpg" for folder in folders for name in ("cat", "dog")])
    with pytest.raises(InputError, match="look like the folds of a cross-validation"):
        open_source(tmp_path)


@pytest.mark.parametrize("validation", [["val.X"], ["val.X1"], ["val.X3", "val.X4"]])
def test_parts_with_numbers_of_their_own_are_read(tmp_path: Path, validation: list[str]) -> None:
    write(tmp_path, [f"{folder}/a/{folder}.jpg" for folder in ["train.X1", "train.X2", *validation]])
    raw = open_source(tmp_path)
    assert len(names(raw, "train", tmp_path)) == 2
    assert len(names(raw, "validation", tmp_path)) == len(validation)


@pytest.mark.parametrize(
    "names_of", [("val", "valid"), ("Train", "train"), ("train", "train_2"), ("val2014", "val2017")]
)
def test_two_folders_of_one_split_that_are_no_parts_are_refused(tmp_path: Path, names_of: tuple[str, str]) -> None:
    one, other = names_of
    raw = open_source(write(tmp_path, ["train/a/0.jpg", f"{one}/a/1.jpg", f"{other}/a/2.jpg"]))
    with pytest.raises(InputError, match="are the same split"):
        raw.require(["validation" if one.startswith("val") else "train"], [])


def test_nothing_is_written_into_any_folder_that_a_split_lies_in(tmp_path: Path) -> None:
    raw = open_source(
        write(tmp_path, ["animals/cat/1.jpg", "animals/dog/1.jpg", "vehicles/car/1.jpg"]), role="superclasses"
    )
    assert overlap(raw, tmp_path / "vehicles" / "out", ["x"]) == tmp_path / "vehicles"
    assert overlap(raw, tmp_path / "out", ["x"]) is None


@pytest.mark.parametrize(("ours", "theirs"), [("Cat", "cat"), ("Apple Braeburn", "apple_braeburn")])
def test_a_class_spelled_differently_in_two_splits_is_refused(tmp_path: Path, ours: str, theirs: str) -> None:
    raw = open_source(write(tmp_path, [f"train/{ours}/1.jpg", "train/b/1.jpg", f"val/{theirs}/1.jpg", "val/b/1.jpg"]))
    with pytest.raises(InputError, match=f"val/{theirs} and .*train/{ours} would be two classes"):
        raw.require(["validation"], [])
    assert raw.table("train", tmp_path, nothing).classes.names == tuple(sorted([ours, "b"]))


@pytest.mark.parametrize(
    "files",
    [
        ["train/Cat/1.jpg", "train/cat/2.jpg", "train/dog/3.jpg"],
        ["train_1/ice_cream/1.jpg", "train_2/ice cream/2.jpg"],
        ["Cat/1.jpg", "cat/2.jpg", "dog/3.jpg"],
    ],
)
def test_a_class_that_is_spelled_in_two_ways_within_a_split_is_refused(tmp_path: Path, files: list[str]) -> None:
    raw = open_source(write(tmp_path, files))
    with pytest.raises(InputError, match="would be two classes") as refused:
        raw.require(["train"], [])
    assert all(str((tmp_path / file).parent) in refused.value.what for file in files[:2])


@pytest.mark.parametrize("split", ["train", "val"])
@pytest.mark.parametrize("other", ["cafe\u0301", "caf\u00e9 "])
def test_a_class_whose_names_look_alike_is_refused_with_the_difference_shown(
    tmp_path: Path, split: str, other: str
) -> None:
    raw = open_source(write(tmp_path, ["train/caf\u00e9/1.jpg", "train/b/2.jpg", f"{split}/{other}/3.jpg"]))
    with pytest.raises(InputError, match="would be two classes") as refused:
        raw.require(["train" if split == "train" else "validation"], [])
    assert ascii(f"{tmp_path}/train/caf\u00e9") in refused.value.what
    assert ascii(f"{tmp_path}/{split}/{other}") in refused.value.what


@pytest.mark.parametrize("classes", [("A", "a"), ("-1", "1"), ("cat", "cats")])
def test_classes_that_differ_in_more_than_their_spelling_are_two(tmp_path: Path, classes: tuple[str, str]) -> None:
    raw = open_source(write(tmp_path, [f"{split}/{name}/1.jpg" for split in ("train", "val") for name in classes]))
    assert raw.table("train", tmp_path, nothing).classes.names == classes
    raw.require(["train", "validation"], [])


@pytest.mark.parametrize("classes", [(TENCH, "n01443537"), ("cat", "dog")])
@pytest.mark.parametrize("inner", ["", "images/"])
def test_an_empty_folder_whose_name_says_nothing_is_no_class_beside_those_of_classes(
    tmp_path: Path, classes: tuple[str, str], inner: str
) -> None:
    train = [f"train/{name}/{inner}{name}_1.jpg" for name in classes]
    write(tmp_path, [*train, *(f"val/{name}/val_{i}.jpg" for i, name in enumerate(classes))])
    (tmp_path / "val" / "images").mkdir()
    lines = [f"val_{i}.jpg\t{name}\t0\t0\t9\t9\n" for i, name in enumerate(classes)]
    (tmp_path / "val" / "val_annotations.txt").write_text("".join(lines))
    raw = open_source(tmp_path)
    assert names(raw, "validation", tmp_path) == [(f"{classes[i]}/val_{i}.jpg", i) for i in range(2)]
    assert raw.table("train", tmp_path, nothing).classes.names == classes
    assert f"{tmp_path}/val/images holds no images, and is not a class." in raw.why


@pytest.mark.parametrize("name", ["hamster", "images"])
def test_an_empty_folder_that_may_be_a_class_is_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path, ["train/cat/1.jpg", "train/dog/1.jpg"])
    (tmp_path / "train" / name / ("" if name == "hamster" else "hamster")).mkdir(parents=True)
    with pytest.raises(InputError, match=f"{name} holds no"):
        open_source(tmp_path).table("train", tmp_path, nothing)


def test_warns_about_classes_in_only_one_split(tmp_path: Path) -> None:
    why = open_source(write(tmp_path, ["train/a/1.jpg", "train/b/1.jpg", "val/b/1.jpg", "val/c/1.jpg"])).why
    assert "validation has classes that train does not have: c." in why
    assert "validation does not have these classes of train: a." in why
