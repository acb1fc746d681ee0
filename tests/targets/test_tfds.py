import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from wizard.commit_record import CommitRecord
from wizard.engine.plan import Plan, in_source_order
from wizard.engine.transform import Recipe
from wizard.formats.resize import Resize
from wizard.sources.classes import Classes
from wizard.sources.samples import in_one_file
from wizard.targets.dataset import BuiltDataset
from wizard.targets.target import Target
from wizard.targets.tfrecord.target import TFRecords

KEPT = Recipe(resize=Resize(mode="original"), quality=None)
ANIMALS = ("cat", "dog")
NAMES = "image.class.label.labels.txt"
OF_SOURCE = TFRecords(features="source", tfds=True)
Values = Sequence[bytes] | Sequence[int] | Sequence[float]
Record = Mapping[str, Values]


def planned(
    images: Mapping[str, int] | None = None,
    *,
    shards: int = 2,
    classes: tuple[str, ...] = ANIMALS,
    base: int = 1,
    target: Target | None = None,
) -> Plan:
    """A plan of this many unlabelled images a split."""
    splits = []
    for split, count in (images or {"train": 4}).items():
        table = in_one_file(
            "raw",
            name=np.array([b"%d" % i for i in range(count)]),
            offset=np.arange(count),
            size=np.ones(count, np.int64),
            label=np.full(count, -1, np.int16),
        )
        table = replace(table, classes=Classes(names=classes, words=classes))
        splits.append(in_source_order(split, table, KEPT, shards=shards))
    return Plan(splits=tuple(splits), label_base=base, seed=1, target=target or TFRecords(tfds=True))


def done(plan: Plan, images: int = 2) -> dict[str, CommitRecord]:
    return {
        name: CommitRecord(
            shard=name, split=name.partition("-")[0], images=images, boxes=0, bytes_in=1, bytes_out=10, sha256=""
        )
        for name in plan.shard_names
    }


def metadata(plan: Plan, done: Mapping[str, CommitRecord], folder: Path) -> dict[str, bytes]:
    """The files that are written for TFDS, by name."""
    shards = [done[name] for name in plan.shard_names]
    target = plan.target
    assert isinstance(target, TFRecords)
    return replace(target, tfds=True).sidecars(
        BuiltDataset(folder=folder, classes=plan.classes, label_base=plan.label_base, shards=shards)
    )


def described(plan: Plan, folder: Path = Path("nowhere")) -> dict[str, dict[str, Any]]:
    """What features.json says of each feature, by its name."""
    found: dict[str, dict[str, Any]] = json.loads(metadata(plan, done(plan), folder)["features.json"])["featuresDict"]
    return found["features"]


def of_source(folder: Path, *records: Record) -> dict[str, str]:
    """How features are described whose shards begin with these records: the class of each by its name."""
    plan = planned(shards=len(records), target=OF_SOURCE)
    for name, record in zip(plan.shard_names, records, strict=True):
        write(folder / name, record)
    return {name: kind_of(node) for name, node in described(plan, folder).items()}


def kind_of(node: dict[str, Any]) -> str:
    if "tensor" not in node:
        return str(node["pythonClassName"]).rpartition(".")[2]
    return f"{node['tensor']['dtype']}{'[]' if node['tensor']['shape'] else ''}"


def write(path: Path, *records: Record) -> None:
    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in records:
            listed = {name: feature(values) for name, values in record.items()}
            writer.write(tf.train.Example(features=tf.train.Features(feature=listed)).SerializeToString())


def feature(values: Values) -> Any:
    if all(isinstance(value, bytes) for value in values):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))
    if all(isinstance(value, int) for value in values):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=values))
    return tf.train.Feature(float_list=tf.train.FloatList(value=values))


def test_label_0_is_background_where_labels_start_at_1() -> None:
    plan = planned(base=1)
    assert metadata(plan, done(plan), Path())[NAMES] == b"background\ncat\ndog\n"
    assert described(plan)["image/class/label"]["classLabel"] == {"numClasses": "3"}


def test_labels_that_start_at_0_have_no_background() -> None:
    plan = planned(base=0)
    assert metadata(plan, done(plan), Path())[NAMES] == b"cat\ndog\n"
    assert described(plan)["image/class/label"]["classLabel"] == {"numClasses": "2"}


def test_a_class_that_is_called_background_keeps_its_name() -> None:
    plan = planned(classes=("background", "cat"))
    assert metadata(plan, done(plan), Path())[NAMES] == b"_background\nbackground\ncat\n"


