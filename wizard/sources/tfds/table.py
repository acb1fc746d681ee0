"""The records of a split of TFDS as a table of images."""

import numpy as np
import numpy.typing as npt

from wizard.errors import InputError
from wizard.ilsvrc2012.archives import Split
from wizard.ilsvrc2012.synsets import is_test_image, synsets
from wizard.sources.classes import UNLABELED
from wizard.sources.locate import ON_BAD_IMAGE
from wizard.sources.rows import unusable
from wizard.sources.samples import SampleTable, labels_by_rank
from wizard.sources.tfds.classes import LabelMap
from wizard.sources.tfds.columns import Columns
from wizard.sources.tfds.info import AGAIN
from wizard.sources.tfds.reader import array_record_reader, tfrecord_reader
from wizard.sources.tfds.rows import NOTHING_SAID
from wizard.sources.tfds.schema import Schema

_DIGITS = 8
_SKIP = f"{AGAIN}, or {ON_BAD_IMAGE}"
_Flags = npt.NDArray[np.bool_]


def image_table(split: Split, columns: Columns, schema: Schema, labels: LabelMap) -> SampleTable:
    """The table of a split's images.

    Raises:
        InputError: a label is not one of the classes, or missing in train or validation; or an image of ImageNet is
            there twice, or with another class's label.
    """
    count = len(columns)
    shards = columns.shards
    grouped = bool(columns.grouped[0])
    arrays = {"image": columns.image, "size": columns.size}
    return SampleTable(
        files=tuple(map(str, shards.files)),
        file=columns.file,
        inside=np.zeros(count, "S1"),
        offset=columns.offset,
        size=columns.size,
        name=_names(columns),
        label=_labels(split, columns, schema, labels),
        first_box=np.zeros(count + 1, np.int64),
        boxes=np.empty((0, 4)),
        classes=labels.classes,
        source_labels=labels_by_rank(labels.rank, 0, len(labels.classes)),
        reader=tfrecord_reader(schema.image)
        if shards.form == "tfrecord"
        else array_record_reader(schema.image, grouped=grouped),
        unusable=unusable(columns.where, arrays, _SKIP),
    )


def _labels(split: Split, columns: Columns, schema: Schema, labels: LabelMap) -> npt.NDArray[np.int16]:
    missing = columns.label == UNLABELED
    if missing.any() and split != "test":
        raise InputError(
            f"{_first_of(columns, missing)} has the label -1 in {schema.label}, which is none; {split} needs one in "
            "each record.",
            f"{AGAIN}, or leave {split} out with source.splits",
        )
    last = len(labels.rank) - 1
    unknown = columns.label > last
    if unknown.any():
        label = columns.label[unknown][0]
        named = f"{schema.labels_file} names" if schema.labels_file else "there are"
        raise InputError(
            f"{_first_of(columns, unknown)} has the label {label:,}, but {named} {last + 1:,} classes, 0 to {last:,}.",
            AGAIN,
        )
    known = np.where(missing, 0, columns.label)
    _refuse_contradictions(split, columns, np.where(missing, NOTHING_SAID, labels.said[known]), labels)
    return np.where(missing, UNLABELED, labels.rank[known]).astype(np.int16)


def _refuse_contradictions(split: Split, columns: Columns, said: npt.NDArray[np.int16], labels: LabelMap) -> None:
    """An image of ImageNet must have the class that its name says; a subset's makers may renumber validation images."""
    if split != "train" and not labels.classes.whole_imagenet:
        return
    wrong = (said >= 0) & (columns.said >= 0) & (said != columns.said)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        ours, theirs = synsets()[int(said[row])], synsets()[int(columns.said[row])]
        raise InputError(
            f"{_first_of(columns, wrong)} has the label {columns.label[row]:,}, which is {ours.wnid}, but its image "
            f"{columns.name[row].decode()} is one of {theirs.wnid}.",
            AGAIN,
        )


def _names(columns: Columns) -> npt.NDArray[np.bytes_]:
    """The names that records state, if all do and each another; else the dataset's, the split's, and their number.

    Such a number counts through the split, so that it is the same in TFRecords and ArrayRecords.
    """
    name = columns.name
    if not (name == b"").any():
        order = np.argsort(name, kind="stable")
        twins = np.flatnonzero(name[order][1:] == name[order][:-1])
        if not len(twins):
            return name
        _refuse_doubled(columns, order, twins)
    shards = columns.shards
    stem = f"{shards.dataset}-{shards.name}" if shards.dataset else shards.name
    return np.array([f"{stem}-{number:0{_DIGITS}}".encode() for number in range(len(columns))], np.bytes_)


def _refuse_doubled(columns: Columns, order: npt.NDArray[np.intp], twins: npt.NDArray[np.intp]) -> None:
    """Another dataset may count from 0 in each class; an image of ImageNet that is there twice is a defect."""
    for twin in twins.tolist():
        one, other = int(order[twin]), int(order[twin + 1])
        name = columns.name[one].decode()
        if columns.said[one] >= 0 or is_test_image(name):
            raise InputError(
                f"{columns.where(one)} and {columns.where(other)} are both the image {name}.",
                f"Remove the file that is there twice. {AGAIN}",
            )


def _first_of(columns: Columns, rows: _Flags) -> str:
    found = np.flatnonzero(rows)
    more = f" (and {len(found) - 1:,} more)" if len(found) > 1 else ""
    return f"{columns.where(int(found[0]))}{more}"
