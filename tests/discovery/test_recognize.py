"""The forms as their sources state them, told by names in real folders."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources.making import TENCH, write
from wizard.discovery.recognize import Recognizer
from wizard.sources.likely import Likely
from wizard.sources.registry import likely

NUMBER = "-00000-of-01024"


def listed(folder: str) -> Iterator["os.DirEntry[str]"]:
    if Path(folder).is_dir():
        yield from os.scandir(folder)


def recognized(folder: Path, *, imagenet: bool = False) -> str:
    found = Recognizer(likely(), listed)(listed(str(folder)), imagenet=imagenet)
    return ", ".join(f"{each.what} by {each.by}" for each in found)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("ILSVRC2012_img_train.tar", "the official archives by ILSVRC2012_img_train.tar"),
        ("ILSVRC2012_img_test_v10102019.tar", "the official archives by ILSVRC2012_img_test_v10102019.tar"),
        (f"ILSVRC/Data/CLS-LOC/train/{TENCH}/1.JPEG", "Kaggle's tree by ILSVRC"),
        (f"Data/CLS-LOC/train/{TENCH}/1.JPEG", "Kaggle's tree by Data"),
        (f"train/{TENCH}/1.JPEG", "ImageNet's class folders by train"),
        (f"train/{TENCH}.tar", "ImageNet's class folders by train"),
        ("val/ILSVRC2012_val_00000001.JPEG", "ImageNet's class folders by val"),
        (f"{TENCH}/1.JPEG", f"ImageNet's class folders by {TENCH}"),
        (
            "imagenet2012-train.tfrecord-00000-of-01024",
            "prepared by TFDS by imagenet2012-train.tfrecord-00000-of-01024",
        ),
        (
            "imagenet2012-train.array_record-00000-of-01024",
            "prepared by TFDS by imagenet2012-train.array_record-00000-of-01024",
        ),
        ("imagenet1k-train-0000.tar", "WebDataset shards by imagenet1k-train-0000.tar"),
        ("coco-train-0000.tar", ""),
        ("imagenette2-320.tgz", "Imagenette's archive by imagenette2-320.tgz"),
        ("winter21_whole.tar.gz", "ImageNet-21k's archive by winter21_whole.tar.gz"),
        ("n00004475.tar", "ImageNet's class folders by n00004475.tar"),
        ("data/train_images_0.tar.gz", "Hugging Face's old archives by data"),
        (f"coco-train.tfrecord{NUMBER}", ""),
        ("ILSVRC2012_bbox_train_v2.tar.gz", ""),
        ("ILSVRC2012_img_train.tar.part", ""),
        ("ILSVRC2012_img_train.tar/is-a-folder", ""),
        (f"docs/{TENCH}.html", ""),
        ("train/cats/1.jpg", ""),
        ("ILSVRC/README", ""),
    ],
)
def test_a_form_is_told_by_names(tmp_path: Path, file: str, expected: str) -> None:
    assert recognized(write(tmp_path, [file])) == expected


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("train-00000-of-01024", "TFRecords"),
        ("validation-00000-of-00128.tfrecord", "TFRecords"),
        ("train/train-00000-of-01024", "TFRecords"),
        ("train-000000.tar", "WebDataset shards"),
        ("train/train-000000.tar.gz", "WebDataset shards"),
        ("val/00017.tar", "WebDataset shards"),
        ("data/train-00000-of-00294.parquet", "Hugging Face's Parquet"),
        ("train-00000-of-00040-0a1b2c3d.parquet", "Hugging Face's Parquet"),
        ("snapshots/0a1b2c/data/train-00000-of-00294.parquet", "Hugging Face's Parquet"),
    ],
)
def test_names_that_any_data_has_count_where_imagenet_is_named(tmp_path: Path, file: str, expected: str) -> None:
    assert recognized(write(tmp_path, [file])) == ""
    assert recognized(tmp_path, imagenet=True).startswith(f"{expected} by ")


def test_the_first_form_that_fits_wins_whatever_the_folders_order(tmp_path: Path) -> None:
    write(tmp_path, [f"train/{TENCH}/1.JPEG", "ILSVRC2012_img_val.tar"])
    assert recognized(tmp_path).startswith("the official archives")


def test_many_folders_of_a_name_that_fits_are_not_all_looked_into(tmp_path: Path) -> None:
    write(tmp_path, [f"part-{number}/nothing" for number in range(100)])
    looks: list[str] = []

    def counted(folder: str) -> Iterator["os.DirEntry[str]"]:
        looks.append(folder)
        yield from listed(folder)

    forms = [Likely(what="parts", path=r"part-\d+/data\.bin")]
    assert Recognizer(forms, counted)(listed(str(tmp_path)), imagenet=True) == []
    assert len(looks) < 10


def test_files_that_are_raw_data_of_their_own_are_named_beside_the_folder(tmp_path: Path) -> None:
    write(tmp_path, ["b.zip", "a.zip", "train.tar", *(f"c{number}.zip" for number in range(9))])
    forms = [Likely(what="zips", path=r".*\.zip", alone=True), Likely(what="tars", path=r".*\.tar")]
    found = Recognizer(forms, listed)(listed(str(tmp_path)), imagenet=False)
    assert [(each.by, each.alone) for each in found][:2] == [("a.zip", True), ("b.zip", True)]
    assert [(each.by, each.alone) for each in found][4:] == [("train.tar", False)]


@pytest.mark.parametrize("path", ["(data/)?train", "(", "[a/b]"])
def test_a_form_whose_levels_are_no_regular_expressions_is_refused_where_it_is_stated(path: str) -> None:
    with pytest.raises(re.error):
        Likely(what="x", path=path)


def test_every_forms_words_fit_beside_a_path() -> None:
    assert max(len(form.what) for form in likely()) <= 28
