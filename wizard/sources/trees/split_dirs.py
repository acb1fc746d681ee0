"""Folders at a glance: class folders, class archives, images in none of them, and whether there are images below."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from wizard.errors import InputError, reading
from wizard.sources import clutter
from wizard.sources.mounts import filesystem
from wizard.sources.mounts.filesystem import Entry
from wizard.sources.trees.image_names import is_image, passed_over
from wizard.sources.trees.sorter import seems_image

_CLASS_ARCHIVE = re.compile(r"(n\d{8})\.tar", re.ASCII)
_LOOKED_AT = 40_000  # entries, more than there can be classes: a folder of more is one of images
KEPT = 8
"""Most names of images that are kept of a folder."""
_OPENED, _OPENED_AT_FIRST = 100, 8  # most files of a folder that are opened although they are not named as images
_SAMPLED = 8  # folders that are looked into when a sample is enough
_DEPTH = 3  # levels searched for an image, not counting folders that hold just one folder
_SOLE = 8  # most such single folders that are passed through: links may form a cycle
_MOST = 20_000  # most folders looked into below possible classes; a home folder has far more


@dataclass(frozen=True, kw_only=True)
class SplitDir:
    """Where the images of a split lie.

    Attributes:
        path: the folder; if there are several, the one that holds them all.
        folders: names of the class folders in it, sorted.
        archives: wnids of the class archives in it, sorted.
        images: names of some images that lie in no class's folder.
        others: names of folders in it that are no class's.
        idle: those of them without images, beside the class folders, with a generic name such as images/.
        shared: whether images of other splits lie there too.
        listed: the list that names its images, in words; `folders` are then the classes in that list.
        problem: why it cannot be read, in sentences; usually empty.
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
        """The folders that images are read from."""
        return self.parts or (self,)

    @property
    def classes(self) -> frozenset[str]:
        """The classes that folders or archives stand for."""
        return frozenset((*self.folders, *self.archives))

    @property
    def empty(self) -> bool:
        """Whether nothing was seen that could be an image, nor a reason why not."""
        return not (self.folders or self.archives or self.images or self.problem)

    def refused(self, problem: str, hint: str) -> "SplitDir":
        """The same, which cannot be read."""
        return replace(self, problem=problem, hint=hint)

    def of_class(self, name: str) -> Path:
        """The folder of a class."""
        return next(piece.path / name for piece in self.pieces if name in piece.classes)


def pieces_of(split_dirs: Iterable[SplitDir]) -> list[SplitDir]:
    """The folders that images of these splits are read from."""
    return list(chain.from_iterable(split_dir.pieces for split_dir in split_dirs))


def class_archive(name: str) -> str:
    """The wnid that an archive is named by, as n01440764.tar is; empty for any other name."""
    match = _CLASS_ARCHIVE.fullmatch(name)
    return match[1] if match else ""


def look_into(path: Path, *, until_image: bool = False) -> SplitDir:
    """A quick look at a folder's content: entirely, or just until the first image; InputError if that is impossible.

    Some of the files that are not named as images are opened to see what they are.
    """
    opened = _OPENED_AT_FIRST if until_image else _OPENED
    folders: list[str] = []
    archives: list[str] = []
    images: list[str] = []
    unnamed: list[Entry] = []
    with reading(path), filesystem.scandir(path) as entries:
        for entry in islice(entries, _LOOKED_AT):
            if passed_over(entry.name):
                continue
            if entry.is_dir():
                folders.append(entry.name)
            elif class_archive(entry.name):
                archives.append(class_archive(entry.name))
            elif is_image(entry.name):
                images.append(entry.name)
                if until_image:
                    break
            elif len(unnamed) < opened and not clutter.of_file(entry.name):
                unnamed.append(entry)
        # Last, so that no file is opened where enough images are known by their names.
        images += islice((entry.name for entry in unnamed if seems_image(entry)), max(0, KEPT - len(images)))
    return SplitDir(
        path=path,
        folders=tuple(sorted(folders)),
        archives=tuple(sorted(archives)),
        images=tuple(sorted(images[:KEPT])),
    )


def together(path: Path, parts: Sequence[SplitDir]) -> SplitDir:
    """Joins several folders: class folders of the same name become one class."""
    refused = next((part for part in parts if part.problem), None)
    return SplitDir(
        path=path,
        folders=tuple(sorted(set(chain.from_iterable(part.folders for part in parts)))),
        archives=tuple(sorted(set(chain.from_iterable(part.archives for part in parts)))),
        images=tuple(islice(chain.from_iterable(part.images for part in parts), KEPT)),
        problem=refused.problem if refused else "",
        hint=refused.hint if refused else "",
        parts=tuple(parts),
    )


def idle_folders(split_dirs: Iterable[SplitDir]) -> list[str]:
    """Sentences about the folders in `SplitDir.idle`."""
    idle = [piece.path / name for piece in pieces_of(split_dirs) for name in piece.idle]
    return [f"{path} holds no images, and is not a class." for path in idle]


class Glimpse(NamedTuple):
    """Whether a folder holds an image; if not, which folders in it hold images, or folders of images."""

    images: bool
    folders: tuple[str, ...] = ()

    @property
    def deep(self) -> bool:
        """Whether there are images only in its folders."""
        return bool(self.folders)

    @property
    def bare(self) -> bool:
        """Whether no images were found in it or below."""
        return not (self.images or self.folders)


class Glimpses:
    """Looks into each folder once; an unreadable one counts as empty here, and is reported when it is read."""

    def __init__(self) -> None:
        self._seen: dict[Path, SplitDir] = {}
        self._below = 0

    def at(self, folder: Path) -> Glimpse:
        """The content of a folder."""
        entries = self._entries(folder)
        if entries.images:
            return Glimpse(images=True)
        return Glimpse(False, tuple(name for name in entries.folders if self.holds_images(folder / name)))

    def holds_images(self, folder: Path, depth: int = _DEPTH, sole: int = _SOLE) -> bool:
        """Whether there are images or class archives in a folder, or not too deep below it."""
        self._below += folder not in self._seen
        if self._below > _MOST:
            return False
        entries = self._entries(folder)
        if entries.images or entries.archives:
            return True
        if len(entries.folders) == 1 and sole:
            return self.holds_images(folder / entries.folders[0], depth, sole - 1)
        some = entries.folders[:_SAMPLED] if depth else ()
        return any(self.holds_images(folder / name, depth - 1, sole) for name in some)

    def _entries(self, folder: Path) -> SplitDir:
        if folder not in self._seen:
            try:
                self._seen[folder] = look_into(folder, until_image=True)
            except InputError:
                self._seen[folder] = SplitDir(path=folder)
        return self._seen[folder]
