"""features.json of today and of old, dataset_info.json, and files of labels."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sources.records.making import serialized
from tests.sources.tfds.making import described, opened, refused, restate, state, table
from wizard.errors import InputError

JPEG = b"\xff\xd8\xff\xe0"
RECORDS = [serialized(_image=JPEG, _label=1, _file_name=b"a.jpg")]
_PLACE = "tensorflow_datasets.core.features"
# As TFDS wrote them until 4.4: features/feature.py, "Legacy mode"; and for a while with protobuf's JSON as text.
LEGACY = {
    "image": {
        "type": f"{_PLACE}.image_feature.Image",
        "content": {"shape": [None, None, 3], "dtype": "uint8", "encoding_format": "jpeg"},
    },
    "label": {"type": f"{_PLACE}.class_label_feature.ClassLabel", "content": {"num_classes": 2}},
    "file_name": {"type": f"{_PLACE}.text_feature.Text", "content": {}},
}
PROTO = {
    "image": {"pythonClassName": f"{_PLACE}.image_feature.Image", "image": {"dtype": "uint8"}},
    "label": {"pythonClassName": f"{_PLACE}.class_label_feature.ClassLabel", "classLabel": {"numClasses": "2"}},
}


@pytest.mark.parametrize(
    "top",
    [
        {"type": f"{_PLACE}.features_dict.FeaturesDict", "content": LEGACY},
        {
            "type": f"{_PLACE}.features_dict.FeaturesDict",
            "content": json.dumps({"features": PROTO}),
            "proto_cls": "tensorflow_datasets.FeaturesDict",
        },
    ],
    ids=["type and content", "protobuf as text"],
)
def test_features_as_old_versions_wrote_them_are_read(tmp_path: Path, top: dict[str, Any]) -> None:
    folder = described(tmp_path, RECORDS)
    (folder / "features.json").write_text(json.dumps(top))
    found = table(folder)
    assert (found.label.tolist(), found.classes.names) == ([1], ("car", "bus"))


def test_supervised_keys_as_old_versions_wrote_them_choose_the_label(tmp_path: Path) -> None:
    coarse = {"pythonClassName": f"{_PLACE}.class_label_feature.ClassLabel", "classLabel": {"numClasses": "9"}}
    folder = described(tmp_path, RECORDS, coarse_label=coarse)
    (folder / "dataset_info.json").write_text("{}")
    restate(folder, supervisedKeys={"input": "image", "output": "label"})
    assert table(folder).classes.names == ("car", "bus")


def test_two_class_labels_of_which_none_is_for_training_are_refused(tmp_path: Path) -> None:
    coarse = {"pythonClassName": f"{_PLACE}.class_label_feature.ClassLabel", "classLabel": {"numClasses": "9"}}
    refused(
        described(tmp_path, RECORDS, coarse_label=coarse),
        r"2 features of the type ClassLabel; expected one of each\. Its features: coarse_label \(ClassLabel\)",
    )


def test_images_of_other_pixels_than_integers_are_refused(tmp_path: Path) -> None:
    depth = {"pythonClassName": f"{_PLACE}.image_feature.Image", "image": {"dtype": "float32"}}
    refused(described(tmp_path, RECORDS, image=depth), "states pixels of float32 for image; expected uint8")


@pytest.mark.parametrize("name", ["features.json", "dataset_info.json"])
@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"featuresDict": 3, "splits": 3}',
        b'{"featuresDict": {"features": {"a": 1}}, "splits": [1]}',
        b'{"featuresDict": {"features": {"a": {"image": []}}}, "splits": [{"name": "train", "shardLengths": ["x"]}]}',
        b'{"featuresDict": {}, "supervisedKeys": {"tuple": []}}',
        b'{"type": "a.FeaturesDict", "content": "{", "splits": 1}',
        b"[" * 100_000,
    ],
)
def test_damaged_descriptions_are_refused_by_name(tmp_path: Path, name: str, content: bytes) -> None:
    folder = described(tmp_path, RECORDS)
    (folder / name).write_bytes(content)
    with pytest.raises(InputError, match=name):
        opened(folder)


@pytest.mark.parametrize("count", ["-1", "0", None])
def test_without_a_sound_number_of_classes_their_names_count(tmp_path: Path, count: str | None) -> None:
    label = {"pythonClassName": f"{_PLACE}.class_label_feature.ClassLabel", "classLabel": {"numClasses": count}}
    assert table(described(tmp_path, RECORDS, label=label)).classes.names == ("car", "bus")


def test_other_numbers_of_classes_than_names_are_refused(tmp_path: Path) -> None:
    folder = described(tmp_path, RECORDS)
    (folder / "label.labels.txt").write_text("car\nbus\n\n tram \n")
    refused(folder, r"label\.labels\.txt names 3 classes, but features\.json states 2")


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"car\nb\x1b[2Jus\n", "which has a control character"),
        (b"car\ncar\n", "names the class 'car' twice"),
        (b"car\n\xff\n", "is not UTF-8: .* at byte 4"),
    ],
)
def test_damaged_files_of_labels_are_refused(tmp_path: Path, content: bytes, match: str) -> None:
    folder = described(tmp_path, RECORDS)
    (folder / "label.labels.txt").write_bytes(content)
    refused(folder, match)


def test_a_feature_without_a_known_type_is_no_image(tmp_path: Path) -> None:
    folder = described(tmp_path, RECORDS)
    state(folder, {"image": {}, "label": PROTO["label"]})
    refused(folder, r"no features of the type Image .*image \(a feature of no known type\)")
