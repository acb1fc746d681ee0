"""The folder of a split at a glance: its class folders, class archives, and images of no folder."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from wizard.errors import InputError, reading
from wizard.ilsvrc2012.archives import Split
from wizard.sources.trees.listing import Bounds
from wizard.sources.trees.official_names import is_image, passed_over, said

_CLASS_ARCHIVE = re.compile(r"(n\d{8})\.tar", re.ASCII)
_LOOKED_AT = 40_000
"""Entries, more than there can be classes: a folder of more is one of images."""
_KEPT = 8
_NAMES: dict[Split, tuple[str, ...]] = {
    "train": ("train", "ILSVRC2012_img_train"),
    "validation": ("val", "validation", "valid", "ILSVRC2012_img_val"),
    "test": ("test", "ILSVRC2012_img_test", "ILSVRC2012_img_test_v10102019"),
}


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the images of a split lie.

    Attributes:
        path: the folder.
        folders: names of the class folders in it, sorted.
        archives: wnids of the class archives in it, sorted.
        images: names of some images that lie in no class's folder.
        others: names of folders in it that are no class's.
        shared: whether images of other splits lie there too.
        listed: which list names its images, in words; `folders` are then the classes that it gives them.
        problem: why it cannot be read, in sentences; empty where nothing is known.
        hint: what to do about that.
    """

    path: Path
    folders: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    others: frozenset[str] = frozenset()
    shared: bool = False
    listed: str = ""
    problem: str = ""
    hint: str = ""

    @property
    def classes(self) -> frozenset[str]:
        """The classes that folders or archives stand for."""
        return frozenset((*self.folders, *self.archives))

    @property
    def empty(self) -> bool:
        """Whether nothing was seen that could be an image."""
        return not (self.folders or self.archives or self.images)


def default_name(split: Split) -> str:
    """What a split's folder is called by most."""
    return _NAMES[split][0]


def split_of_folder(name: str) -> Split | None:
    """The split that a folder's name stands for; None for any other name.

    >>> split_of_folder("valid")
    'validation'
    """
    return next((split for split, names in _NAMES.items() if name in names), None)


def class_archive(name: str) -> str:
    """The wnid that an archive is named by; empty for any other name.

    >>> class_archive("n01440764.tar")
    'n01440764'
    """
    match = _CLASS_ARCHIVE.fullmatch(name)
    return match[1] if match else ""


def split_places(top: Path, bounds: Bounds) -> dict[Split, Place]:
    """The folders of splits in a folder; those that hold nothing too.

    Raises:
        InputError: the folder cannot be looked into.
    """
    found: dict[Split, Place] = {}
    for split, names in _NAMES.items():
        with reading(top):
            there = [top / name for name in names if (top / name).is_dir() or (top / name).is_symlink()]
        places = [_checked(path, bounds) for path in there]
        full = [place for place in places if not place.empty or place.problem]
        if len(full) > 1:
            named = " and ".join(str(place.path) for place in full)
            found[split] = replace(full[0], problem=f"{named} are both there.", hint="Remove the one that is not meant")
        elif places:
            found[split] = [*full, *places][0]
    return found


def look(path: Path) -> Place:
    """A folder at a glance; one that holds just a folder of the same name, as test/test does, is that one.

    Raises:
        InputError: it cannot be looked into.
    """
    folders: list[str] = []
    archives: list[str] = []
    images: list[str] = []
    with reading(path), os.scandir(path) as entries:
        for entry in islice(entries, _LOOKED_AT):
            if passed_over(entry.name):
                continue
            if entry.is_dir():
                folders.append(entry.name)
            elif class_archive(entry.name):
                archives.append(class_archive(entry.name))
            elif len(images) < _KEPT and is_image(entry.name):
                images.append(entry.name)
    split = split_of_folder(path.name)
    if len(folders) == 1 and not archives and not images and split and split_of_folder(folders[0]) == split:
        return look(path / folders[0])
    return Place(
        path=path, folders=tuple(sorted(folders)), archives=tuple(sorted(archives)), images=tuple(sorted(images))
    )


def shared_places(top: Path) -> dict[Split, Place]:
    """The splits whose images lie side by side in one folder, told apart by their names.

    Raises:
        InputError: the folder cannot be looked into.
    """
    seen: dict[Split, list[str]] = {}
    with reading(top), os.scandir(top) as entries:
        for entry in entries:
            spoken = said(entry.name)
            if spoken is not None:
                seen.setdefault(spoken.split, []).append(entry.name)
                if len(seen) == len(_NAMES):
                    break
    return {split: Place(path=top, images=tuple(names[:_KEPT]), shared=True) for split, names in seen.items()}


def holds_images(folder: Path) -> bool:
    """Whether an image lies in a folder, or in one of its folders, as far as some of its entries tell.

    Raises:
        InputError: it cannot be looked into.
    """
    return any(is_image(name) for name in _some_files(folder, depth=1))


def _some_files(folder: Path, depth: int) -> Iterator[str]:
    with reading(folder), os.scandir(folder) as entries:
        some = [entry for entry in islice(entries, 100) if not passed_over(entry.name)]
    yield from (entry.name for entry in some)
    if depth:
        for entry in [entry for entry in some if entry.is_dir()][:_KEPT]:
            yield from _some_files(Path(entry.path), depth - 1)


def _checked(path: Path, bounds: Bounds) -> Place:
    try:
        bounds.check(str(path))
        return look(path)
    except InputError as error:
        return Place(path=path, problem=error.what, hint=error.hint)
