"""Which Parquet files of a folder belong to which split: by their names and those of their folders alone."""

import os
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from wizard.errors import Hint, InputError
from wizard.formatting import counted, few
from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.sources import clutter
from wizard.sources.numbered_files import set_problem
from wizard.sources.split_names import by_number, split_in_file_name, split_of_folder
from wizard.sources.trees.copies import original_name
from wizard.sources.trees.image_names import passed_over

SUFFIX = ".parquet"
_DATA = "data"  # where push_to_hub puts them
_METADATA = "metadata"  # of image folders: a table of their files, without images
_PARTIAL = "partial-"
_UNFINISHED = (".incomplete", ".parquet.part")
_AROUND = (SUFFIX, ".md", ".json", ".txt", ".yaml", ".yml", ".gitattributes")
"""Suffixes of the files that lie beside Parquet files in a dataset's repository."""


@dataclass(frozen=True, kw_only=True)
class ParquetFiles:
    """The Parquet files of a split.

    Attributes:
        path: the folder that holds them.
        files: in the order of their names, numbers by their value.
        problem: why they cannot be read as they are, in sentences; usually empty.
        hint: what to do about that.
    """

    path: Path
    files: tuple[Path, ...]
    problem: str = ""
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class FoundFiles:
    """The Parquet files of a folder.

    Attributes:
        root: the folder that they lie in: that which was given, or one below it; or the single file.
        unnamed: files that are not read because their names give no split.
        leftovers: files that are not read because their names say that they are copies.
    """

    root: Path
    splits: dict[Split, ParquetFiles]
    unnamed: tuple[Path, ...] = ()
    leftovers: tuple[Path, ...] = ()


def find_parquet_files(folder: Path, *, asked: bool = False) -> FoundFiles | None:
    """The Parquet files of a folder, of its data/, or of the one folder in it that holds some, a configuration's.

    Args:
        folder: may be a link, as may the files.
        asked: whether Parquet is what the person says it is; else files without a split in their names count only
            where nothing else lies beside them.

    Raises:
        InputError: several configurations lie in it.
        OSError: it cannot be looked into.
    """
    for root in (folder, folder / _DATA):
        found = _in_root(root, asked=asked) if root.is_dir() else None
        if found:
            return found
    configurations = []
    for name in _folders(folder):
        found = _in_root(folder / name, asked=False)
        if found and any(split_in_file_name(str(path)) for files in found.splits.values() for path in files.files):
            configurations.append(found)
    if len(configurations) > 1:
        names = few([found.root.name for found in configurations])
        raise InputError(
            f"{folder} holds Parquet files of {len(configurations)} configurations: {names}.",
            Hint("Give the folder of one of them: {}", f"source.path={configurations[0].root}"),
        )
    return configurations[0] if configurations else None


def one_file(path: Path) -> FoundFiles:
    """A single file, of the split that its name or that of its folder says, or train."""
    split = split_in_file_name(path.stem) or split_of_folder(path.resolve().parent.name) or "train"
    return FoundFiles(root=path, splits={split: ParquetFiles(path=path, files=(path,))})


def unfinished(folder: Path) -> tuple[Path, ...]:
    """Downloads that are not finished, in a folder, or where Hugging Face's client keeps them for that folder."""
    # In a cache, links lead from snapshots/REVISION/data to blobs/, where unfinished files lie too.
    blobs = [parent / "blobs" for parent in folder.parents[:3] if (parent / "snapshots").is_dir()]
    found = [path for place in (folder, *blobs) for ending in _UNFINISHED for path in sorted(place.glob(f"*{ending}"))]
    for place in (folder, folder.parent):
        found += sorted((place / ".cache" / "huggingface" / "download").rglob(f"*{_UNFINISHED[0]}"))
    return tuple(dict.fromkeys(found))


