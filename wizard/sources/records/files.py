"""Which files of a folder are TFRecords, and of which split: by their names and some first bytes."""

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from wizard.formats.tfrecord import Compression, compression_of
from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.sources import clutter
from wizard.sources.numbered_files import NUMBER, set_problem
from wizard.sources.split_names import split_in_file_name, split_of_folder
from wizard.sources.trees.copies import original_name
from wizard.sources.trees.image_names import is_image, passed_over

_ONE_SET = "Keep only one set of them in the folder"


@dataclass(frozen=True, kw_only=True)
class RecordFiles:
    """The TFRecords of a split.

    Attributes:
        path: the folder that holds them.
        files: in the order of their names, numbers by their value; some may be empty.
        compression: how they are compressed.
        problem: why they cannot be read as they are, in sentences; usually empty.
        hint: what to do about that.
    """

    path: Path
    files: tuple[Path, ...]
    compression: Compression = "plain"
    problem: str = ""
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class _Group:
    """Files of one folder whose names differ only in numbers; `compressions`: of some, none for no records."""

    files: tuple[Path, ...]
    split: Split | None
    compressions: frozenset[Compression]


def find_record_files(folder: Path) -> tuple[dict[Split, RecordFiles], list[Path]]:
    """The record files of each split in a folder and those below it that are named as splits; of some, the first bytes.

    Returns:
        The splits that are there, and record files without a split in their names, if other files have one.

    Raises:
        OSError: a folder or file cannot be read.
    """
    groups: list[_Group] = []
    for path, names in _listings(folder):
        groups += _groups(path, names, within=path != folder)
    found = [group for group in groups if group.compressions]
    if not found:
        return {}, []
    found += [group for group in groups if not group.compressions and _empty_shards(group)]
    some_named = any(group.split for group in found)
    own = split_of_folder(folder.resolve().name) or "train"
    files: dict[Split | None, list[_Group]] = defaultdict(list)
    for group in found:
        files[group.split if some_named else own].append(group)
    unnamed = [path for group in files[None] for path in group.files]
    return {split: _together(folder, split, files[split]) for split in SPLITS if split in files}, unnamed


def set_aside(folder: Path) -> list[Path]:
    """Files of records that are not read, because their names say that they are copies, backups or unfinished.

    Raises:
        OSError: a folder or file cannot be read.
    """
    found: list[Path] = []
    for path, names in _listings(folder):
        found += [path / name for name in sorted(names) if clutter.of_file(name) or original_name(name) in names]
    return [path for path in found if compression_of(path)]


def _listings(folder: Path) -> Iterator[tuple[Path, set[str]]]:
    """A folder and those in it that are named as splits, each with the names of its files that are no images."""
    with os.scandir(folder) as entries:
        listed = list(entries)
    yield folder, _files(listed)
    for name in sorted(entry.name for entry in listed if split_of_folder(entry.name) and entry.is_dir()):
        with os.scandir(folder / name) as entries:
            names = _files(entries)
        yield folder / name, names


def _files(entries: Iterable["os.DirEntry[str]"]) -> set[str]:
    return {entry.name for entry in entries if not is_image(entry.name) and entry.is_file()}


def _groups(folder: Path, names: set[str], *, within: bool) -> Iterator[_Group]:
    """The groups of a folder's files; `within` a split's folder, they are of that split where they name no other."""
    split = split_of_folder(folder.name) if within else None
    alike: dict[str, list[str]] = defaultdict(list)
    names = {name for name in names if not passed_over(name) and not clutter.of_file(name)}
    for name in sorted(name for name in names if original_name(name) not in names):
        alike[re.sub(r"\d+", "0", name, flags=re.ASCII)].append(name)
    for shape, group in alike.items():
        files = tuple(folder / name for name in sorted(group, key=_by_value))
        yield _Group(files=files, split=split_in_file_name(shape) or split, compressions=_compressions(files))


def _by_value(name: str) -> list[str | int]:
    return [int(part) if part.isdecimal() else part for part in re.split(r"([0-9]+)", name)]


def _compressions(files: Sequence[Path]) -> frozenset[Compression]:
    """Those of the first, the middle and the last that are not empty."""
    full = next((number for number, path in enumerate(files) if path.stat().st_size), None)
    if full is None:
        return frozenset()
    some = {files[full], files[(full + len(files)) // 2], files[-1]}
    return frozenset(compression for compression in map(compression_of, some) if compression)


def _empty_shards(group: _Group) -> bool:
    named = group.split is not None and all(NUMBER.search(path.name) for path in group.files)
    return named and not any(path.stat().st_size for path in group.files)


def _together(folder: Path, split: Split, groups: list[_Group]) -> RecordFiles:
    paths = [path for group in groups for path in group.files]
    paths.sort(key=lambda path: (_by_value(path.name), str(path)))
    folders = {path.parent for path in paths}
    compressions = sorted(frozenset[Compression]().union(*(group.compressions for group in groups)))
    problem, hint = _packed(split, groups, compressions) or set_problem(paths, split) or ("", "")
    return RecordFiles(
        path=folders.pop() if len(folders) == 1 else folder,
        files=tuple(paths),
        compression=compressions[0] if compressions else "plain",
        problem=problem,
        hint=hint,
    )


def _packed(split: Split, groups: list[_Group], compressions: list[Compression]) -> tuple[str, str] | None:
    first = groups[0].files[0]
    if not compressions:
        return f"All {len(groups[0].files):,} files of {split} are empty, such as {first}.", "Build them again"
    if len(compressions) > 1:
        named = " and ".join(f"{group.files[0]} ({'/'.join(sorted(group.compressions))})" for group in groups)
        return f"The files of {split} are compressed in different ways, or some not at all: {named}.", _ONE_SET
    if compressions == ["zlib"]:
        return (
            f"{first} holds TFRecords compressed with ZLIB, which this program does not read; it reads plain ones and "
            "those compressed with GZIP.",
            "Write them once more with tf.io.TFRecordWriter, without compression",
        )
    return None
