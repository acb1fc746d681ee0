"""Parquet files of images and labels, as Hugging Face's `datasets` writes them and its hub hands them out."""

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from wizard.errors import InputError, reading, reading_another_split
from wizard.formats.parquet_file import is_installed
from wizard.formatting import counted, few
from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.sources import annotations
from wizard.sources.hub_cache import HubFiles, find_snapshot
from wizard.sources.options import SourceOptions
from wizard.sources.parquet.classes import Labels, of_names, of_rows
from wizard.sources.parquet.columns import Columns, peek, read_columns
from wizard.sources.parquet.files import SUFFIX, FoundFiles, ParquetFiles, find_parquet_files, one_file
from wizard.sources.parquet.opening import not_installed
from wizard.sources.parquet.table import parquet_table
from wizard.sources.samples import SampleTable
from wizard.sources.source import BoxTable, Part, Progress, Source

LOOKS_LIKE = "Hugging Face's Parquet files (data/train-*-of-*.parquet), or its client's cache with them"
_LISTED = 5


def recognize(folder: Path, options: SourceOptions) -> Source | None:
    """Parquet files in a folder, a cache of Hugging Face's client, or one file; see `SourceModule`."""
    if reads_file(folder) and folder.is_file():
        return ParquetDataset(folder, one_file(folder), ())
    with reading(folder):
        snapshot = find_snapshot(folder, HubFiles(what="Parquet files", suffix=SUFFIX))
        found = find_parquet_files(snapshot.path if snapshot else folder, asked=options.layout == "parquet")
    if found is None:
        return None
    return ParquetDataset(folder, found, snapshot.why if snapshot else ())


def reads_file(path: Path) -> bool:
    """Whether a file is named as a Parquet file."""
    return path.name.lower().endswith(SUFFIX)


class ParquetDataset(Source):
    """A folder of Parquet files."""

    what = "Parquet files"
    labels_are = "those in the files"

    def __init__(self, folder: Path, found: FoundFiles, why: tuple[str, ...]) -> None:
        self.folder = folder
        self._files = found.splits
        boxes = annotations.archives_in([folder])
        self.annotatable = bool(boxes)
        self.parts = (
            *(_part(split, found.splits.get(split)) for split in SPLITS),
            *boxes,
        )
        self.why = (
            *why,
            _seen(found),
            *_ignored("Their names give no split, so they are ignored", found.unnamed),
            *_ignored("By their names they are copies, so they are ignored", found.leftovers),
        )

    def table(self, split: Split, cache: Path, progress: Progress) -> SampleTable:
        """See `Source.table`; names of classes decide what labels mean, else the rows of train and validation."""
        self.require([split], [])
        columns = read_columns(self._files[split], split, cache, progress)
        return parquet_table(split, columns, self._labels(split, columns, cache, progress))

    def boxes(self, split: Split, cache: Path, progress: Progress) -> BoxTable:
        """The boxes of an official archive of annotations beside the files."""
        return annotations.read_boxes(self.path("boxes", split), cache, progress)

    def _labels(self, split: Split, columns: Columns, cache: Path, progress: Progress) -> Labels:
        there: list[Split] = [part.split for part in self.parts if part.kind == "images" and part.sound]
        schemas = {split: columns.schema}
        for other in there:
            if other != split:
                with suppress(InputError):  # that split's own error when it is read
                    schemas[other] = peek(self._files[other])
        labels = of_names(schemas)
        if labels is not None:
            return labels
        deciding = [each for each in there if each != "test"] or there
        return of_rows([columns if each == split else self._beside(each, cache, progress) for each in deciding])

    def _beside(self, split: Split, cache: Path, progress: Progress) -> Columns:
        with reading_another_split():
            return read_columns(self._files[split], split, cache, progress)


def _seen(found: FoundFiles) -> str:
    held = []
    for split, files in found.splits.items():
        within = f" in {files.path.name}/" if files.path != found.root else ""
        held.append(f"{counted(len(files.files), 'file')} of {split}{within}")
    holds = "holds Parquet files" if found.root.is_dir() else "is a Parquet file"
    return f"{found.root} {holds}: {', '.join(held)}."


def _ignored(why: str, files: Collection[Path]) -> list[str]:
    return [f"{why}: {few([path.name for path in files], _LISTED)}."] if files else []


def _part(split: Split, found: ParquetFiles | None) -> Part:
    if found is None:
        name = f"{split}-*.parquet"
        return Part(name=name, kind="images", split=split, expected=split != "test")
    problem, hint = found.problem, found.hint
    if not is_installed():
        error = not_installed(found.path)
        problem, hint = error.what, error.hint
    name = few([path.name for path in found.files], 1)
    return Part(name=name, kind="images", split=split, path=found.path, problem=problem, hint=hint)
