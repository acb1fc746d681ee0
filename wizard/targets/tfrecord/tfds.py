"""Metadata with which `tfds.builder_from_directory` opens the shards, written without tensorflow-datasets.

Source: what tensorflow-datasets 4.9.10 writes for the same features; the tests hold the files against it.
"""

from collections.abc import Callable, Mapping, Sized
from pathlib import Path

import numpy as np

from wizard.formats import example, tfrecord
from wizard.formats.resize import Resize, geometry
from wizard.ilsvrc2012.feature_names import ENCODED, LABELS
from wizard.targets.dataset import BuiltDataset
from wizard.targets.labels import from_zero
from wizard.targets.sample import OutputSample, StoredImage
from wizard.targets.tfds.metadata import (
    Kind,
    Shape,
    class_label,
    features_json,
    image,
    info_json,
    labels_file,
    tensor,
)
from wizard.targets.tfrecord.features import features_of

_OBJECTS = "image/object/"

Kinds = Mapping[str, tuple[Kind, bool]]
"""Of each feature, its kind and whether a record always has exactly one value of it."""


def metadata(dataset: BuiltDataset, kinds: Kinds, path: Callable[[str], str]) -> dict[str, bytes]:
    """The files by name: a feature for each of the records', under its own name; image and label can be had as a pair.

    The label is a ClassLabel that names the classes; label 0 of labels from 1 is "background". An unlabelled image
    keeps its -1, as in TFDS's own imagenet2012. `path` gives a shard's file below the dataset's folder.
    """
    typed = {name: tensor(kind, is_one=is_one) for name, (kind, is_one) in kinds.items()} | {ENCODED: image()}
    label = next((name for name in LABELS if kinds.get(name) == ("int64", True)), None)
    files = {}
    if label is not None:
        names = from_zero(dataset.classes.names, dataset.label_base)
        typed[label] = class_label(len(names))
        files = labels_file(label, names)
    shape = Shape(
        form="tfrecord",
        template="{SPLIT}-{SHARD_X_OF_Y}",
        path=path,
        supervised=() if label is None else (ENCODED, label),
    )
    return info_json(dataset, shape) | files | features_json(typed)


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
