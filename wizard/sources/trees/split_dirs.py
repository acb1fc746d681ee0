"""The folder of a split at a glance: its class folders, class archives, and images of no folder."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from wizard.errors import reading
from wizard.ilsvrc2012.archives import Split
from wizard.sources.trees.image_names import parse_image_name, passed_over
from wizard.sources.trees.sorter import Sniffer

_CLASS_ARCHIVE = re.compile(r"(n\d{8})\.tar", re.ASCII)
_LOOKED_AT = 40_000
"""Entries, more than there can be classes: a folder of more is one of images."""
_KEPT = 8
_NAMES: dict[Split, str] = {"train": "train", "validation": "val", "test": "test"}


@dataclass(frozen=True, kw_only=True)
class SplitDir:
    """Where the images of a split lie.

    Attributes:
        path: the folder; if there are several, the one that holds them all.
        folders: names of the class folders in it, sorted.
        archives: wnids of the class archives in it, sorted.
        images: names of some images that lie in no class's folder.
        others: names of folders in it that are no class's.
        idle: those of them that hold no images and lie beside the classes' with a name as images/.
        shared: whether images of other splits lie there too.
        listed: the list that names its images, in words; `folders` are then the classes in that list.
        problem: why it cannot be read, in sentences; empty where nothing is known.
        hint: what to do about that.
        parts: its folders, if there are several; the names above are then those of all parts together.
    """

    path: Path
    folders: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    others: frozenset[str] = frozenset()
    idle: tuple[str, ...] = ()
    shared: bool = False
    listed: str = ""
    problem: str = ""
    hint: str = ""
    parts: tuple["SplitDir", ...] = ()

    @property
    def pieces(self) -> tuple["SplitDir", ...]:
        """The folders that images are read from: its parts, or the place itself."""
        return self.parts or (self,)

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
    return _NAMES[split]


def class_archive(name: str) -> str:
    """The wnid that an archive is named by; empty for any other name.

    >>> class_archive("n01440764.tar")
    'n01440764'
    """
    match = _CLASS_ARCHIVE.fullmatch(name)
    return match[1] if match else ""


def look(path: Path) -> SplitDir:
    """A quick look at a folder's content.

    Raises:
        InputError: it cannot be looked into.
    """
    folders: list[str] = []
    archives: list[str] = []
    images: list[str] = []
    sniffer = Sniffer()
    with reading(path), os.scandir(path) as entries:
        for entry in islice(entries, _LOOKED_AT):
            if passed_over(entry.name):
                continue
            if entry.is_dir():
                folders.append(entry.name)
            elif class_archive(entry.name):
                archives.append(class_archive(entry.name))
            elif len(images) < _KEPT and sniffer.is_image(entry):
                images.append(entry.name)
    return SplitDir(
        path=path, folders=tuple(sorted(folders)), archives=tuple(sorted(archives)), images=tuple(sorted(images))
    )


def together(path: Path, parts: Sequence[SplitDir]) -> SplitDir:
    """Joins several folders into one place: class folders of the same name become one class."""
    return SplitDir(
        path=path,
        folders=tuple(sorted({name for part in parts for name in part.folders})),
        archives=tuple(sorted({name for part in parts for name in part.archives})),
        images=tuple(name for part in parts for name in part.images)[:_KEPT],
        problem=next((part.problem for part in parts if part.problem), ""),
        hint=next((part.hint for part in parts if part.problem), ""),
        parts=tuple(parts),
    )


def idle_folders(places: Mapping[Split, SplitDir]) -> list[str]:
    """What is told of the folders that are `SplitDir.idle`, in sentences."""
    pieces = [piece for place in places.values() for piece in place.pieces]
    return [f"{piece.path / name} holds no images, and is no class." for piece in pieces for name in piece.idle]


def shared_places(top: Path) -> dict[Split, SplitDir]:
    """The splits whose images lie side by side in one folder, told apart by their names.

    Raises:
        InputError: the folder cannot be looked into.
    """
    seen: dict[Split, list[str]] = {}
    with reading(top), os.scandir(top) as entries:
        for entry in entries:
            spoken = parse_image_name(entry.name)
            if spoken is not None:
                seen.setdefault(spoken.split, []).append(entry.name)
                if len(seen) == len(_NAMES):
                    break
    return {split: SplitDir(path=top, images=tuple(names[:_KEPT]), shared=True) for split, names in seen.items()}
