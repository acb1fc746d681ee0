"""Reads the official image archives in place: a nested tar becomes columns, by its headers alone."""

import os
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from wizard.errors import InputError, reading
from wizard.formatting import human_bytes
from wizard.ilsvrc2012.archives import IMAGES, Split
from wizard.sources.archives.walk import Walk, Zeros
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
        arrays = cached(cache, path, f"index7-{split}", lambda: _walk(path, split, progress), progress=progress)
        official = may_be_official(path, split)
    hint = f"{'Download the archive' if official else 'Download or pack the archive'} again, or " + ON_BAD_IMAGE
    return replace(
        table_in(path, arrays),
        official=official,
        left_out=tuple(_left_out(path, arrays)),
        warnings=tuple(map(os.fsdecode, arrays["warnings"].tolist())),
        unusable=unusable(lambda row: f"{path}: {arrays['name'][row].decode()}", arrays, hint),
    )


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
    # Column by column, which frees the parts on the way.
    arrays = {column: np.concatenate([part.pop(column) for part in parts]) for column in tuple(parts[0])}
    names = np.sort(arrays["name"])
    twins = np.flatnonzero(names[1:] == names[:-1])
    if len(twins):
        raise InputError(f"{path} holds {names[twins[0]].decode()} more than once.", way_out(path, split))
    return arrays | {
        "clutter": np.array([kind.encode() for kind in walk.clutter], dtype=np.bytes_),
        "clutter_count": np.array([count for count, _ in walk.clutter.values()], dtype=np.int64),
        "clutter_first": np.array([first.encode() for _, first in walk.clutter.values()], dtype=np.bytes_),
        "warnings": np.array([*map(os.fsencode, _on_zeros(path, split, len(names), walk.zeros))], dtype=np.bytes_),
    }


def _left_out(path: Path, arrays: Arrays) -> Iterator[LeftOut]:
    columns = (arrays[column].tolist() for column in ("clutter", "clutter_count", "clutter_first"))
    for kind, count, first in zip(*columns, strict=True):
        yield LeftOut(what=kind.decode(), count=count, first=f"{path}: {first.decode()}", clutter=True)


def _on_zeros(path: Path, split: Split, count: int, zeros: Collection[Zeros]) -> Iterator[str]:
    """A warning about zeros that may be a hole; if no image is missing, they are only padding.

    Raises:
        InputError: an archive of the official size has fewer images: part of it was never written.
    """
    official = IMAGES[split]
    longest = max(zeros, key=lambda each: each.size, default=None)
    if path.stat().st_size == official.bytes and count < official.images:
        ends = f", and ends in {human_bytes(longest.size)} of zeros" if longest else ""
        raise InputError(
            f"{path} has the official size, but only {count:,} of {official.images:,} images{ends}: its space was "
            "allocated for a download or copy that did not finish.",
            "Download or copy it again",
        )
    if longest and count != official.images:
        archive = f"{path}: {longest.archive}" if longest.archive else str(path)
        yield zeros_warning(archive, longest.size, "images", inside=longest.inside, others=len(zeros) - 1)
