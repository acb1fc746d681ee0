import dataclasses
import pathlib
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf

from tests.helpers import TRAIN, build_dataset
from tests.show.test_summary import EVENT, SPLIT
from wizard.engine.build_result import BuildResult
from wizard.show.summary import loading
from wizard.targets.image_files.target import ClassFolders, FlatFolders
from wizard.targets.registry import TARGETS as TARGETS_BY_NAME
from wizard.targets.tfrecord.target import TFRecords
from wizard.targets.webdataset.target import WebDataset

TEST = dataclasses.replace(SPLIT, split="test", unlabelled=10)
LABELLED_TEST = dataclasses.replace(SPLIT, split="test")
VALIDATION = dataclasses.replace(SPLIT, split="validation")


def text(**changes: Any) -> str:
    return "\n".join(loading(dataclasses.replace(EVENT, **changes)))


def code(event: BuildResult, label: str) -> str:
    """The lines of a snippet, joined."""
    lines = loading(event)
    start = next(place for place, line in enumerate(lines) if line.startswith(f"  {label} "))
    rest = lines[start + 1 :]
    end = next((place for place, line in enumerate(rest) if not line.startswith("     ")), len(rest))
    return "\n".join([lines[start].removeprefix(f"  {label}").strip(), *rest[:end]])


@pytest.mark.parametrize("output", [{}, {"split_folders": True}, {"features": "tpu", "index": False}])
def test_the_code_for_tf_data_reads_the_shards(raw: Path, tmp_path: Path, output: dict[str, Any]) -> None:
    event = build_dataset(raw, tmp_path / "out", output=output)
    records = list(eval(code(event, "tf.data"), {"tf": tf}))
    assert len(records) == TRAIN
    assert {int(record["image/class/label"]) for record in records} == {1, 2, 3, 4}


def test_the_code_for_flat_files_finds_images_and_their_classes(raw: Path, tmp_path: Path) -> None:
    event = build_dataset(raw, tmp_path / "out", output={"format": "flat"})
    found = eval(code(event, "Python"), {"pathlib": pathlib})
    assert len(found) == TRAIN
    assert ("n01440764_10.JPEG", "n01440764") in [(file.name, name) for file, name in found]
    assert len(list(eval(code(event, "tf.data"), {"tf": tf}))) == TRAIN


def test_globs_name_the_folder_of_the_split() -> None:
    assert '"/out/tfrecord_train/train-*"' in text(target=TFRecords(split_folders=True))
    assert '"/out/tfrecord_val/validation-*"' in text(target=TFRecords(split_folders=True), splits=(VALIDATION,))


def test_dali_is_suggested_only_for_shards_with_an_index() -> None:
    assert 'index_path=sorted(glob("/out/idx/train-*"))' in text()
    assert "DALI" not in text(target=TFRecords(index=False))


def test_features_of_a_source_are_said_to_be_named_there() -> None:
    assert "features have the names that the source gave them" in text(target=TFRecords(features="source"))


def test_labels_count_the_classes_that_there_are() -> None:
    assert "labels are 0 to 2;" in text(classes=3, label_base=0)
    assert "labels are 1 to 3, 0 is unused, -1 in test;" in text(classes=3, splits=(SPLIT, TEST))
    assert "labels are 1 to 3, 0 is unused;" in text(classes=3, splits=(SPLIT, LABELLED_TEST))


def test_a_webdataset_is_opened_by_its_tars() -> None:
    said = text(target=WebDataset(), label_base=0)
    assert 'sorted(glob("/out/train-*.tar"))' in said
    assert "shardshuffle=100).shuffle(1000)" in said
    assert "shardshuffle=False)" in text(target=WebDataset(), splits=(VALIDATION,))


def test_class_folders_are_opened_by_pytorch_timm_and_keras() -> None:
    said = text(target=ClassFolders())
    assert 'torchvision.datasets.ImageFolder("/out/train")' in said
    assert 'timm.data.create_dataset("", root="/out", split="train")' in said
    assert 'keras.utils.image_dataset_from_directory("/out/train"' in said
    assert 'ImageFolder("/out/val")' in text(target=ClassFolders(), splits=(TEST, VALIDATION))


@pytest.mark.parametrize(("form", "folder"), [("folders", "/out/test"), ("flat", "/out/test_flatten")])
def test_images_without_classes_are_just_listed(form: str, folder: str) -> None:
    said = text(target=TARGETS_BY_NAME[form](), splits=(TEST,))
    assert f"the images lie in {folder}" in said
    assert f'list_files("{folder}/*")' in said


def test_flat_files_of_other_classes_point_to_their_list() -> None:
    assert "classes.txt" in text(target=FlatFolders(), imagenet=False)


@pytest.mark.parametrize("form", ["tfrecord", "webdataset", "folders", "flat"])
def test_the_command_that_checks_comes_first(form: str) -> None:
    assert text(target=TARGETS_BY_NAME[form]()).startswith("Check it   imagenet-setup verify /out\n")
