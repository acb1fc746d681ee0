"""Sorts the files below a split's folder: images that are read, clutter, and what is left out; all are counted.

A suffix that is an image's is believed, so that a million images need not be opened twice; what they really are, the
worker sees. Any other file that is no clutter is an image if it begins as one.
"""

import os
import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path, PurePath

from wizard.formats import image_codec, tar
from wizard.sources import clutter
from wizard.sources.left_out import LeftOutCounter
from wizard.sources.samples import LeftOut
from wizard.sources.trees.official_names import is_image, passed_over

_COUNTED = 200_000
"""Entries of folders that are not read that are counted in all: a snapshot of a whole disk may lie there."""
_OPENED = 100
"""Files that a glance at a folder opens."""
_SUFFIX = re.compile(r"\.(?=\w*[a-z])\w{1,10}", re.ASCII)
_CAMERA_RAW = re.compile(r".*\.(?:3fr|arw|cr[23]|dcr|dng|erf|kdc|mrw|n[er]f|nrw|orf|pef|raf|rw2|sr[2fw])", re.DOTALL)
"""They begin as TIFFs do, and what a TIFF reader finds in them is often but a thumbnail."""


class Sorter:
    """Tells images from the other files of a split, and counts these."""

    def __init__(self) -> None:
        self._counter = LeftOutCounter()
        self._budget = _COUNTED
        self._unfinished: set[str] = set()

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """What was seen that is no image."""
        return tuple(
            replace(each, what=f"{each.what} or more") if each.what in self._unfinished else each
            for each in self._counter.counted()
        )

    def is_image(self, entry: "os.DirEntry[str]") -> bool:
        """Whether a file is to be read as an image; else it is counted.

        Raises:
            OSError: it cannot be read; one that this user may not read is counted.
        """
        if is_image(entry.name):
            return True
        kind = clutter.of_file(entry.name)
        told = kind or _told_by_content(entry)
        if told:
            self._counter.add(told, entry.path, clutter=bool(kind))
        return not told

    def is_image_member(self, archive: str, member: tar.Member) -> bool:
        """The same for a member of an archive, by its name and the first bytes of its content."""
        *folders, base = member.name.split("/")
        within = next(filter(None, map(clutter.of_folder, folders)), "")
        is_clutter = within or passed_over(base) or clutter.of_file(base)
        if not is_clutter and (is_image(base) or _begins_as_image(base, member.head)):
            return True
        self._add(base, f"{archive}/{member.name}", within)
        return False

    def pass_over(self, entry: "os.DirEntry[str]") -> None:
        """Counts an entry that `passed_over` names, or the files in it; links are not followed."""
        if entry.is_dir(follow_symlinks=False):
            self.leave(entry.path, clutter.of_folder(entry.name))
        else:
            self._add(entry.name, entry.path, clutter.of_file(entry.name) or clutter.of_folder(entry.name))

    def leave(self, folder: str, what: str = "") -> None:
        """Counts the files in a folder that is not read, without opening one.

        Args:
            folder: its path.
            what: what all of them are, where that is clutter; else each is told by its name.
        """
        for entry, within in _below(folder, what):
            self._budget -= 1
            if self._budget >= 0 and entry.is_dir(follow_symlinks=False):
                continue
            told = self._add(entry.name, entry.path, within)
            if self._budget < 0:
                self._unfinished.add(told)
                return

    def leave_beside(self, folder: str, read: Collection[str]) -> None:
        """Counts what lies in a folder beside those folders in it that are read.

        Raises:
            OSError: it cannot be looked into.
        """
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.path in read:
                    continue
                if passed_over(entry.name):
                    self.pass_over(entry)
                elif entry.is_dir(follow_symlinks=False):
                    self.leave(entry.path)
                else:
                    self._add(entry.name, entry.path)

    def _add(self, name: str, path: str, within: str = "") -> str:
        kind = within or clutter.of_file(name)
        told = kind or _told_by_suffix(name)
        self._counter.add(told, path, clutter=bool(kind))
        return told


class Sniffer:
    """Tells images among the entries of a folder at a glance: of files that are not named as images, it opens few.

    Args:
        most: files that it opens.
    """

    def __init__(self, most: int = _OPENED) -> None:
        self._left = most

    def is_image(self, entry: "os.DirEntry[str]") -> bool:
        """Whether an entry is an image, by its name or its first bytes; not where this user may not read it.

        Raises:
            OSError: it cannot be read.
        """
        if is_image(entry.name):
            return True
        if clutter.of_file(entry.name) or not self._left:
            return False
        self._left -= 1
        return not _told_by_content(entry)


def _told_by_content(entry: "os.DirEntry[str]") -> str:
    """What a file is told as that is no clutter; empty where it begins as an image."""
    if not entry.is_file():
        return "special files (links to nowhere, pipes, sockets)"
    try:
        with Path(entry.path).open("rb", buffering=0) as file:
            head = file.read(image_codec.MAGIC_BYTES)
    except PermissionError:
        return "files that may not be read"
    return "" if _begins_as_image(entry.name, head) else _told_by_suffix(entry.name)


def _begins_as_image(name: str, head: bytes) -> bool:
    return bool(image_codec.sniff(head)) and not _CAMERA_RAW.fullmatch(name.lower())


def _told_by_suffix(name: str) -> str:
    suffix = PurePath(name).suffix.lower()
    return f"{suffix} files" if _SUFFIX.fullmatch(suffix) else "files without a known suffix"


def _below(folder: str, what: str) -> Iterator[tuple["os.DirEntry[str]", str]]:
    """Everything below a folder, folders too, and the kind of clutter that it lies in.

    A folder that may not be looked into, as lost+found mostly, has nothing in it.
    """
    stack = [(folder, what)]
    while stack:
        path, within = stack.pop()
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        stack.append((entry.path, within or clutter.of_folder(entry.name)))
                    yield entry, within
        except OSError:
            continue
