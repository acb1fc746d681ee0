"""The rows of a split's Parquet files as a table: official names where they have them, ranks and places."""

import numpy as np
import numpy.typing as npt

from wizard.errors import InputError
from wizard.ilsvrc2012.archives import Split
from wizard.ilsvrc2012.synsets import is_test_image, rank_of_image, synsets
from wizard.sources.classes import UNLABELED, Classes
from wizard.sources.locate import ON_BAD_IMAGE
from wizard.sources.names import unsafe
from wizard.sources.parquet.classes import Labels
from wizard.sources.parquet.columns import REFUSED, Columns
from wizard.sources.parquet.reader import PARQUET
from wizard.sources.samples import SampleTable, labels_by_rank
from wizard.sources.trees.image_names import parse_image_name

_DIGITS = 6
_WRONG = "Fix the dataset where it comes from, or download it again; nothing was built from these labels"
_EMBED = "Write the files again with their images in them, as push_to_hub of datasets does, or " + ON_BAD_IMAGE


def parquet_table(split: Split, columns: Columns, labels: Labels) -> SampleTable:
    """The table of a split's rows.

    Each image's `size` is its share of its row group's bytes, as images are not looked at. It goes into the plan's id,
    which so differs from that of the same images in archives; their shards do not.

    Raises:
        InputError: a row of train or validation has no label, a label is no class's or contradicts its path, or an
            image of ImageNet is there twice.
    """
    count = len(columns)
    label = _ranks(split, columns, labels)
    if labels.classes.whole_imagenet:
        _require_agreement(columns, label)
    return SampleTable(
        files=tuple(map(str, columns.files.files)),
        file=columns.file,
        inside=np.zeros(count, "S1"),
        offset=columns.row,
        size=columns.size,
        name=_names(columns, _with_class_folders(columns, label, labels.classes)),
        label=label,
        first_box=np.zeros(count + 1, np.int64),
        boxes=np.empty((0, 4)),
        classes=labels.classes,
        source_labels=labels_by_rank(labels.rank, labels.base, len(labels.classes)),
        reader=PARQUET,
        block=columns.group,
        warnings=tuple(sentence.rstrip(".") for sentence in columns.schema.why),
        unusable=_without_bytes(columns),
    )


def _without_bytes(columns: Columns) -> InputError | None:
    if not columns.blank.any():
        return None
    first, many = int(np.flatnonzero(columns.blank)[0]), int(columns.blank.sum())
    name = columns.name[first].decode("utf-8", "replace")
    only = f"only the path of {name!r}" if name else "and no path either"
    more = f"; {many - 1:,} more rows have none" if many > 1 else ""
    return InputError(f"{columns.where(first)} has no bytes of an image, {only}{more}.", _EMBED)


def _ranks(split: Split, columns: Columns, labels: Labels) -> npt.NDArray[np.int16]:
    missing = columns.label == UNLABELED
    if missing.any() and split != "test":
        which = f"in the column {columns.schema.label!r}" if columns.schema.label else "as its file has no such column"
        raise InputError(
            f"{columns.first_of(missing)} has no label (null or -1), {which}; {split} needs one in each row.",
            "Leave that split out with source.splits, or write the files again with a label in each row",
        )
    last = labels.base + len(labels.rank) - 1
    unknown = ~missing & ((columns.label < labels.base) | (columns.label > last))
    if unknown.any():
        label = columns.label[unknown][0]
        whose = "its class names are for" if columns.schema.classes else "the labels of the other splits are"
        raise InputError(
            f"{columns.first_of(unknown)} has the label {label:,}; {whose} {labels.base} to {last:,}.", _WRONG
        )
    found = np.full(len(columns), UNLABELED, np.int16)
    found[~missing] = labels.rank[columns.label[~missing] - labels.base]
    return found


def _require_agreement(columns: Columns, label: npt.NDArray[np.int16]) -> None:
    """Requires that no path names another class than its label.

    Raises:
        InputError: one does, or contradicts itself.
    """
    refused = np.flatnonzero(columns.said == REFUSED)
    if len(refused):
        row = int(refused[0])
        parsed = parse_image_name(columns.name[row].decode())
        why = parsed.problem if parsed else "is not understood"
        raise InputError(f"{columns.where(row)}: the path {columns.name[row].decode()} {why}.", _WRONG)
    wrong = (label != UNLABELED) & (columns.said >= 0) & (columns.said != label)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        stated, named = synsets()[label[row]], synsets()[columns.said[row]]
        raise InputError(
            f"{columns.first_of(wrong)} has the label {columns.label[row]:,}, which is {stated.wnid} ({stated.words}), "
            f"but its path says {named.wnid} ({named.words}): {columns.name[row].decode()}.",
            _WRONG,
        )


def _with_class_folders(columns: Columns, label: npt.NDArray[np.int16], classes: Classes) -> npt.NDArray[np.bytes_]:
    """The names, with their folders if each begins with that of its class: so class folders name their images."""
    if not columns.folder.any():
        return columns.name
    names: list[bytes] = []
    rows = zip(columns.name.tolist(), columns.folder.tolist(), label.tolist(), columns.said.tolist(), strict=True)
    for name, folder, rank, said in rows:
        if said < 0 and folder.partition(b"/")[0] != classes.name(rank).encode():
            return columns.name
        names.append(folder + b"/" + name if folder else name)
    return np.array(names, np.bytes_)


def _names(columns: Columns, name: npt.NDArray[np.bytes_]) -> npt.NDArray[np.bytes_]:
    """The names that paths state, if all do and each another; else that of their file, and the row's number."""
    if not (name == b"").any():
        order = np.argsort(name, kind="stable")
        twins = np.flatnonzero(name[order][1:] == name[order][:-1])
        if len(twins):
            _refuse_doubled(columns, order, twins)
        elif not any(unsafe(each.decode("utf-8", "replace")) for each in name[columns.said < 0].tolist()):
            return name  # a name that says its class is an official one
    bases = [path.name.removesuffix(".parquet") for path in columns.files.files]
    if len(set(bases)) < len(bases):
        bases = [f"{path.parent.name}-{base}" for path, base in zip(columns.files.files, bases, strict=True)]
    numbered = zip(columns.file.tolist(), columns.row.tolist(), strict=True)
    return np.array([f"{bases[file]}-{row:0{_DIGITS}}".encode() for file, row in numbered], np.bytes_)


def _refuse_doubled(columns: Columns, order: npt.NDArray[np.intp], twins: npt.NDArray[np.intp]) -> None:
    """Another dataset may count from 0 in each class; an image of ImageNet that is there twice is a defect."""
    for twin in twins.tolist():
        one, other = int(order[twin]), int(order[twin + 1])
        name = columns.name[one].decode("utf-8", "replace")
        if rank_of_image(name) is not None or is_test_image(name):
            raise InputError(
                f"{columns.where(one)} and {columns.where(other)} are both the image {name}.",
                "Remove the file that is there twice, or download the dataset again",
            )
