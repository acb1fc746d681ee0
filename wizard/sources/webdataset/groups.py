"""Tar files of a folder that are named alike: the split that their names say, and whether they are shards."""

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from wizard.ilsvrc2012.archives import Split
from wizard.sources import clutter
from wizard.sources.numbered_files import NUMBER
from wizard.sources.split_names import split_in_file_name, split_of_folder
from wizard.sources.trees.copies import original_name
from wizard.sources.trees.image_names import passed_over
from wizard.sources.webdataset.opening import Glimpse, glimpse, why_no_tar

_SUFFIX = re.compile(r"\.(?:tar|tar\.(?:gz|zst|xz|bz2)|tgz|tzst|txz|tbz2?)$", re.IGNORECASE)
_NUMBERED = re.compile(r"(.*?)(\d+)(\D*)", re.ASCII | re.DOTALL)
_DIGITS = 2  # of a shard's number at least; train_images_0.tar.gz is an archive of a tree
_TRIED = 16  # groups that are looked into before a folder without a single shard is given up


@dataclass(frozen=True, kw_only=True)
class ShardGroup:
    """Files of one folder that are named alike but for one number, in its order.

    Attributes:
        split: the split that their names, or that of their folder below the source's, say.
        glimpse: what some of them hold.
        number: the number of the first of them, as it stands there; empty if there is none.
        unreadable: whether those that were looked at are not tar archives, as after a download that failed, or damaged
            before their first sample.
    """

    files: tuple[Path, ...]
    split: Split | None
    glimpse: Glimpse
    number: str
    unreadable: bool

    @property
    def shards(self) -> bool:
        """Whether they are shards, or by their names should be: numbered, and named after a split."""
        named = self.split is not None and len(self.number) >= _DIGITS
        return self.glimpse.samples or (self.unreadable and named)


def group_of_file(path: Path) -> ShardGroup:
    """A file alone, with the split that its name says.

    Raises:
        OSError: it cannot be read.
    """
    return _group((path,), split_in_file_name(stem_of(path)))


def is_tar_name(name: str) -> bool:
    """Whether a file is named as a tar archive, compressed or not."""
    return _SUFFIX.search(name) is not None


def groups_in(folder: Path) -> list[ShardGroup]:
    """The groups of tar files in a folder, and in those below it that are named as splits.

    Raises:
        OSError: a folder or file cannot be read.
    """
    candidates = [
        (files, split_in_file_name(stem_of(files[0])) or (split_of_folder(path.name) if path != folder else None))
        for path, names in _listings(folder)
        for files in _alike(path, names)
    ]
    # Those that are most likely shards first: a folder may hold a thousand tars of classes.
    candidates.sort(key=lambda each: (each[1] is None, number_of(each[0][0]) is None, each[0]))
    found: list[ShardGroup] = []
    for files, split in candidates:
        if len(found) >= _TRIED and not any(group.shards for group in found):
            return []
        found.append(_group(files, split))
    return found


def stem_of(path: Path) -> str:
    """A shard's name without .tar and what follows that."""
    return _SUFFIX.sub("", path.name)


def number_of(path: Path) -> tuple[str, str, str] | None:
    """What is before the last number of a file's name, this number, and what follows it; None if there is none.

    >>> number_of(Path("imagenet1k-train-0007.tar"))
    ('imagenet1k-train-', '0007', '.tar')
    """
    stem = stem_of(path)
    match = _NUMBERED.fullmatch(stem)
    return (match[1], match[2], match[3] + path.name[len(stem) :]) if match else None


def by_value(path: Path) -> tuple[list[str | int], str]:
    """Sort key that orders numbers in names by value."""
    parts = re.split(r"([0-9]+)", path.name)
    return [int(part) if part.isdecimal() else part for part in parts], str(path)


def _listings(folder: Path) -> Iterator[tuple[Path, set[str]]]:
    """A folder and those in it that are named as splits, each with the names of its tar files."""
    with os.scandir(folder) as entries:
        listed = list(entries)
    yield folder, _tars(listed)
    for name in sorted(entry.name for entry in listed if split_of_folder(entry.name) and entry.is_dir()):
        with os.scandir(folder / name) as entries:
            names = _tars(entries)
        yield folder / name, names


def _tars(entries: Iterable["os.DirEntry[str]"]) -> set[str]:
    return {
        entry.name
        for entry in entries
        if is_tar_name(entry.name)
        and not passed_over(entry.name)
        and not clutter.of_file(entry.name)
        and entry.is_file()
    }


def _alike(folder: Path, names: set[str]) -> Iterator[tuple[Path, ...]]:
    alike: dict[tuple[str, ...], list[Path]] = defaultdict(list)
    for name in names:
        if original_name(name) in names:
            continue
        path = folder / name
        parts = number_of(path)
        if NUMBER.search(name):
            alike[tuple(NUMBER.split(stem_of(path))[::3])].append(path)
        elif parts:
            alike[parts[0], _SUFFIX.sub("", parts[2])].append(path)
        else:
            alike[(stem_of(path),)].append(path)
    for _, group in sorted(alike.items()):
        yield tuple(sorted(group, key=by_value))


def _group(files: tuple[Path, ...], split: Split | None) -> ShardGroup:
    some = dict.fromkeys((files[0], files[len(files) // 2], files[-1]))
    glimpses = {path: glimpse(path) for path in some}
    seen = next((each for each in glimpses.values() if each.samples), glimpses[files[0]])
    return ShardGroup(
        files=files,
        split=split,
        glimpse=seen,
        number=(number_of(files[0]) or ("", "", ""))[1],
        unreadable=all(each.damaged or why_no_tar(path) for path, each in glimpses.items()),
    )
