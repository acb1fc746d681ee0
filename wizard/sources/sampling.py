"""Some images of a split, spread evenly over it, without reading the headers of a whole archive.

An archive is cut into as many strata of equal bytes as images are wanted, and in each the image is taken in which a
random byte lies. A train archive has its classes one after the other, so every class has its share. An image is met as
often as it is large; `weight` sets that right again.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wizard.errors import InputError, reading
from wizard.formats import tar
from wizard.ilsvrc2012.synsets import is_test_image, rank_of_image
from wizard.sources.archives.index import read_table
from wizard.sources.classes import UNLABELED
from wizard.sources.locate import way_out
from wizard.sources.rows import Row, columns, table_in
from wizard.sources.samples import SampleTable
from wizard.sources.source import Survey

_SUFFIX = b".JPEG"
_FILES, _RUN = 32, 16
"""Files that are read forwards from which images come at most, unless so many of each are too few: the first image
costs as much as the page or block that it is in, 11 MB in Hugging Face's Parquet files."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Drawn:
    """A sample of an archive.

    Attributes:
        table: the images that were drawn, in archive order and without boxes; one may be there twice.
        weight: float64[n], how many of the archive's images each stands for; their sum is all.
    """

    survey: Survey
    table: SampleTable
    weight: npt.NDArray[np.float64]


def draw(survey: Survey, count: int, seed: int, cache: Path) -> Drawn:
    """About `count` images of a split, or all where it has no more.

    Raises:
        InputError: the archive cannot be read, or no image is found in it.
    """
    if survey.table is not None:
        return _of_table(survey, survey.table, count, seed)
    if survey.images <= count:
        table = read_table(survey.path, survey.split, cache, lambda _done, _total: None)
        return Drawn(survey=survey, table=table, weight=np.ones(len(table)))
    found: list[Row] = []
    with reading(survey.path), survey.path.open("rb") as file:
        offsets = (np.arange(count) + np.random.default_rng(seed).random(count)) * survey.bytes / count
        for offset in offsets.astype(np.int64):
            try:
                member = tar.member_at(file, int(offset), _SUFFIX)
            except tar.TarDamage as error:
                raise InputError(f"{survey.path}: {error}.", way_out(survey.path, survey.split)) from error
            name = member.name.rpartition("/")[2] if member else ""
            rank = rank_of_image(name)
            if survey.split == "test":
                rank = UNLABELED if is_test_image(name) else None
            if member and rank is not None:
                found.append(Row(name, member.offset, member.size, rank, image=True))
        if not found:
            hint = way_out(survey.path, survey.split)
            raise InputError(f"No image could be found in {survey.path}.", hint)
    table = table_in(survey.path, columns(found))
    chance = tar.BLOCK + table.size  # the bytes that lead to it, its padding leading nowhere
    return Drawn(survey=survey, table=table, weight=survey.images / chance / (1 / chance).sum())


def _of_table(survey: Survey, table: SampleTable, count: int, seed: int) -> Drawn:
    """Every image is as likely as any other; of files that are only read forwards, those that come first in some."""
    count = min(count, len(table))
    if table.reader.in_order:
        order = np.lexsort((table.offset, table.file))
        order = _of_some_files(order, table, count)
        starts = np.searchsorted(table.file[order], table.file[order], side="left")
        depth = np.arange(len(order)) - starts
        rows = order[np.sort(np.argsort(depth, kind="stable")[:count])]
    else:
        rows = np.sort(np.random.default_rng(seed).choice(len(table), count, replace=False))
    return Drawn(survey=survey, table=table.take(rows), weight=np.full(count, len(table) / count))


def _of_some_files(order: npt.NDArray[np.intp], table: SampleTable, count: int) -> npt.NDArray[np.intp]:
    """Those of the ordered rows that lie in some of the files, spread evenly; all of them where these have too few."""
    files = np.unique(table.file)
    some = files[np.linspace(0, len(files) - 1, min(len(files), max(_FILES, count // _RUN))).round().astype(np.intp)]
    kept = order[np.isin(table.file[order], some)]
    return kept if len(kept) >= count else order
