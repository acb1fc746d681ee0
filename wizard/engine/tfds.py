"""Metadata with which `tfds.builder_from_directory` opens the shards, written without tensorflow-datasets.

Source: what tensorflow-datasets 4.9.10 writes for the same features; the tests hold the files against it.
"""

import json
from collections.abc import Iterator, Mapping, Sized
from pathlib import Path
from typing import Any, Literal

import numpy as np

from wizard.commit_record import CommitRecord
from wizard.engine.plan import Plan
from wizard.engine.records import Entry, features
from wizard.engine.transform import Stored
from wizard.formats import example, tfrecord
from wizard.formats.resize import Resize, geometry
from wizard.sources.records.features import ENCODED, LABELS

INFO, FEATURES = "dataset_info.json", "features.json"
_OBJECTS = "image/object/"

Kind = Literal["string", "int64", "float32"]
Kinds = Mapping[str, tuple[Kind, bool]]
"""Of each feature, its kind and whether a record always has exactly one value of it."""
Json = dict[str, Any]


def metadata(plan: Plan, done: Mapping[str, CommitRecord], folder: Path) -> dict[str, bytes]:
    """The files by name: a feature for each of the records', under its own name; image and label can be had as a pair.

    The label is a ClassLabel that names the classes; label 0 of labels from 1 is "background". An unlabelled image
    keeps its -1, as in TFDS's own imagenet2012. Features that a source's records brought along are of one value where
    the first record of every shard has one, and else lists, which may also be missing; so are all of objects.

    Args:
        plan: of TFRecords.
        done: its shards by name.
        folder: the dataset's; shards are looked into only where the features are the source's.
    """
    kinds = _of_source(plan, folder) if plan.target.features == "source" else _of_ours(plan)
    typed = {name: _tensor(kind, is_one) for name, (kind, is_one) in kinds.items()} | {ENCODED: _IMAGE}
    label = next((name for name in LABELS if kinds.get(name) == ("int64", True)), None)
    files = {INFO: _text(_info(plan, done) | (_supervised(label) if label else {}))}
    if label is not None:
        names = _names(plan)
        typed[label] = _of("class_label_feature.ClassLabel", classLabel={"numClasses": str(len(names))})
        if _fit_lines(names):
            files[f"{label.replace('/', '.')}.labels.txt"] = "".join(f"{name}\n" for name in names).encode()
    return files | {FEATURES: _text(_of("features_dict.FeaturesDict", featuresDict={"features": typed}))}


def _of_ours(plan: Plan) -> Kinds:
    stored = Stored(jpeg=b"", way=geometry(Resize(mode="original"), 1, 1), converted="")
    entry = Entry(name="", wnid="", text="", label=0, boxes=np.empty((0, 4)), stored=stored)
    written = features(entry, objects=plan.target.features == "inception")
    return {name: (_kind(value), not name.startswith(_OBJECTS)) for name, value in written.items()}


def _of_source(plan: Plan, folder: Path) -> Kinds:
    """From the first record of every shard; a feature that has no value in any, or two kinds of them, is left out."""
    kinds: dict[str, set[Kind]] = {}
    lists: set[str] = set()
    records = [example.entries(payload) for payload in _first_records(plan, folder)]
    for name in {name for record in records for name in record}:
        for record in records:
            values = example.values(record.get(name, b""))
            if len(values):
                kinds.setdefault(name, set()).add(_kind(values))
            if len(values) != 1 or name.startswith(_OBJECTS):
                lists.add(name)
    return {name: (kind, name not in lists) for name, found in kinds.items() if len(found) == 1 for kind in found}


def _first_records(plan: Plan, folder: Path) -> Iterator[bytes]:
    for shard in plan.shard_names:
        with (folder / plan.target.file(shard)).open("rb") as file:
            for record in tfrecord.records(file):
                yield record.payload
                break


def _kind(value: Sized) -> Kind:
    if isinstance(value, np.ndarray):
        return "float32"
    return "int64" if isinstance(value, tuple) else "string"


def _names(plan: Plan) -> list[str]:
    """What each label is called, from 0."""
    unused = "background"
    while unused in plan.classes.names:
        unused = f"_{unused}"
    return [unused] * plan.label_base + list(plan.classes.names)


def _fit_lines(names: list[str]) -> bool:
    """Whether TFDS, which strips the lines and drops empty ones, reads back just these names."""
    return all(names) and "\n".join(names).split("\n") == [name.strip() for name in names]


def _info(plan: Plan, done: Mapping[str, CommitRecord]) -> Json:
    whole = plan.classes.whole_imagenet
    shards = [done[name] for name in plan.shard_names]
    return {
        "name": "ilsvrc2012" if whole else "images",
        "version": "1.0.0",
        "description": f"{'ILSVRC2012' if whole else 'Images'} as imagenet-setup wrote it; dataset.json says how.",
        "fileFormat": "tfrecord",
        "splits": [_split(plan, [shard for shard in shards if shard.split == split.split]) for split in plan.splits],
    }


def _supervised(label: str) -> Json:
    """What `as_supervised=True` gives."""
    keys = [{"featureKey": ENCODED}, {"featureKey": label}]
    return {"supervisedKeys": {"tuple": {"items": keys}}}


def _split(plan: Plan, shards: list[CommitRecord]) -> Json:
    first = shards[0].shard
    return {
        "name": shards[0].split,
        "filepathTemplate": plan.target.file(first).removesuffix(first) + "{SPLIT}-{SHARD_X_OF_Y}",
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
