"""Existing TFRecords, of any schema whose keys include image/encoded and a label."""

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

import numpy as np

from wizard.errors import InputError, reading
from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.sources import locate
from wizard.sources.parts import build_only
from wizard.sources.records.classes import decide_classes
from wizard.sources.records.columns import Columns, read_columns, stated_boxes
from wizard.sources.records.files import RecordFiles, find, set_aside
from wizard.sources.records.table import Records
from wizard.sources.records.units import unit_of
from wizard.sources.samples import SampleTable
from wizard.sources.source import BoxTable, Layout, Part, Progress, Source, Survey, surveyed, without_sums
from wizard.sources.split_names import split_of_folder
from wizard.sources.trees.image_names import passed_over

_LISTED = 5
_DEEPEST = 3
"""Folders, each the only thing in that above it, that are looked into."""


def open_tfrecords(folder: Path) -> Source | None:
    """The raw data of a folder of TFRecord files, or of folders of them named as splits; None where there are none.

    Where the folder holds nothing but another one, it is that one that is looked into.

    Raises:
        InputError: it cannot be looked into.
    """
    top: Path | None = folder
    for _ in range(_DEEPEST):
        if top is None:
            return None
        with reading(top):
            files, untold = find(top)
            if files:
                return TFRecords(top, files, untold, set_aside(top))
            top = _only_folder(top)
    return None


def _only_folder(folder: Path) -> Path | None:
    """The folder that is all that lies in another; None if there is more, or if it is a split's, which `find` reads."""
    inside = [path for path in folder.iterdir() if not passed_over(path.name)]
    if len(inside) != 1 or not inside[0].is_dir() or inside[0].is_symlink():
        return None
    return None if split_of_folder(inside[0].name) else inside[0]


class TFRecords:
    """A folder of TFRecords; see `raw.Source`."""

    layout: Layout = "tfrecords"
    what: str
    why: tuple[str, ...]
    parts: tuple[Part, ...]
    own_boxes = True
    annotatable = False

    def __init__(
        self,
        folder: Path,
        files: Mapping[Split, RecordFiles],
        untold: Collection[Path],
        leftovers: Collection[Path] = (),
    ) -> None:
        self.folder = folder
        self._files = files
        gzipped = any(each.compression == "gzip" for each in files.values())
        self.what = "TFRecords compressed with gzip" if gzipped else "TFRecords"
        self.why = (
            _seen(folder, files),
            *_passed_over("Their names tell no split, so they are passed over", untold),
            *_passed_over("By their names they are copies, backups or unfinished, so they are passed over", leftovers),
        )
        self.parts = tuple(_part(split, files.get(split)) for split in SPLITS)

    def require(self, splits: Collection[Split], boxes: Collection[Split]) -> None:
        """See `Source.require`; boxes are in the records, where there are any."""
        del boxes
        way_out = build_only(self.parts)
        for part in self.parts:
            if part.split in splits and part.path is None:
                raise InputError(
                    f"{self.folder} holds no TFRecords of {part.split} ({part.name}). {locate.contents(self.folder)}",
                    f"Put them there{way_out}",
                )
            if part.split in splits and part.problem:
                raise InputError(part.problem, f"{part.hint}{way_out}")

    def survey(self, split: Split, cache: Path, progress: Progress) -> Survey:
        """See `Source.survey`; what every record says is read, but not its image."""
        table = self.table(split, cache, progress)
        return surveyed(split, self._files[split].path, table, shards=len(self._files[split].files))

    def table(self, split: Split, cache: Path, progress: Progress) -> SampleTable:
        """See `Source.table`; the records of train and validation together decide the classes.

        The unit of their boxes is decided by all records that are read.
        """
        self.require([split], [])
        there: list[Split] = [part.split for part in self.parts if part.sound]
        deciding = [each for each in there if each != "test"] or there
        columns = {split: read_columns(self._files[split], split, cache, progress)}
        for each in deciding:
            if each != split:
                columns[each] = self._beside(each, cache, progress)
        read = [each for each in SPLITS if each in columns]
        classes, base = decide_classes([columns[each] for each in deciding])
        unit = unit_of(stated_boxes([(self._files[each], columns[each]) for each in read]))
        return Records(split, self._files[split], columns[split]).table(classes, base, unit)

    def _beside(self, split: Split, cache: Path, progress: Progress) -> Columns:
        """Another split's columns, read for its labels."""
        try:
            return read_columns(self._files[split], split, cache, progress)
        except InputError as error:
            why = "It is needed here too, because the labels of all splits are counted together."
            raise InputError(f"{error.what} {why}", error.hint) from error

    def boxes(self, split: Split, cache: Path, progress: Progress) -> BoxTable:
        """See `Source.boxes`: images bring their own, and there are no annotations beside them."""
        del split, cache, progress
        return BoxTable(np.empty(0, np.bytes_), np.empty((0, 4)), 0)

    def verify_checksums(
        self, splits: Collection[Split], boxes: Collection[Split], cache: Path, step: Callable[[str], Progress]
    ) -> Iterator[str]:
        """See `Source.verify_checksums`: there are no sums."""
        del splits, boxes, cache, step
        raise without_sums(self)


def _seen(folder: Path, files: Mapping[Split, RecordFiles]) -> str:
    held = [
        f"{len(found.files):,} file{'s' if len(found.files) != 1 else ''} of {split}"
        + (f" in {found.path.name}/" if found.path != folder else "")
        for split, found in files.items()
    ]
    return f"{folder} holds TFRecords: {', '.join(held)}."


def _passed_over(why: str, files: Collection[Path]) -> list[str]:
    if not files:
        return []
    named = ", ".join(path.name for path in list(files)[:_LISTED])
    more = f" and {len(files) - _LISTED:,} more" if len(files) > _LISTED else ""
    return [f"{why}: {named}{more}."]


def _part(split: Split, found: RecordFiles | None) -> Part:
    if found is None:
        return Part(name=f"{split}-*", kind="images", split=split)
    first = found.files[0].name
    more = f" and {len(found.files) - 1:,} more" if len(found.files) > 1 else ""
    return Part(
        name=f"{first}{more}",
        kind="images",
        split=split,
        path=found.path,
        problem=found.problem,
        hint=found.hint,
    )
