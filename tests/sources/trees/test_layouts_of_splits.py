"""Datasets as they are handed out, in small: their splits, classes and counts are read right without an option."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.sources.making import nothing, write
from wizard.sources.opening import open_source

WNIDS = ("n01443537", "n01629819", "n01641577")


def of(folder: str, classes: Iterable[str], count: int = 2, inner: str = "") -> list[str]:
    return [f"{folder}/{name}/{inner}{number}.jpg" for name in classes for number in range(count)]


def flat(folder: str, count: int = 3) -> list[str]:
    return [f"{folder}/{number:05}.jpg" for number in range(count)]


class Layout(NamedTuple):
    files: list[str]
    images: dict[str, int]
    classes: tuple[str, ...]


FRUITS = ("Apple Braeburn", "Banana")
PETS = ("cats", "dogs")
TRAINED = {"train": 4, "test": 4}
LAYOUTS = {
    "Fruits-360": Layout(
        [*of("fruits-360/Training", FRUITS), *of("fruits-360/Test", FRUITS), *flat("fruits-360/test-multiple_fruits")],
        TRAINED,
        FRUITS,
    ),
    "Intel's scenes": Layout(
        [*of("seg_train/seg_train", PETS), *of("seg_test/seg_test", PETS), *flat("seg_pred/seg_pred")], TRAINED, PETS
    ),
    "CIFAR-10 as folders": Layout([*of("cifar10/train", PETS), *of("cifar10/test", PETS)], TRAINED, PETS),
    "ImageNet-V2": Layout(
        of("imagenetv2-matched-frequency-format-val", map(str, range(12)), 1),
        {"validation": 12},
        tuple(map(str, range(12))),
    ),
    "ImageNet-R": Layout([*of("imagenet-r", WNIDS), "imagenet-r/README.txt"], {"train": 6}, WNIDS),
    "ImageNet-Sketch": Layout(of("ImageNet-Sketch/sketch", WNIDS), {"train": 6}, WNIDS),
    "Imagenette": Layout(
        [*of("imagenette2/train", WNIDS), *of("imagenette2/val", WNIDS), "imagenette2/noisy_imagenette.csv"],
        {"train": 6, "validation": 6},
        WNIDS,
    ),
    "Stanford Dogs": Layout(
        [*of("images/Images", ("n02085620-Chihuahua",)), "annotations/Annotation/n02085620-Chihuahua/n02085620_10074"],
        {"train": 2},
        ("n02085620-Chihuahua",),
    ),
    "Cats and Dogs": Layout([*of("kagglecats/PetImages", PETS), "kagglecats/readme.txt"], {"train": 4}, PETS),
    "training_set": Layout([*of("dataset/training_set", PETS), *of("dataset/test_set", PETS)], TRAINED, PETS),
    "chest_xray": Layout(
        [
            *of("chest/train", PETS),
            *of("chest/test", PETS),
            *of("chest/chest/train", PETS),
            "chest/__MACOSX/train/x.jpg",
        ],
        TRAINED,
        PETS,
    ),
    "GTSRB": Layout(
        [*of("GTSRB/Final_Training/Images", ("00000", "00001")), *flat("GTSRB/Final_Test/Images")],
        {"train": 4, "test": 3},
        ("00000", "00001"),
    ),
    "GTSRB of Kaggle": Layout(
        [*of("Train", map(str, range(11)), 1), *flat("Test"), *flat("Meta"), "Meta.csv"],
        {"train": 11, "test": 3},
        tuple(map(str, range(11))),
    ),
    "tiny-imagenet": Layout(
        [*of("tiny-imagenet-200/train", WNIDS, inner="images/"), *flat("tiny-imagenet-200/test/images")],
        {"train": 6, "test": 3},
        WNIDS,
    ),
    "ImageNet-100 of Kaggle": Layout(
        [*of("train.X1", WNIDS[:1]), *of("train.X2", WNIDS[1:2]), *of("train.X10", WNIDS[2:]), *of("val.X", WNIDS)],
        {"train": 6, "validation": 6},
        WNIDS,
    ),
    "CLS-LOC in a wrapper": Layout(
        [*of("imagenet/Data2/CLS-LOC/train", WNIDS), *of("imagenet/Data2/CLS-LOC/val", WNIDS)],
        {"train": 6, "validation": 6},
        WNIDS,
    ),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_public_layout_is_read_without_an_option(tmp_path: Path, name: str) -> None:
    layout = LAYOUTS[name]
    write(tmp_path / "raw", [file for file in layout.files if "annotation" in file], b"<annotation>")
    raw = open_source(write(tmp_path / "raw", [file for file in layout.files if "annotation" not in file]))
    surveys = {part.split: raw.survey(part.split, tmp_path, nothing) for part in raw.parts if part.sound}
    assert {split: survey.images for split, survey in surveys.items()} == layout.images
    table = next(iter(surveys.values())).table
    assert table is not None
    assert table.classes.names == layout.classes


@pytest.mark.parametrize("given", ["seg_train", "seg_train/seg_train"])
def test_the_folder_of_one_split_may_be_given(tmp_path: Path, given: str) -> None:
    raw = open_source(write(tmp_path, of("seg_train/seg_train", PETS)) / given)
    assert [part.split for part in raw.parts if part.sound] == ["train"]
    assert raw.survey("train", tmp_path, nothing).classes == 2


def test_the_folder_above_says_the_split_where_its_own_name_says_nothing(tmp_path: Path) -> None:
    raw = open_source(write(tmp_path, of("val/images", PETS)) / "val/images")
    assert [part.split for part in raw.parts if part.sound] == ["validation"]
