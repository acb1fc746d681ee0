"""The samples of a split as a table: names, ranks, places and boxes."""

import numpy as np
import numpy.typing as npt

from wizard.errors import InputError
from wizard.ilsvrc2012.archives import Split
from wizard.sources.classes import UNLABELED
from wizard.sources.locate import ON_BAD_IMAGE
from wizard.sources.readers import BYTE_RANGES
from wizard.sources.rows import unusable
from wizard.sources.samples import SampleTable
from wizard.sources.webdataset.columns import Columns
from wizard.sources.webdataset.label_space import LabelSpace
from wizard.sources.webdataset.names import unique_names
from wizard.sources.webdataset.reader import PACKED

_Flags = npt.NDArray[np.bool_]
_NO_LABEL = (
    "A label is a whole number in the sample's cls, or under a key such as label, cls or class_id of its json; write "
    "the sample again with one"
)


def sample_table(split: Split, columns: Columns, space: LabelSpace) -> SampleTable:
    """The table of a split's samples.

    Raises:
        InputError: a sample of train or validation has no label, or one that the other splits do not have, or cls and
            json disagree; or an image of ImageNet is there twice.
    """
    count = len(columns)
    _require_agreement(columns)
    return SampleTable(
        files=tuple(map(str, columns.files.files)),
        file=columns.file,
        inside=np.zeros(count, "S1"),
        offset=columns.offset,
        size=columns.size,
        name=unique_names(columns),
        label=_ranks(split, columns, space),
        first_box=np.concatenate([[0], np.cumsum(columns.objects)]).astype(np.int64),
        boxes=columns.boxes,
        classes=space.classes,
        source_labels=_source_labels(space),
        reader=PACKED if columns.files.compression else BYTE_RANGES,
        left_out=columns.left_out,
        warnings=columns.warnings,
        unusable=unusable(
            columns.where, {"image": columns.image, "size": columns.size}, f"Write it again, or {ON_BAD_IMAGE}"
        ),
    )


def _source_labels(space: LabelSpace) -> npt.NDArray[np.int16]:
    count = 0 if space.wnid_labels is not None else len(space.classes)
    return np.arange(space.base, space.base + count, dtype=np.int16)


def _ranks(split: Split, columns: Columns, space: LabelSpace) -> npt.NDArray[np.int16]:
    label = columns.label
    if space.wnid_labels is not None:
        by_wnid = space.wnid_labels
        label = np.array([by_wnid.get(wnid, UNLABELED) for wnid in columns.wnid.tolist()], np.int16)
    missing = label == UNLABELED
    if missing.any() and split != "test":
        raise InputError(f"{_first_of(columns, missing)} has no label; {split} needs one in each sample.", _NO_LABEL)
    last = space.base + len(space.classes) - 1
    unknown = ~missing & ((label < space.base) | (label > last))
    if unknown.any():
        raise InputError(
            f"{_first_of(columns, unknown)} has the label {label[unknown][0]}, but those of the others are "
            f"{space.base} to {last}.",
            "Write these samples again, or leave the split out with source.splits",
        )
    return np.where(missing, UNLABELED, label - space.base).astype(np.int16)


def _require_agreement(columns: Columns) -> None:
    """`cls` and the label of json are one, or, as for a second set of classes, never; one of many is a mistake."""
    both = (columns.stated != UNLABELED) & (columns.label != UNLABELED)
    differ = both & (columns.stated != columns.label)
    if differ.any() and differ.sum() * 2 < both.sum():
        row = int(np.flatnonzero(differ)[0])
        raise InputError(
            f"{_first_of(columns, differ)} has the label {columns.label[row]} in its cls, and {columns.stated[row]} in "
            "its json.",
            "Write it again with one label",
        )


def _first_of(columns: Columns, rows: _Flags) -> str:
    found = np.flatnonzero(rows)
    more = f" (and {len(found) - 1:,} more)" if len(found) > 1 else ""
    return f"{columns.where(int(found[0]))}{more}"
