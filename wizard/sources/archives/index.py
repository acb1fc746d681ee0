"""Reads the official image archives in place: a nested tar becomes columns, by its headers alone."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from wizard.errors import InputError, reading
from wizard.formatting import human_bytes
from wizard.ilsvrc2012.archives import IMAGES, Split
from wizard.sources.archives.walk import Walk
from wizard.sources.cache import Arrays, cached
from wizard.sources.locate import ON_BAD_IMAGE, may_be_official, way_out, zeros_warning
from wizard.sources.rows import columns, table_in, unusable
from wizard.sources.samples import LeftOut, SampleTable
from wizard.sources.source import Progress


def read_table(path: Path, split: Split, cache: Path, progress: Progress) -> SampleTable:
    """The images of an archive as a table without boxes, in archive order.

    Raises:
        InputError: the archive is truncated or damaged, holds an unknown wnid, a name twice, or fewer images than
            the official one at the same size.
    """
    with reading(path):
        arrays = cached(cache, path, f"index6-{split}", lambda: _walk(path, split, progress))
        official = may_be_official(path, split)
        _refuse_hole(path, split, arrays)
    left_out, warnings = tuple(_left_out(path, arrays)), tuple(_warnings(path, split, arrays))
    hint = f"{'Download the archive' if official else 'Download or pack the archive'} again, or " + ON_BAD_IMAGE
    bad = unusable(lambda row: f"{path}: {arrays['name'][row].decode()}", arrays, hint)
    return replace(table_in(path, arrays), official=official, left_out=left_out, warnings=warnings, unusable=bad)


def _walk(path: Path, split: Split, progress: Progress) -> Arrays:
    total = path.stat().st_size
    parts: list[Arrays] = []
    with path.open("rb", buffering=0) as file:
        walk = Walk(file, path, split)
        for rows, done in walk.rows(total):
            parts.append(columns(rows))
            progress(done, total)
    if not parts:
        raise InputError(f"{path} holds no images.", way_out(path, split))
    progress(total, total)
    arrays = {column: np.concatenate([part[column] for part in parts]) for column in parts[0]}
    names, counts = np.unique(arrays["name"], return_counts=True)
    if len(names) != len(arrays["name"]):
        raise InputError(f"{path} holds {names[counts > 1][0].decode()} more than once.", way_out(path, split))
    return arrays | {
        "clutter": np.array([kind.encode() for kind in walk.clutter], dtype=np.bytes_),
        "clutter_count": np.array([count for count, _ in walk.clutter.values()], dtype=np.int64),
        "clutter_first": np.array([first.encode() for _, first in walk.clutter.values()], dtype=np.bytes_),
        "zeros": np.array([each.size for each in walk.zeros], dtype=np.int64),
        "zeros_of": np.array([each.archive.encode() for each in walk.zeros], dtype=np.bytes_),
        "zeros_inside": np.array([each.inside for each in walk.zeros], dtype=np.bool_),
    }


def _left_out(path: Path, arrays: Arrays) -> Iterator[LeftOut]:
    columns = (arrays[column].tolist() for column in ("clutter", "clutter_count", "clutter_first"))
    for kind, count, first in zip(*columns, strict=True):
        yield LeftOut(what=kind.decode(), count=count, first=f"{path}: {first.decode()}", clutter=True)


def _refuse_hole(path: Path, split: Split, arrays: Arrays) -> None:
    """Refuses an archive of the official size with fewer images: part of it was never written."""
    official, count, size = IMAGES[split], len(arrays["name"]), path.stat().st_size
    if size != official.bytes or count >= official.images:
        return
    zeros = f", and ends in {human_bytes(int(arrays['zeros'].max()))} of zeros" if len(arrays["zeros"]) else ""
    raise InputError(
        f"{path} has the official size, but only {count:,} of {official.images:,} images{zeros}: its space was "
        "allocated for a download or copy that did not finish.",
        "Download or copy it again",
    )


def _warnings(path: Path, split: Split, arrays: Arrays) -> Iterator[str]:
    """A warning about zeros that may be a hole; if no image is missing, they are only padding."""
    if not len(arrays["zeros"]) or len(arrays["name"]) == IMAGES[split].images:
        return
    longest, others = int(arrays["zeros"].argmax()), len(arrays["zeros"]) - 1
    archive = arrays["zeros_of"][longest].decode()
    yield zeros_warning(
        f"{path}: {archive}" if archive else str(path),
        int(arrays["zeros"][longest]),
        "images",
        inside=bool(arrays["zeros_inside"][longest]),
        others=others,
    )