def _in_root(root: Path, *, asked: bool) -> FoundFiles | None:
    groups: dict[Split | None, list[Path]] = defaultdict(list)
    leftovers: list[Path] = []
    partial: dict[Split, Path] = {}
    for folder, split in _listed(root):
        names = _parquet_names(folder)
        copies = {name for name in names if original_name(name) in names}
        leftovers += sorted(folder / name for name in copies)
        for name in names - copies:
            groups[split_in_file_name(name.rpartition(".")[0]) or split].append(folder / name)
        if folder.name.startswith(_PARTIAL) and split and names:
            partial[split] = folder
    named = {split: paths for split, paths in groups.items() if split is not None}
    unnamed = groups.get(None, [])
    if not named and unnamed and (asked or _alone(root)):
        named, unnamed = {split_of_folder(root.resolve().name) or "train": unnamed}, []
    if not named:
        return None
    return FoundFiles(
        root=root,
        splits={split: _together(root, split, named[split], partial.get(split)) for split in SPLITS if split in named},
        unnamed=tuple(sorted(unnamed)),
        leftovers=tuple(leftovers),
    )


def _parquet_names(folder: Path) -> set[str]:
    """The names of its Parquet files, and of links to files that are not there."""
    with os.scandir(folder) as entries:
        names = {entry.name for entry in entries if entry.name.lower().endswith(SUFFIX) and not entry.is_dir()}
    return {name for name in names if not name.startswith(_METADATA) and not passed_over(name)}


def _listed(root: Path) -> Iterator[tuple[Path, Split | None]]:
    """A folder and those in it that are named as splits, each with that split."""
    yield root, None
    for name in _folders(root):
        split = split_of_folder(name.removeprefix(_PARTIAL))
        if split:
            yield root / name, split


def _folders(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if entry.is_dir() and not passed_over(entry.name))


def _alone(root: Path) -> bool:
    """Whether nothing but what a dataset's repository has lies in a folder."""
    with os.scandir(root) as entries:
        shown = [entry for entry in entries if not passed_over(entry.name)]
    return not any(entry.is_dir() for entry in shown) and all(
        entry.name.lower().endswith(_AROUND) or clutter.of_file(entry.name) for entry in shown
    )


def _together(root: Path, split: Split, paths: Sequence[Path], partial: Path | None) -> ParquetFiles:
    files = sorted(paths, key=lambda path: (by_number(path.name), str(path)))
    folders = {path.parent for path in files}
    path = folders.pop() if len(folders) == 1 else root
    problem, hint = _partial(split, partial) or _dangling(files) or set_problem(files, split) or _gap(split, files)
    if problem and (begun := unfinished(path)):
        lie = "lies" if len(begun) == 1 else "lie"
        named = few([each.name for each in begun], 2)
        problem += f" {counted(len(begun), 'unfinished download')} {lie} there: {named}."
        hint = f"{hint}: imagenet-setup download --base huggingface resumes, as does the client that began it"
    return ParquetFiles(path=path, files=tuple(files), problem=problem, hint=hint)


def _partial(split: Split, folder: Path | None) -> tuple[str, str] | None:
    if folder is None:
        return None
    return (
        f"{folder} holds only a part of {split}: Hugging Face converts no more than the first gigabytes of a dataset.",
        "Download the dataset's own files, of its main revision",
    )


def _dangling(files: Sequence[Path]) -> tuple[str, str] | None:
    broken = [path for path in files if not path.exists()]
    if not broken:
        return None
    more = f" (and {len(broken) - 1:,} more)" if len(broken) > 1 else ""
    return (
        f"{broken[0]}{more} is a link to a file that is not there: {broken[0].readlink()}.",
        "Download it again, or copy the folder with what its links lead to (cp -rL)",
    )


def _gap(split: Split, files: Sequence[Path]) -> tuple[str, str]:
    """Numbers missing in files that are named by numbers alone, as Hugging Face's conversion names them."""
    numbers = {int(path.stem) for path in files if re.fullmatch(r"\d{1,6}", path.stem, re.ASCII)}
    if len(numbers) < len(files):
        return "", ""
    missing = [f"{number:0{len(files[0].stem)}}{SUFFIX}" for number in range(max(numbers)) if number not in numbers]
    if not missing or (missing[-1:] == missing and 0 not in numbers and min(numbers) == 1):
        return "", ""
    return (
        f"{counted(len(missing), 'file')} of {split} {'is' if len(missing) == 1 else 'are'} missing in "
        f"{files[0].parent}: {few(missing, 5)}.",
        "Download them again",
    )
