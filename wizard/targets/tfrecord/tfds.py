"""Metadata with which `tfds.builder_from_directory` opens the shards, written without tensorflow-datasets.

Source: what tensorflow-datasets 4.9.10 writes for the same features; the tests hold the files against it.
"""

import json
from collections.abc import Callable, Mapping, Sequence, Sized
from pathlib import Path
from typing import Any, Literal

import numpy as np

from wizard.commit_record import CommitRecord
from wizard.formats import example, tfrecord
from wizard.formats.resize import Resize, geometry
from wizard.ilsvrc2012.feature_names import ENCODED, LABELS
from wizard.targets.dataset import BuiltDataset
from wizard.targets.sample import OutputSample, StoredImage
from wizard.targets.tfrecord.features import features_of

INFO, FEATURES = "dataset_info.json", "features.json"
_OBJECTS = "image/object/"

Kind = Literal["string", "int64", "float32"]
Kinds = Mapping[str, tuple[Kind, bool]]
"""Of each feature, its kind and whether a record always has exactly one value of it."""
Json = dict[str, Any]


def metadata(dataset: BuiltDataset, kinds: Kinds, path: Callable[[str], str]) -> dict[str, bytes]:
    """The files by name: a feature for each of the records', under its own name; image and label can be had as a pair.

    The label is a ClassLabel that names the classes; label 0 of labels from 1 is "background". An unlabelled image
    keeps its -1, as in TFDS's own imagenet2012. `path` gives a shard's file below the dataset's folder.
    """
    typed = {name: _tensor(kind, is_one) for name, (kind, is_one) in kinds.items()} | {ENCODED: _IMAGE}
    label = next((name for name in LABELS if kinds.get(name) == ("int64", True)), None)
    info, files = _info(dataset, path), {}
    if label is not None:
        # What `as_supervised=True` gives.
        info["supervisedKeys"] = {"tuple": {"items": [{"featureKey": ENCODED}, {"featureKey": label}]}}
        names = _names(dataset)
        typed[label] = _of("class_label_feature.ClassLabel", classLabel={"numClasses": str(len(names))})
        # TFDS strips the lines and drops empty ones, and then reads back other names.
        if all(names) and "\n".join(names).split("\n") == [name.strip() for name in names]:
            files[f"{label.replace('/', '.')}.labels.txt"] = "".join(f"{name}\n" for name in names).encode()
    features = _of("features_dict.FeaturesDict", featuresDict={"features": typed})
    return {INFO: _text(info), **files, FEATURES: _text(features)}


def kinds(with_objects: bool) -> Kinds:
    """The kinds of the features that `features_of` gives."""
    stored = StoredImage(jpeg=b"", geometry=geometry(Resize(mode="original"), 1, 1), converted="")
    sample = OutputSample(name="", wnid="", text="", label=0, boxes=np.empty((0, 4)), stored=stored)
    written = features_of(sample, with_objects=with_objects)
    return {name: (_kind(value), not name.startswith(_OBJECTS)) for name, value in written.items()}


def kinds_of_source(dataset: BuiltDataset, path: Callable[[str], str]) -> Kinds:
    """The kinds of the features that a source's records brought along, from the first record of every shard.

    A feature is of one value where all of these records have one, and else a list, which may also be missing; so are
    all of objects. A feature that has no value in any of them, or two kinds of values, is left out.

    Raises:
        OSError: a shard cannot be read.
    """
    found: dict[str, set[Kind]] = {}
    lists: set[str] = set()
    firsts = (first_record(dataset.folder / path(shard.shard)) for shard in dataset.shards)
    records = [record for record in firsts if record]
    for name in set().union(*records):
        for record in records:
            values = example.values(record.get(name, b""))
            if len(values):
                found.setdefault(name, set()).add(_kind(values))
            if len(values) != 1 or name.startswith(_OBJECTS):
                lists.add(name)
    return {name: (next(iter(each)), name not in lists) for name, each in found.items() if len(each) == 1}


def first_record(shard: Path) -> dict[str, bytes]:
    """The serialised features of a shard's first record, by name; empty where there is none.

    Raises:
        OSError: the shard cannot be read.
        tfrecord.RecordDamage, example.ExampleDamage: it is damaged.
    """
    with shard.open("rb") as file:
        record = next(tfrecord.records(file), None)
    return {} if record is None else dict(example.entries(record.payload))


def _kind(value: Sized) -> Kind:
    if isinstance(value, np.ndarray):
        return "float32"
    return "int64" if isinstance(value, tuple) else "string"


def _names(dataset: BuiltDataset) -> list[str]:
    unused = "background"
    while unused in dataset.classes.names:
        unused = f"_{unused}"
    return [unused] * dataset.label_base + list(dataset.classes.names)


def _info(dataset: BuiltDataset, path: Callable[[str], str]) -> Json:
    whole = dataset.classes.whole_imagenet
    splits: dict[str, list[CommitRecord]] = {}
    for shard in dataset.shards:
        splits.setdefault(shard.split, []).append(shard)
    return {
        "name": "ilsvrc2012" if whole else "images",
        "version": "1.0.0",
        "description": f"{'ILSVRC2012' if whole else 'Images'} as imagenet-setup wrote it; dataset.json says how.",
        "fileFormat": "tfrecord",
        "splits": [_split(shards, path) for shards in splits.values()],
    }


def _split(shards: Sequence[CommitRecord], path: Callable[[str], str]) -> Json:
    first = shards[0].shard
    return {
        "name": shards[0].split,
        "filepathTemplate": path(first).removesuffix(first) + "{SPLIT}-{SHARD_X_OF_Y}",
        "numBytes": str(sum(shard.bytes_out for shard in shards)),
        "shardLengths": [str(shard.images) for shard in shards],
    }


def _tensor(kind: Kind, is_one: bool) -> Json:
    if is_one and kind == "string":
        return _of("text_feature.Text", text={})
    shape = {} if is_one else {"dimensions": ["-1"]}
    return _of("tensor_feature.Tensor", tensor={"dtype": kind, "encoding": "none", "shape": shape})


def _of(python_class: str, **content: Json) -> Json:
    return {"pythonClassName": f"tensorflow_datasets.core.features.{python_class}", **content}


_IMAGE = _of(
    "image_feature.Image",
    image={"dtype": "uint8", "encodingFormat": "jpeg", "shape": {"dimensions": ["-1", "-1", "3"]}},
)


def _text(content: Json) -> bytes:
    return json.dumps(content, indent=4, sort_keys=True).encode()
