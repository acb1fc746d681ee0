"""Samples folders to see whether they hold images, or folders of images."""

import os
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from wizard.errors import InputError, reading
from wizard.sources.trees.image_names import passed_over
from wizard.sources.trees.sorter import Sniffer
from wizard.sources.trees.split_dirs import class_archive

_LOOKED_AT = 40_000
"""Most entries read from a folder; more than there can be classes."""
_OPENED = 8
"""Most files of a folder that are opened although they are not named as images."""
_SAMPLED = 8
"""Folders that are looked into when a sample is enough."""
_DEPTH = 3
"""Levels searched for an image, not counting folders that hold just one folder."""
_SOLE = 8
"""Most such single folders that are passed through: links may form a cycle."""
_MOST = 20_000
"""Most folders looked into below possible classes; a home folder has far more."""


@dataclass(frozen=True, kw_only=True)
class Glimpse:
    """Content of a folder.

    Attributes:
        images: whether there is an image; if so, nothing further was looked at.
        folders: names of the folders in it that hold images, or folders of images; sorted.
    """

    images: bool = False
    folders: tuple[str, ...] = ()

    @property
    def deep(self) -> bool:
        """Whether there are images only in its folders."""
        return not self.images and bool(self.folders)

    @property
    def bare(self) -> bool:
        """Whether no images were found in it or below."""
        return not (self.images or self.folders)


@dataclass(frozen=True)
class _Entries:
    images: bool = False
    archives: bool = False
    folders: tuple[str, ...] = ()


class Glimpses:
    """Looks into each folder once; an unreadable one counts as empty here, and is reported when it is read."""

    def __init__(self) -> None:
        self._seen: dict[Path, _Entries] = {}
        self._below = 0

    def at(self, folder: Path) -> Glimpse:
        """The content of a folder."""
        entries = self._entries(folder)
        if entries.images:
            return Glimpse(images=True)
        return Glimpse(folders=tuple(sorted(name for name in entries.folders if self.holds_images(folder / name))))

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

    def _entries(self, folder: Path) -> _Entries:
        if folder not in self._seen:
            try:
                self._seen[folder] = _look_into(folder)
            except InputError:
                self._seen[folder] = _Entries()
        return self._seen[folder]


def _look_into(folder: Path) -> _Entries:
    """Lists a folder up to the first image."""
    folders = []
    archives = False
    sniffer = Sniffer(_OPENED)
    with reading(folder), os.scandir(folder) as entries:
        for entry in islice(entries, _LOOKED_AT):
            if passed_over(entry.name):
                continue
            if entry.is_dir():
                folders.append(entry.name)
            elif sniffer.is_image(entry):
                return _Entries(images=True)
            archives = archives or bool(class_archive(entry.name))
    return _Entries(archives=archives, folders=tuple(sorted(folders)))
