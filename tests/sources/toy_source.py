"""A source in one module, as a newcomer would write it: train.pngs and validation.pngs, zips of <class>/<name>.png."""

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np

from wizard.errors import reading
from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.sources.classes import of_folders
from wizard.sources.options import SourceOptions
from wizard.sources.readers import Content, Reader, Sample
from wizard.sources.samples import SampleTable, in_one_file
from wizard.sources.source import Part, Progress, Source

LOOKS_LIKE = "zips of PNGs (train.pngs)"


def recognize(folder: Path, options: SourceOptions) -> Source | None:
    del options
    found = {split: folder / f"{split}.pngs" for split in SPLITS}
    return Zips(folder, found) if any(path.is_file() for path in found.values()) else None


class Zips(Source):
    what = "zips of PNGs"
    labels_are = "those of the folders in them"

    def __init__(self, folder: Path, found: dict[Split, Path]) -> None:
        self.folder = folder
        self.why = (f"{folder} holds zips named after splits.",)
        self.parts = tuple(
            Part(name=path.name, kind="images", split=split, path=path if path.is_file() else None)
            for split, path in found.items()
        )

    def table(self, split: Split, cache: Path, progress: Progress) -> SampleTable:
        del cache, progress
        path = self.path("images", split)
        with reading(path), zipfile.ZipFile(path) as archive:
            members = sorted((each for each in archive.infolist() if not each.is_dir()), key=lambda each: each.filename)
        folders = [each.filename.partition("/")[0] for each in members]
        classes = of_folders(tuple(sorted(set(folders))))
        table = in_one_file(
            str(path),
            name=np.array([each.filename.encode() for each in members]),
            offset=np.array([each.header_offset for each in members], np.int64),
            size=np.array([each.file_size for each in members], np.int64),
            label=np.array([classes.names.index(name) for name in folders], np.int16),
        )
        return replace(table, classes=classes, reader=READER)


def _read(samples: Iterable[Sample]) -> Iterator[Content]:
    for file, group in groupby(samples, key=lambda sample: sample.file):
        with reading(Path(file)), zipfile.ZipFile(file) as archive:
            for sample in group:
                yield Content(sample, archive.read(sample.name))


READER = Reader(read=_read)
