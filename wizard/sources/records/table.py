"""The records of a split as a table: names, ranks and places, and what was repaired in their boxes."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from wizard.errors import InputError
from wizard.ilsvrc2012.archives import Split
from wizard.ilsvrc2012.feature_names import LABELS
from wizard.ilsvrc2012.synsets import is_test_image, rank_of_image
from wizard.sources.classes import UNLABELED, Classes
from wizard.sources.locate import ON_BAD_IMAGE
from wizard.sources.records.boxes import BoxUnit, Fitted, Flags, fit
from wizard.sources.records.columns import Columns
from wizard.sources.records.reader import GZIPPED_RECORDS, RECORDS
from wizard.sources.samples import SampleTable

_DIGITS = 6
_SKIP = "Build these records again, or " + ON_BAD_IMAGE
_NEAR = 0.75  # fraction of an image's width or height that objects in many photos reach beyond
_ENOUGH = 10


def record_table(split: Split, columns: Columns, classes: Classes, base: int, unit: BoxUnit) -> SampleTable:
    """The table of a split's records.

    Raises:
        InputError: a record of train or validation has no label, or an image of ImageNet is there twice.
    """
    unusable = None
    if columns.blank.any():
        unusable = InputError(f"{_first_of(columns, columns.blank)} has an image without bytes.", _SKIP)
    count = len(columns)
    fitted = fit(columns.boxes, columns.sides[columns.record] if unit == "pixels" else None)
    first = np.cumsum(columns.objects) - columns.objects
    box_row = np.arange(len(columns.boxes)) - first[columns.record]
    objects = np.bincount(columns.record[fitted.sound], minlength=count)
    return SampleTable(
        files=tuple(map(str, columns.files.files)),
        file=columns.file,
        inside=np.zeros(count, "S1"),
        offset=columns.offset,
        size=columns.size,
        name=_names(columns),
        label=_labels(split, columns, classes, base),
        first_box=np.concatenate([[0], np.cumsum(objects)]).astype(np.int64),
        boxes=fitted.boxes[fitted.sound],
        box_row=box_row[fitted.sound],
        classes=classes,
        reader=GZIPPED_RECORDS if columns.files.compression == "gzip" else RECORDS,
        label_base=base,
        source_labels=np.arange(base, base + len(classes), dtype=np.int16),
        repairs=tuple(_repairs(columns, fitted, unit)),
        unusable=unusable,
    )


def _labels(split: Split, columns: Columns, classes: Classes, base: int) -> npt.NDArray[np.int16]:
    missing = columns.label == UNLABELED
    if missing.any() and split != "test":
        raise InputError(
            f"{_first_of(columns, missing)} has no label; {split} needs one in each record.",
            f"A label is looked for in {', '.join(LABELS)}; build these records again with one",
        )
    last = base + len(classes) - 1
    unknown = ~missing & ((columns.label < base) | (columns.label > last))
    if unknown.any():
        label = columns.label[unknown][0]
        raise InputError(
            f"{_first_of(columns, unknown)} has the label {label}, but those of the other splits are {base} to {last}.",
            "Build these records again, or leave test out with source.splits",
        )
    return np.where(missing, UNLABELED, columns.label - base).astype(np.int16)


def _names(columns: Columns) -> npt.NDArray[np.bytes_]:
    """The file names that records state, if all do and each another; else that of their file, and their number."""
    name = columns.filename
    if not (name == b"").any():
        order = np.argsort(name, kind="stable")
        twins = np.flatnonzero(name[order][1:] == name[order][:-1])
        if not len(twins):
            return name
        _refuse_doubled(columns, order, twins)
    bases = [path.name for path in columns.files.files]
    if len(set(bases)) < len(bases):
        bases = [f"{path.parent.name}-{path.name}" for path in columns.files.files]
    numbered = zip(columns.file.tolist(), columns.number.tolist(), strict=True)
    return np.array([f"{bases[file]}-{number:0{_DIGITS}}".encode() for file, number in numbered], np.bytes_)


def _refuse_doubled(columns: Columns, order: npt.NDArray[np.intp], twins: npt.NDArray[np.intp]) -> None:
    """Another dataset may count from 0 in each class; an image of ImageNet that is there twice is a defect."""
    for twin in twins.tolist():
        one, other = int(order[twin]), int(order[twin + 1])
        name = columns.filename[one].decode()
        if rank_of_image(name) is not None or is_test_image(name):
            raise InputError(
                f"{columns.where(one)} and {columns.where(other)} are both the image {name}.",
                "Remove the file that is there twice, or build these records again",
            )


def _first_of(columns: Columns, rows: Flags) -> str:
    found = np.flatnonzero(rows)
    more = f" (and {len(found) - 1:,} more)" if len(found) > 1 else ""
    return f"{columns.where(int(found[0]))}{more}"


def _repairs(columns: Columns, fitted: Fitted, unit: BoxUnit) -> Iterator[str]:
    every = len(fitted.sound)
    if unit == "pixels" and every:
        yield f"{_are(every)} in pixels: converted to 0..1 using the size of each image"
        yield from _doubtful(columns, fitted)
    beyond = fitted.beyond[fitted.sound & (fitted.beyond > 0)]
    if len(beyond):
        yield (
            f"{len(beyond):,} of {every:,} boxes {'reaches' if len(beyond) == 1 else 'reach'} outside the image, by up "
            f"to {max(0.0001, beyond.max()):.2%} of its width or height: clipped"
        )
    swapped = int(fitted.swapped.sum())
    if swapped:
        yield f"{_have(swapped, every)} swapped corners: put in order"
    left_out = int((~fitted.sound).sum())
    if left_out:
        yield f"{_have(left_out, every)} no area in the image, or a corner that is not a number: left out"


def _doubtful(columns: Columns, fitted: Fitted) -> Iterator[str]:
    single = int(((np.sort(columns.boxes, axis=1) == [0, 0, 1, 1]).all(axis=1) & fitted.sound).sum())
    if single:
        yield f"{_are(single)} 0, 0, 1, 1: treated as a single pixel, as the others are in pixels"
    reach = fitted.boxes[fitted.sound].max(initial=0)
    if reach < _NEAR and fitted.sound.sum() >= _ENOUGH:
        yield f"no box reaches beyond {reach:.0%} of its image: check that they are not for a smaller version of it"


def _are(count: int) -> str:
    return "1 box is" if count == 1 else f"{count:,} boxes are"


def _have(count: int, every: int) -> str:
    return f"{count:,} of {every:,} boxes {'has' if count == 1 else 'have'}"
