import csv
import io
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from wizard.sources.classes import Classes, imagenet
from wizard.targets.image_files import dinov2_extra
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
    return {path: loaded(content) for path, content in dinov2_extra.arrays(split, found, classes).items()}


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
    rows = [*csv.reader(io.StringIO(dinov2_extra.labels(imagenet()).decode()))]
    assert rows[0] == ["n01440764", "tench"]
    assert rows[-1] == ["n15075141", "toilet tissue"]
    assert [wnid for wnid, _ in rows] == list(imagenet().names)
    assert [*csv.reader(io.StringIO(dinov2_extra.labels(ANIMALS).decode()))][2] == ["x, y", "x, y"]