@pytest.mark.parametrize("name", ["a\nb", " cat", ""])
def test_names_that_tfds_would_read_otherwise_are_not_written(name: str) -> None:
    plan = planned(classes=(name, "dog"))
    assert set(metadata(plan, done(plan), Path())) == {"dataset_info.json", "features.json"}
    assert described(plan)["image/class/label"]["classLabel"] == {"numClasses": "3"}


def test_a_split_has_the_lengths_that_its_shards_came_to() -> None:
    plan = planned({"train": 4, "validation": 2})
    results = done(plan, images=2)
    results["train-00001-of-00002"] = done(plan, images=1)["train-00001-of-00002"]
    train, validation = json.loads(metadata(plan, results, Path())["dataset_info.json"])["splits"]
    assert (train["name"], train["shardLengths"], train["numBytes"]) == ("train", ["2", "1"], "20")
    assert (validation["name"], validation["filepathTemplate"]) == ("validation", "{SPLIT}-{SHARD_X_OF_Y}")


def test_shards_in_folders_of_their_own_are_found_there() -> None:
    plan = planned({"validation": 2}, target=TFRecords(split_folders=True, tfds=True))
    (split,) = json.loads(metadata(plan, done(plan), Path())["dataset_info.json"])["splits"]
    assert split["filepathTemplate"] == "tfrecord_val/{SPLIT}-{SHARD_X_OF_Y}"


def test_the_features_are_those_that_the_records_have() -> None:
    names = set(described(planned()))
    assert len(names) == 15
    assert names - set(described(planned(target=TFRecords(features="tpu")))) == {
        "image/class/text",
        *(f"image/object/bbox/{field}" for field in ("xmin", "ymin", "xmax", "ymax", "label")),
    }


def test_a_source_s_features_are_single_where_every_shard_begins_with_a_single_one(tmp_path: Path) -> None:
    one: Record = {"image/encoded": [b"jpeg"], "image/class/label": [2], "height": [7], "tags": [b"a"]}
    other: Record = {"image/encoded": [b"jpeg"], "image/class/label": [1], "height": [8], "tags": [b"a", b"b"]}
    assert of_source(tmp_path, one, other) == {
        "image/encoded": "Image",
        "image/class/label": "ClassLabel",
        "height": "int64",
        "tags": "string[]",
    }


def test_a_source_s_feature_that_is_missing_somewhere_is_a_list(tmp_path: Path) -> None:
    found = of_source(tmp_path, {"image/encoded": [b"jpeg"], "depth": [0.5]}, {"image/encoded": [b"jpeg"]})
    assert found["depth"] == "float32[]"


def test_features_of_a_source_s_objects_are_lists_even_where_every_image_has_one(tmp_path: Path) -> None:
    found = of_source(tmp_path, {"image/encoded": [b"jpeg"], "image/object/bbox/xmin": [0.5]})
    assert found["image/object/bbox/xmin"] == "float32[]"


def test_a_source_s_feature_without_values_or_of_two_kinds_is_left_out(tmp_path: Path) -> None:
    one: Record = {"image/encoded": [b"jpeg"], "none": [], "mixed": [1]}
    other: Record = {"image/encoded": [b"jpeg"], "mixed": [0.5]}
    assert set(of_source(tmp_path, one, other)) == {"image/encoded"}


def test_a_name_may_begin_with_another_s(tmp_path: Path) -> None:
    found = of_source(tmp_path, {"image/encoded": [b"jpeg"], "image": [b"raw"], "image/id/short": [1], "image/id": [2]})
    assert set(found) == {"image/encoded", "image", "image/id", "image/id/short"}


def test_a_label_of_another_name_names_the_classes_too(tmp_path: Path) -> None:
    plan = planned(shards=1, target=OF_SOURCE)
    write(tmp_path / plan.shard_names[0], {"image/encoded": [b"jpeg"], "label": [2]})
    files = metadata(plan, done(plan), tmp_path)
    assert files["label.labels.txt"] == b"background\ncat\ndog\n"


def test_a_source_s_empty_shard_says_nothing_about_features(tmp_path: Path) -> None:
    plan = planned(shards=2, target=OF_SOURCE)
    write(tmp_path / plan.shard_names[0])
    write(tmp_path / plan.shard_names[1], {"image/encoded": [b"jpeg"], "height": [2]})
    assert kind_of(described(plan, tmp_path)["height"]) == "int64"
