"""Reads the official image archives in place: a nested tar becomes columns, by its headers alone."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from wizard.errors import InputError, reading
from wizard.formats import jpeg, tar
from wizard.ilsvrc2012.archives import Split
from wizard.ilsvrc2012.synsets import is_test_image, ranks, validation_number, validation_ranks
from wizard.sources.cache import Arrays, cached
from wizard.sources.classes import UNLABELLED
from wizard.sources.names import unsafe
from wizard.sources.raw import Progress
from wizard.sources.samples import SampleTable, in_one_file

_CLASS_ARCHIVE = re.compile(r"(n\d{8})\.tar")
_TOLD = 5000
"""Images between two looks at how far the scan is."""
_FETCH = "The archive is damaged or was repacked; compare its MD5 (run PROFILE --md5) and fetch it again"
_SKIP = 'Fetch the archive again, or leave such images out with --set output.on_bad_image="skip"'


class _Rows(NamedTuple):
    """Some members of an archive; `image` says whether the content begins as an image does."""

    name: list[bytes]
    offset: list[int]
    size: list[int]
    label: list[int]
    image: list[bool]


def read_table(path: Path, split: Split, cache: Path, progress: Progress, *, skip_bad: bool) -> SampleTable:
    """The images of an archive as a table without boxes, in archive order.

    Args:
        path: an official archive.
        split: whose images it holds.
        cache: folder of cached indexes.
        progress: told how far the scan is; not called where the cache has the index.
        skip_bad: whether members that are empty or no image are left to the worker to skip.

    Raises:
        InputError: the archive is truncated or damaged, holds an unknown wnid, a name twice, or (unless skip_bad) a
            member that is empty or no image.
    """
    with reading(path):
        arrays = cached(cache, path, f"index3-{split}", lambda: _scan(path, split, progress))
    if not skip_bad and not arrays["image"].all():
        _refuse(path, arrays, int(np.flatnonzero(~arrays["image"])[0]))
    return in_one_file(
        str(path), name=arrays["name"], offset=arrays["offset"], size=arrays["size"], label=arrays["label"]
    )


def _scan(path: Path, split: Split, progress: Progress) -> Arrays:
    total = path.stat().st_size
    parts: list[Arrays] = []
    with path.open("rb", buffering=0) as file:
        try:
            scan = _train_rows if split == "train" else _validation_rows if split == "validation" else _test_rows
            for rows, done in scan(file, path, total):
                parts.append(_columns(rows))
                progress(done, total)
        except tar.TarDamage as error:
            raise InputError(f"{path}: {error}.", _FETCH) from error
    if not parts:
        raise InputError(f"{path} holds no images.", _FETCH)
    progress(total, total)
    arrays = {column: np.concatenate([part[column] for part in parts]) for column in parts[0]}
    names, counts = np.unique(arrays["name"], return_counts=True)
    if len(names) != len(arrays["name"]):
        raise InputError(f"{path} holds {names[counts > 1][0].decode()} more than once.", _FETCH)
    return arrays


def _columns(rows: _Rows) -> Arrays:
    return {
        "name": np.array(rows.name, dtype=np.bytes_),
        "offset": np.array(rows.offset, dtype=np.int64),
        "size": np.array(rows.size, dtype=np.int64),
        "label": np.array(rows.label, dtype=np.int16),
        "image": np.array(rows.image, dtype=np.bool_),
    }


def _train_rows(file: IO[bytes], path: Path, total: int) -> Iterator[tuple[_Rows, int]]:
    for outer in tar.members(file, 0, total):
        name = _basename(path, outer)
        if _is_debris(name):
            continue
        match = _CLASS_ARCHIVE.fullmatch(name)
        if match is None or match[1] not in ranks():
            raise InputError(
                f"{path} holds {outer.name}, and no synset of ILSVRC2012 is named so; expected are <wnid>.tar.", _FETCH
            )
        try:
            yield _class_rows(file, path, match[1], outer), outer.offset + outer.size
        except tar.TarDamage as error:
            raise InputError(f"{path}, in {outer.name}: {error}.", _FETCH) from error


def _class_rows(file: IO[bytes], path: Path, wnid: str, outer: tar.Member) -> _Rows:
    expected = re.compile(rf"{wnid}_\d+\.JPEG", re.ASCII)
    rows = _Rows([], [], [], [], [])
    for member in tar.members(file, outer.offset, outer.offset + outer.size, head=jpeg.MAGIC_BYTES):
        name = _basename(path, member)
        if _is_debris(name):
            continue
        if not expected.fullmatch(name):
            raise InputError(f"{path}, in {outer.name}: {member.name} is not named {wnid}_<number>.JPEG.", _FETCH)
        _append(rows, name, member, ranks()[wnid])
    if not rows.name:
        raise InputError(f"{path}: {outer.name} holds no images.", _FETCH)
    return rows


def _validation_rows(file: IO[bytes], path: Path, total: int) -> Iterator[tuple[_Rows, int]]:
    labels = validation_ranks()
    rows = _Rows([], [], [], [], [])
    for member in tar.members(file, 0, total, head=jpeg.MAGIC_BYTES):
        name = _basename(path, member)
        if _is_debris(name):
            continue
        number = validation_number(name)
        if number is None:
            raise InputError(
                f"{path}: {member.name} is not named ILSVRC2012_val_<00000001 to 00050000>.JPEG, "
                "so its label is not known.",
                _FETCH,
            )
        _append(rows, name, member, int(labels[number - 1]))
        if len(rows.name) % _TOLD == 0:
            yield rows, member.offset
            rows = _Rows([], [], [], [], [])
    if rows.name:
        yield rows, total


def _test_rows(file: IO[bytes], path: Path, total: int) -> Iterator[tuple[_Rows, int]]:
    """Those of today's archive lie in a folder test/, those of the older one do not."""
    rows = _Rows([], [], [], [], [])
    for member in tar.members(file, 0, total, head=jpeg.MAGIC_BYTES):
        name = _basename(path, member)
        if _is_debris(name):
            continue
        if not is_test_image(name):
            raise InputError(f"{path}: {member.name} is not named ILSVRC2012_test_<00000001 to 00100000>.JPEG.", _FETCH)
        _append(rows, name, member, UNLABELLED)
        if len(rows.name) % _TOLD == 0:
            yield rows, member.offset
            rows = _Rows([], [], [], [], [])
    if rows.name:
        yield rows, total


def _basename(path: Path, member: tar.Member) -> str:
    why = unsafe(member.name)
    if why:
        raise InputError(f"{path}: the name of its member {member.name!r} {why}.", _FETCH)
    return member.name.rpartition("/")[2]


def _append(rows: _Rows, name: str, member: tar.Member, label: int) -> None:
    rows.name.append(name.encode())
    rows.offset.append(member.offset)
    rows.size.append(member.size)
    rows.label.append(label)
    rows.image.append(bool(jpeg.sniff(member.head)))


def _is_debris(name: str) -> bool:
    """Files that macOS slips into archives."""
    return name.startswith("._") or name == ".DS_Store"


def _refuse(path: Path, arrays: Arrays, row: int) -> None:
    name, size = arrays["name"][row].decode(), int(arrays["size"][row])
    others = int(np.count_nonzero(~arrays["image"])) - 1
    raise InputError(
        f"{path}: {name} "
        + (f"is no image, by the first of its {size:,} bytes" if size else "has no bytes")
        + (f"; {others:,} more members are empty or no images." if others else "."),
        _SKIP,
    )
