"""Metadata with which TFDS opens a dataset, written without tensorflow-datasets.

Source: what tensorflow-datasets 4.9.10 writes for the same features; the tests hold the files against it.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from wizard.commit_record import CommitRecord
from wizard.sources.tfds.info import BY_THIS_PROGRAM
from wizard.targets.dataset import BuiltDataset

INFO, FEATURES = "dataset_info.json", "features.json"

FileFormat = Literal["tfrecord", "array_record"]
"""The container of the records, by TFDS's name for it."""
Kind = Literal["string", "int64", "float32"]
Json = dict[str, Any]
_SUBJECT = {True: "ILSVRC2012", False: "Images"}


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What TFDS has to know of a dataset beside its features.

    Attributes:
        form: the container of its records.
        template: the names of its shards, in TFDS's variables.
        path: gives a shard's file, below the folder of the metadata.
        supervised: the features that `as_supervised=True` gives: an image and its label; empty for none.
    """

    form: FileFormat
    template: str
    path: Callable[[str], str]
    supervised: tuple[str, ...]


def image() -> Json:
    """A feature: an encoded JPEG, which TFDS decodes."""
    pixels = {"dtype": "uint8", "encodingFormat": "jpeg", "shape": {"dimensions": ["-1", "-1", "3"]}}
    return _of("image_feature.Image", image=pixels)


def text() -> Json:
    """A feature: a string."""
    return _of("text_feature.Text", text={})


def class_label(classes: int) -> Json:
    """A feature: the number of a class, or -1 for none."""
    return _of("class_label_feature.ClassLabel", classLabel={"numClasses": str(classes)})


def tensor(kind: Kind, *, is_one: bool) -> Json:
    """A feature: a value, or a list of any length."""
    if is_one and kind == "string":
        return text()
    shape = {} if is_one else {"dimensions": ["-1"]}
    return _of("tensor_feature.Tensor", tensor={"dtype": kind, "encoding": "none", "shape": shape})


def features_json(features: Mapping[str, Json]) -> dict[str, bytes]:
    """features.json, by its name."""
    return {FEATURES: _text(_of("features_dict.FeaturesDict", featuresDict={"features": features}))}


def labels_file(label: str, names: Sequence[str]) -> dict[str, bytes]:
    """The file that names the classes of a feature, by its name; nothing if TFDS would read other names from it.

    It strips the lines and drops empty ones.
    """
    if not all(names) or "\n".join(names).split("\n") != [name.strip() for name in names]:
        return {}
    return {f"{label.replace('/', '.')}.labels.txt": "".join(f"{name}\n" for name in names).encode()}


def info_json(dataset: BuiltDataset, shape: Shape, named: Json | None = None) -> dict[str, bytes]:
    """dataset_info.json, by its name; `named` is what else, or else, is said of a dataset that TFDS knows by name."""
    whole = dataset.classes.whole_imagenet
    splits: dict[str, list[CommitRecord]] = {}
    for shard in dataset.shards:
        splits.setdefault(shard.split, []).append(shard)
    info: Json = {
        "name": "ilsvrc2012" if whole else "images",
        "version": "1.0.0",
        "description": f"{_SUBJECT[whole]} {BY_THIS_PROGRAM}; dataset.json says how.",
        "fileFormat": shape.form,
        "splits": [_split(shards, shape) for shards in splits.values()],
    }
    if shape.supervised:
        items = [{"featureKey": feature} for feature in shape.supervised]
        info["supervisedKeys"] = {"tuple": {"items": items}}
    return {INFO: _text(info | (named or {}))}


def _split(shards: Sequence[CommitRecord], shape: Shape) -> Json:
    folder = shape.path(shards[0].shard).rpartition("/")
    return {
        "name": shards[0].split,
        "filepathTemplate": folder[0] + folder[1] + shape.template,
        "numBytes": str(sum(shard.bytes_out for shard in shards)),
        "shardLengths": [str(shard.images) for shard in shards],
    }


def _of(python_class: str, **content: Json) -> Json:
    return {"pythonClassName": f"tensorflow_datasets.core.features.{python_class}", **content}


def _text(content: Json) -> bytes:
    return json.dumps(content, indent=4, sort_keys=True).encode()
