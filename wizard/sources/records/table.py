"""The records of a split as a table: names, ranks and places, and what was repaired in their boxes."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from wizard.errors import InputError
from wizard.ilsvrc2012.archives import Split
from wizard.ilsvrc2012.synsets import is_test_image, rank_of_image
from wizard.sources.classes import UNLABELLED, Classes
from wizard.sources.locate import ON_BAD_IMAGE
from wizard.sources.records.boxes import Fitted, fit
from wizard.sources.records.columns import Columns, place_of
from wizard.sources.records.features import LABELS
from wizard.sources.records.files import RecordFiles
from wizard.sources.records.reader import GZIPPED_RECORDS, RECORDS
from wizard.sources.samples import BoxUnit, SampleTable, Unusable

_DIGITS = 6
_SKIP = "Build these records again, or " + ON_BAD_IMAGE
_NEAR = 0.75  # fraction of an image's width or height that objects in many photos reach beyond
_ENOUGH = 10


class Records:
    """The records of a split, whose columns were read."""

    def __init__(self, split: Split, files: RecordFiles, columns: Columns) -> None:
        self._split = split
        self._files = files
        self._columns = columns

    def table(self, classes: Classes, base: int, unit: BoxUnit) -> SampleTable:
        """The table of all records.

        Raises:
            InputError: a record of train or validation has no label, or an image of ImageNet is there twice.
        """
        columns = self._columns
        unusable = None
        if columns.blank.any():
            unusable = Unusable(what=f"{self._where(columns.blank)} has an image without bytes.", hint=_SKIP)
        count = len(columns)
        fitted = fit(columns.boxes, columns.sides[columns.record] if unit == "pixels" else None)
        objects = np.bincount(columns.record[fitted.sound], minlength=count)
        return SampleTable(
            files=tuple(map(str, self._files.files)),
            file=columns.place,
            inside=np.zeros(count, "S1"),
            offset=columns.offset,
            size=columns.size,
            name=self._names(),
            label=self._labels(classes, base),
            first_box=np.concatenate([[0], np.cumsum(objects)]).astype(np.int64),
            boxes=fitted.boxes[fitted.sound],
            classes=classes,
            reader=GZIPPED_RECORDS if self._files.compression == "gzip" else RECORDS,
            label_base=base,
            box_unit=unit,
            repairs=tuple(_repairs(columns, fitted, unit)),
            unusable=unusable,
        )

    def _labels(self, classes: Classes, base: int) -> npt.NDArray[np.int16]:
        label = self._columns.label
        missing = label == UNLABELLED
        if missing.any() and self._split != "test":
            raise InputError(
                f"{self._where(missing)} has no label; {self._split} needs one in each record.",
                f"A label is looked for in {', '.join(LABELS)}; build these records again with one",
            )
        unknown = ~missing & ((label < base) | (label >= base + len(classes)))
        if unknown.any():
            row = int(np.flatnonzero(unknown)[0])
            raise InputError(
                f"{self._where(unknown)} has the label {label[row]}, but those of the other splits are {base} to "
                f"{base + len(classes) - 1}.",
                "Build these records again, or leave test out with source.splits",
            )
        return np.where(missing, UNLABELLED, label - base).astype(np.int16)

    def _names(self) -> npt.NDArray[np.bytes_]:
        """The file names that records state, if all do and each another; else that of their file, and their number."""
        name = self._columns.filename
        if not (name == b"").any():
            order = np.argsort(name, kind="stable")
            twins = np.flatnonzero(name[order][1:] == name[order][:-1])
            if not len(twins):
                return name
            self._refuse_doubled(order, twins)
        bases = [path.name for path in self._files.files]
        if len(set(bases)) < len(bases):
            bases = [f"{path.parent.name}-{path.name}" for path in self._files.files]
        numbers = np.arange(len(name)) - np.searchsorted(self._columns.place, self._columns.place)
        named = [
            f"{bases[place]}-{number:0{_DIGITS}}".encode()
            for place, number in zip(self._columns.place.tolist(), numbers.tolist(), strict=True)
        ]
        return np.array(named, np.bytes_)

    def _refuse_doubled(self, order: npt.NDArray[np.intp], twins: npt.NDArray[np.intp]) -> None:
        """Another dataset may count from 0 in each class; an image of ImageNet that is there twice is a defect."""
        for twin in twins.tolist():
            one, other = int(order[twin]), int(order[twin + 1])
            name = self._columns.filename[one].decode()
            if rank_of_image(name) is not None or is_test_image(name):
                raise InputError(
                    f"{self._place_of(one)} and {self._place_of(other)} are both the image {name}.",
                    "Remove the file that is there twice, or build these records again",
                )

    def _where(self, rows: npt.NDArray[np.bool_]) -> str:
        """The first of these rows, and how many more there are, as the beginning of a sentence."""
        found = np.flatnonzero(rows)
        more = f" (and {len(found) - 1:,} more)" if len(found) > 1 else ""
        return f"{self._place_of(int(found[0]))}{more}"

    def _place_of(self, row: int) -> str:
        return place_of(self._files, self._columns, row)


def _repairs(columns: Columns, fitted: Fitted, unit: BoxUnit) -> Iterator[str]:
    """A clause for each kind of repair; none if the boxes are valid as they are."""
    every = len(fitted.sound)
    if unit == "pixels" and every:
        yield f"{_counted(every)} in pixels: converted to 0..1 using the size of each image"
        yield from _doubtful(columns, fitted)
    if fitted.clipped.any():
        clipped, beyond = int(fitted.clipped.sum()), max(0.0001, fitted.beyond[fitted.clipped].max())
        yield (
            f"{clipped:,} of {every:,} boxes {'reaches' if clipped == 1 else 'reach'} outside the image, by up to "
            f"{beyond:.2%} of its width or height: clipped"
        )
    if fitted.swapped.any():
        swapped = int(fitted.swapped.sum())
        yield f"{swapped:,} of {every:,} boxes {_have(swapped)} swapped corners: put in order"
    if not fitted.sound.all():
        left_out = int((~fitted.sound).sum())
        no_area = f"{left_out:,} of {every:,} boxes {_have(left_out)} no area in the image"
        yield f"{no_area}, or a corner that is not a number: left out"


def _doubtful(columns: Columns, fitted: Fitted) -> Iterator[str]:
    """Signs that boxes may not be in pixels, which a person should check."""
    single = int(((np.sort(columns.boxes, axis=1) == [0, 0, 1, 1]).all(axis=1) & fitted.sound).sum())
    if single:
        yield f"{_counted(single)} 0, 0, 1, 1: treated as a single pixel, as the others are in pixels"
    reach = fitted.boxes[fitted.sound].max(initial=0)
    if reach < _NEAR and fitted.sound.sum() >= _ENOUGH:
        yield f"no box reaches beyond {reach:.0%} of its image: check that they are not for a smaller version of it"


def _counted(count: int) -> str:
    return "1 box is" if count == 1 else f"{count:,} boxes are"


def _have(count: int) -> str:
    return "has" if count == 1 else "have"
