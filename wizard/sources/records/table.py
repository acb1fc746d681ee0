"""The records of a split as a table: their names, ranks and places."""

import numpy as np
import numpy.typing as npt

from wizard.errors import InputError
from wizard.ilsvrc2012.archives import Split
from wizard.ilsvrc2012.synsets import is_test_image, rank_of_image
from wizard.sources.classes import UNLABELLED, Classes
from wizard.sources.records.boxes import fit
from wizard.sources.records.columns import Columns, place_of
from wizard.sources.records.features import LABELS
from wizard.sources.records.files import RecordFiles
from wizard.sources.records.reader import GZIPPED_RECORDS, RECORDS
from wizard.sources.records.repairs import repairs
from wizard.sources.samples import BoxUnit, SampleTable, Unusable

_DIGITS = 6
_SKIP = 'Build these records anew, or leave such images out with --set output.on_bad_image="skip"'


class Records:
    """The records of a split, whose columns were read."""

    def __init__(self, split: Split, files: RecordFiles, columns: Columns) -> None:
        self._split = split
        self._files = files
        self._columns = columns

    def table(self, classes: Classes, base: int, unit: BoxUnit) -> SampleTable:
        """The table of all records.

        Args:
            classes: of the whole raw data.
            base: the label of the first of them.
            unit: the unit of all boxes in the raw data.

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
            repairs=tuple(repairs(columns, fitted, unit)),
            unusable=unusable,
        )

    def _labels(self, classes: Classes, base: int) -> npt.NDArray[np.int16]:
        label = self._columns.label
        missing = label == UNLABELLED
        if missing.any() and self._split != "test":
            raise InputError(
                f"{self._where(missing)} has no label; {self._split} needs one in each record.",
                f"A label is looked for in {', '.join(LABELS)}; build these records anew with one",
            )
        strange = ~missing & ((label < base) | (label >= base + len(classes)))
        if strange.any():
            row = int(np.flatnonzero(strange)[0])
            raise InputError(
                f"{self._where(strange)} has the label {label[row]}, but those of the other splits are {base} to "
                f"{base + len(classes) - 1}.",
                "Build these records anew, or leave test out with source.splits",
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
        """An image of ImageNet that is there twice is a defect; another dataset may count anew in each class."""
        for twin in twins.tolist():
            one, other = int(order[twin]), int(order[twin + 1])
            name = self._columns.filename[one].decode()
            if rank_of_image(name) is not None or is_test_image(name):
                raise InputError(
                    f"{self._place_of(one)} and {self._place_of(other)} are both the image {name}.",
                    "Remove the file that is there twice, or build these records anew",
                )

    def _where(self, rows: npt.NDArray[np.bool_]) -> str:
        """The first of these rows, and how many more there are, as the beginning of a sentence."""
        found = np.flatnonzero(rows)
        more = f" (and {len(found) - 1:,} more)" if len(found) > 1 else ""
        return f"{self._place_of(int(found[0]))}{more}"

    def _place_of(self, row: int) -> str:
        return place_of(self._files, self._columns, row)
