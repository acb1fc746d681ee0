import csv
import io
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from wizard.sources.classes import Classes, imagenet
from wizard.targets.image_files import dinov2
from wizard.targets.image_files.listing import Listing
from wizard.targets.written import Content

ANIMALS = Classes(names=("cat", "n01440764", "x, y"), words=("cat", "tench, Tinca tinca", "x, y"))
TRAIN = {"cat/cat_7.JPEG": 0, "n01440764/n01440764_10026.JPEG": 1, "x, y/x, y_0.JPEG": 2}
VALIDATION = {"cat/ILSVRC2012_val_00000002.JPEG": 0, "n01440764/ILSVRC2012_val_00000001.JPEG": 1}
TEST = {"ILSVRC2012_test_00000001.JPEG": -1, "ILSVRC2012_test_00100000.JPEG": -1}
FILES = {"train": TRAIN, "validation": VALIDATION, "test": TEST}


def loaded(content: Content) -> npt.NDArray[Any]:
    whole = content if isinstance(content, bytes) else b"".join(content)
    array: npt.NDArray[Any] = np.load(io.BytesIO(whole))
    return array


def arrays(split: str, classes: Classes = ANIMALS) -> dict[str, npt.NDArray[Any]]:
    files = FILES[split]
    keys = np.array([path.replace("/", "\0").encode() for path in files], np.bytes_)
    found = Listing(keys=keys, ranks=np.array([*files.values()], np.int16))
    return {path: loaded(content) for path, content in dinov2.arrays(split, found, classes).items()}


def test_entries_have_a_row_for_each_image_with_its_number_and_its_class() -> None:
    assert arrays("train")["extra/entries-TRAIN.npy"].tolist() == [
        (7, 0, "cat", "cat"),
        (10026, 1, "n01440764", "tench"),
        (0, 2, "x, y", "x, y"),
    ]
    assert arrays("validation")["extra/entries-VAL.npy"].tolist() == [
        (2, 0, "cat", "cat"),
        (1, 1, "n01440764", "tench"),
    ]


def test_entries_have_the_types_that_dinov2_saves() -> None:
    assert arrays("train")["extra/entries-TRAIN.npy"].dtype.descr == [
        ("actual_index", "<u4"),
        ("class_index", "<u4"),
        ("class_id", "<U9"),
        ("class_name", "<U5"),
    ]


def test_test_images_have_numbers_and_no_class() -> None:
    found = arrays("test")
    assert [*found] == ["extra/entries-TEST.npy"]
    (entries,) = found.values()
    assert entries.tolist() == [(1, 4294967295, "", ""), (100000, 4294967295, "", "")]
    assert entries.dtype.itemsize == 8


@pytest.mark.parametrize(("split", "suffix"), [("train", "TRAIN"), ("validation", "VAL")])
def test_ids_and_names_are_those_of_each_rank(split: str, suffix: str) -> None:
    found = arrays(split)
    assert found[f"extra/class-ids-{suffix}.npy"].tolist() == ["cat", "n01440764", "x, y"]
    assert found[f"extra/class-names-{suffix}.npy"].tolist() == ["cat", "tench", "x, y"]


def test_labels_are_csv_rows_of_id_and_name_in_the_order_of_ranks() -> None:
    rows = [*csv.reader(io.StringIO(dinov2.labels(imagenet()).decode()))]
    assert rows[0] == ["n01440764", "tench"]
    assert rows[-1] == ["n15075141", "toilet tissue"]
    assert [wnid for wnid, _ in rows] == list(imagenet().names)
    assert [*csv.reader(io.StringIO(dinov2.labels(ANIMALS).decode()))][2] == ["x, y", "x, y"]


@pytest.mark.parametrize(("split", "files"), FILES.items())
def test_images_named_as_in_the_archives_are_found(split: str, files: dict[str, int]) -> None:
    for path in files:
        assert dinov2.why_not(split, path, path.rpartition("/")[0]) == ""


@pytest.mark.parametrize(
    ("split", "path", "wnid"),
    [
        ("train", "cat/7.JPEG", "cat"),
        ("train", "cat/cat_7.jpg", "cat"),
        ("train", "cat/cat_07.JPEG", "cat"),
        ("train", "cat/cat_.JPEG", "cat"),
        ("train", "cat/cat_-7.JPEG", "cat"),
        ("train", "cat/cat_\u0667.JPEG", "cat"),
        ("train", "cat/cat_7.JPEG.JPEG", "cat"),
        ("train", "cat/cat_4294967296.JPEG", "cat"),
        ("train", "cat/old/cat_7.JPEG", "cat"),
        ("train", "cat/dog_7.JPEG", "cat"),
        ("validation", "cat/cat_7.JPEG", "cat"),
        ("validation", "cat/ILSVRC2012_val_7.JPEG", "cat"),
        ("validation", "cat/ILSVRC2012_test_00000001.JPEG", "cat"),
        ("test", "ILSVRC2012_val_00000001.JPEG", ""),
        ("test", "old/ILSVRC2012_test_00000001.JPEG", ""),
    ],
)
def test_an_image_that_dinov2_would_look_for_elsewhere_is_told(split: str, path: str, wnid: str) -> None:
    assert dinov2.why_not(split, path, wnid).startswith("DINOv2 looks for ")


def test_an_image_with_the_highest_number_is_found() -> None:
    assert dinov2.why_not("train", "cat/cat_4294967295.JPEG", "cat") == ""


def test_classes_are_wanted_in_train_and_not_in_test() -> None:
    assert "no class" in dinov2.why_not("train", "cat_1.JPEG", "")
    assert "has a class" in dinov2.why_not("test", "cat/ILSVRC2012_test_00000001.JPEG", "cat")


def test_splits_that_are_not_as_large_as_imagenet_s_are_told() -> None:
    assert [*dinov2.remarks({"train": 1_281_167, "validation": 50_000, "test": 100_000})] == []
    (text,) = dinov2.remarks({"train": 40, "validation": 50_000, "test": 99_999})
    assert "(40 instead of 1,281,167 in train, 99,999 instead of 100,000 in test)" in text
