"""Existing TFRecords, of any schema whose keys include image/encoded and a label."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from wizard.errors import reading, reading_another_split
from wizard.formatting import counted, few
from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.sources.folder_contents import only_folder
from wizard.sources.options import SourceOptions
from wizard.sources.records.boxes import unit_of
from wizard.sources.records.classes import decide_classes
from wizard.sources.records.columns import Columns, read_columns, stated_boxes
from wizard.sources.records.files import RecordFiles, find_record_files, set_aside
from wizard.sources.records.table import record_table
from wizard.sources.samples import SampleTable
from wizard.sources.source import Part, Progress, Source, Survey

LOOKS_LIKE = "TFRecords (train-* files)"
_LISTED = 5
_DEEPEST = 3  # Folders, each the only thing in that above it, that are looked into


def recognize(folder: Path, options: SourceOptions) -> Source | None:
    """TFRecord files in a folder, or in folders below it named as splits; see `SourceModule`.

    If the folder holds nothing but another one, that one is looked into.
    """
    del options
    top: Path | None = folder
    for _ in range(_DEEPEST):
        if top is not None:
            with reading(top):
                files, unnamed = find_record_files(top)
                if files:
                    return TFRecords(top, files, unnamed, set_aside(top))
                top = only_folder(top)
    return None


class TFRecords(Source):
    """A folder of TFRecords."""

    form = "example"
    labels_are = "those in the records"
    own_boxes = True

    def __init__(
        self, folder: Path, files: Mapping[Split, RecordFiles], unnamed: Collection[Path], leftovers: Collection[Path]
    ) -> None:
        self.folder = folder
        self._files = files
        gzipped = any(each.compression == "gzip" for each in files.values())
        self.what = "TFRecords compressed with gzip" if gzipped else "TFRecords"
        self.why = (
            _seen(folder, files),
            *_ignored("Their names give no split, so they are ignored", unnamed),
            *_ignored("By their names they are copies, backups or unfinished, so they are ignored", leftovers),
        )
        self.parts = tuple(_part(split, files.get(split)) for split in SPLITS)

    def survey(self, split: Split, cache: Path, progress: Progress) -> Survey:
        """What every record says is read, but not its image."""
        return replace(super().survey(split, cache, progress), shards=len(self._files[split].files))

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
        unit = unit_of(stated_boxes([columns[each] for each in read]))
        return record_table(split, columns[split], classes, base, unit)

    def _beside(self, split: Split, cache: Path, progress: Progress) -> Columns:
        with reading_another_split():
            return read_columns(self._files[split], split, cache, progress)


def _seen(folder: Path, files: Mapping[Split, RecordFiles]) -> str:
    held = []
    for split, found in files.items():
        within = f" in {found.path.name}/" if found.path != folder else ""
        held.append(f"{counted(len(found.files), 'file')} of {split}{within}")
    return f"{folder} holds TFRecords: {', '.join(held)}."


def _ignored(why: str, files: Collection[Path]) -> list[str]:
    return [f"{why}: {few([path.name for path in files], _LISTED)}."] if files else []


def _part(split: Split, found: RecordFiles | None) -> Part:
    if found is None:
        name = f"{split}-* (TFRecords of {split})"
        return Part(name=name, kind="images", split=split, expected=split != "test")
    name = few([path.name for path in found.files], 1)
    return Part(name=name, kind="images", split=split, path=found.path, problem=found.problem, hint=found.hint)
