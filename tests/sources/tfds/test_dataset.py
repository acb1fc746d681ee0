"""Datasets that tensorflow_datasets itself prepared: they are recognized, and read as the images that went in."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.helpers import build_dataset, contents, ignore
from tests.sources.making import nothing
from tests.sources.records.making import serialized
from tests.sources.tfds.making import (
    FORMS,
    copied,
    described,
    opened,
    refused,
    table,
    version,
)
from wizard.errors import InputError, UsageError
from wizard.ilsvrc2012.archives import SPLITS
from wizard.planning import resolve
from wizard.profile import check
from wizard.sources.classes import imagenet
from wizard.sources.opening import open_source
from wizard.sources.options import SourceOptions
from wizard.sources.samples import SampleTable
from wizard.sources.tfds.dataset import recognize

JPEG = b"\xff\xd8\xff\xe0"


def images(found: SampleTable) -> list[tuple[str, int, int, bytes]]:
    """Name, label, size and bytes of all images, read in the order of their names."""
    by_name = found.take(np.argsort(found.name))
    return [(each.sample.name, each.sample.label, each.sample.size, each.image) for each in by_name.contents()]


@pytest.mark.parametrize("form", FORMS)
def test_imagenet2012_has_the_names_labels_and_bytes_of_the_archives(
    archives: Path, prepared: Path, tmp_path: Path, form: str
) -> None:
    source, official = open_source(prepared / form / "imagenet2012"), open_source(archives)
    assert source.form == "image"
    for split in SPLITS:
        found = source.table(split, tmp_path, nothing)
        assert images(found) == images(official.table(split, tmp_path, nothing))
        assert found.classes == imagenet()
        assert not found.reader.in_order


@pytest.mark.parametrize(("form", "workers"), [("tfrecord", 2), ("array_record", 1), ("array_record", 2)])
def test_shards_from_imagenet2012_are_those_from_the_archives(
    raw: Path, prepared: Path, tmp_path: Path, form: str, workers: int
) -> None:
    shared: dict[str, Any] = {"image": {"resize": "shortest", "size": 24, "quality": 85}}
    build_dataset(raw, tmp_path / "official", source={"boxes": "none"}, **shared)
    build_dataset(
        prepared / form / "imagenet2012", tmp_path / form, source={"boxes": "none"}, run={"workers": workers}, **shared
    )
    assert contents(tmp_path / form) == contents(tmp_path / "official")
    assert (tmp_path / form / ".imagenet-setup/plan.json").read_bytes() == (
        tmp_path / "official/.imagenet-setup/plan.json"
    ).read_bytes()


@pytest.mark.parametrize("beside", ["", "5.1.0"])
def test_boxes_come_from_the_official_archives_beside(raw: Path, prepared: Path, tmp_path: Path, beside: str) -> None:
    folder = copied(prepared / "tfrecord" / "imagenet2012", tmp_path).parent
    assert not opened(folder).annotatable
    for archive in raw.glob("*bbox*"):
        shutil.copy(archive, folder / beside)
    build_dataset(raw, tmp_path / "official", source={"boxes": "all"})
    build_dataset(folder, tmp_path / "tfds", source={"boxes": "all"})
    assert contents(tmp_path / "tfds") == contents(tmp_path / "official")


@pytest.mark.parametrize("form", FORMS)
def test_images_without_names_are_numbered_through_their_split_in_either_form(prepared: Path, form: str) -> None:
    found = table(prepared / form / "breeds", "validation")
    assert found.name.tolist() == [f"breeds-validation-0000000{number}".encode() for number in range(5)]
    assert images(found) == images(table(prepared / "tfrecord/breeds", "validation"))


def test_classes_are_those_of_the_file_of_labels(prepared: Path) -> None:
    source = opened(prepared / "tfrecord" / "breeds")
    found = table(prepared / "tfrecord" / "breeds")
    assert found.classes.names == ("cat", "dog", "eel")
    assert sorted(found.label.tolist()) == [0] * 4 + [1] * 4 + [2] * 4
    assert "label.labels.txt" in source.labels_are


def test_of_two_class_labels_and_two_images_those_for_training_are_read_and_others_named(prepared: Path) -> None:
    data = prepared / "array_record" / "pets"
    found = table(data)
    assert found.classes.names == ("cat", "dog", "eel")
    assert sorted(found.name.tolist()) == sorted(f"train/{number}.jpg".encode() for number in range(12))
    assert all(each.image.startswith(JPEG[:3]) for each in found.contents())
    ignored = next(why for why in opened(data).why if "not read" in why)
    assert "head (BBoxFeature), mask (Image), objects (Sequence), species (ClassLabel)" in ignored


def test_nested_features_are_found_by_the_keys_that_they_have_in_records(prepared: Path) -> None:
    found = table(prepared / "tfrecord" / "nested")
    assert found.classes.names == ("cat", "dog", "eel")
    assert b"train_11" in found.name
    assert all(each.image.startswith(b"\x89PNG") for each in found.contents())


def test_a_dataset_without_one_class_for_each_image_is_refused_with_its_features(prepared: Path) -> None:
    match = r"1 feature of the type Image and no features of the type ClassLabel.*image \(Image\), labels \(Sequence\)"
    with pytest.raises(InputError, match=match):
        open_source(prepared / "tfrecord" / "scenes")


def test_classes_without_names_are_called_by_their_labels(prepared: Path) -> None:
    found = table(prepared / "tfrecord" / "unnamed")
    assert found.classes.names == tuple(f"{label:02}" for label in range(11))


def test_a_single_split_of_another_name_is_train(prepared: Path) -> None:
    assert len(table(prepared / "tfrecord" / "whole")) == 4


def test_splits_that_are_no_train_validation_or_test_are_named(prepared: Path) -> None:
    source = opened(prepared / "tfrecord" / "stl")
    assert [part.split for part in source.parts if part.path] == ["train", "test"]
    assert any("ignored: unlabelled" in why for why in source.why)


def test_shards_cannot_be_kept_because_records_become_images(prepared: Path, tmp_path: Path) -> None:
    source = {"path": str(prepared / "tfrecord" / "breeds")}
    kept = check({"source": source, "output": {"path": str(tmp_path), "shards": "keep"}}, "test")
    with pytest.raises(UsageError, match="the raw data are images"):
        resolve(kept, ignore)


def test_records_with_image_encoded_are_left_to_the_source_that_keeps_their_features(raw: Path, tmp_path: Path) -> None:
    build_dataset(raw, tmp_path / "out", output={"tfds": True})
    assert recognize(tmp_path / "out", SourceOptions()) is None
    assert open_source(tmp_path / "out").form == "example"


@pytest.mark.parametrize("form", FORMS)
def test_without_features_json_the_first_record_tells_what_the_features_are(
    archives: Path, prepared: Path, tmp_path: Path, form: str
) -> None:
    folder = copied(prepared / form / "imagenet2012", tmp_path)
    for name in ("features.json", "dataset_info.json", "label.labels.txt"):
        (folder / name).unlink()
    official = open_source(archives)
    for split in SPLITS:
        assert images(table(folder, split)) == images(official.table(split, tmp_path, nothing))


def test_without_any_names_classes_are_counted_through_all_splits(tmp_path: Path) -> None:
    folder = described(tmp_path, [serialized(_image=JPEG, _label=label) for label in (0, 3)])
    described(tmp_path, [serialized(_image=JPEG, _label=5)], split="validation")
    (folder / "features.json").unlink()
    (folder / "label.labels.txt").unlink()
    for split in ("train", "validation"):
        assert table(folder, split).classes.names == ("0", "1", "2", "3", "4", "5")


def test_synsets_in_another_order_get_imagenets_labels(tmp_path: Path) -> None:
    wnids = imagenet().names[::-1]
    folder = described(
        tmp_path,
        [serialized(_image=JPEG, _label=0, _file_name=b"n15075141_54.jpeg")],
        label={"pythonClassName": "a.ClassLabel", "classLabel": {"numClasses": "1000"}},
    )
    (folder / "label.labels.txt").write_text("\n".join(wnids))
    found = table(folder)
    assert (found.name.tolist(), found.label.tolist()) == ([b"n15075141_54.JPEG"], [999])
    assert found.classes.whole_imagenet


def test_some_synsets_get_imagenets_labels_if_asked(tmp_path: Path) -> None:
    folder = described(tmp_path, [serialized(_image=JPEG, _label=1)])
    (folder / "label.labels.txt").write_text("n01440764\nn01443537\n")
    assert table(folder).classes.names == ("n01440764", "n01443537")
    assert table(folder, labels="ilsvrc2012").classes.whole_imagenet
    assert opened(folder).label_choices == ("auto", "ilsvrc2012")


def test_class_names_that_no_folder_could_have_stay_words(tmp_path: Path) -> None:
    folder = described(tmp_path, [serialized(_image=JPEG, _label=1)])
    (folder / "label.labels.txt").write_text("/a/abbey\n/a/airfield\n")
    classes = table(folder).classes
    assert (classes.names, classes.words) == (("0", "1"), ("/a/abbey", "/a/airfield"))


def test_a_missing_split_is_a_missing_part_that_says_what_is_stated(prepared: Path, tmp_path: Path) -> None:
    folder = copied(prepared / "tfrecord" / "breeds", tmp_path)
    for path in folder.glob("breeds-validation.*"):
        path.unlink()
    refused(folder, r"breeds-validation\.\* \(3 files by dataset_info\.json\) is missing in", "validation")
    assert len(table(folder)) == 12


def test_only_the_descriptions_are_no_dataset(prepared: Path, tmp_path: Path) -> None:
    for name in ("features.json", "dataset_info.json"):
        shutil.copy(version(prepared / "tfrecord" / "breeds") / name, tmp_path)
    assert all(part.path is None for part in open_source(tmp_path).parts)


def test_datasets_in_other_forms_are_refused_with_the_command_that_converts_them(
    prepared: Path, tmp_path: Path
) -> None:
    folder = copied(prepared / "tfrecord" / "breeds", tmp_path)
    for path in folder.glob("breeds-*"):
        path.rename(path.with_name(path.name.replace("tfrecord", "riegeli")))
    with pytest.raises(InputError, match="as riegeli; only TFRecord and ArrayRecord are read") as refusal:
        open_source(folder)
    assert "tfds convert_format" in refusal.value.hint
