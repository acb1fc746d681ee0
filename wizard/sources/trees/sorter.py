"""Sorts the files below a split's folder into images, clutter and files left out, and counts the latter two.

A file with an image's suffix is taken for an image, so that a million images need not be opened twice; the worker sees
what they really are. Any other file that is not clutter is an image if its first bytes are those of one.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import PurePath

from wizard.formats import image_codec, tar
from wizard.sources import clutter
from wizard.sources.mounts import filesystem
from wizard.sources.mounts.filesystem import Entry
from wizard.sources.remarks import LeftOutCounter
from wizard.sources.samples import LeftOut
from wizard.sources.trees.image_names import is_image, passed_over

_COUNTED = 200_000  # most entries counted in folders that are not read: there may be a snapshot of a whole disk
_SUFFIX = re.compile(r"\.(?=\w*[a-z])\w{1,10}", re.ASCII)
# Raw files that begin like TIFFs; a TIFF reader often finds only a thumbnail in them.
_CAMERA_RAW = re.compile(r".*\.(?:3fr|arw|cr[23]|dcr|dng|erf|kdc|mrw|n[er]f|nrw|orf|pef|raf|rw2|sr[2fw])", re.DOTALL)


class Sorter:
    """Separates a split's images from its other files, and counts the latter."""

    def __init__(self) -> None:
        self._counter = LeftOutCounter()
        self._budget = _COUNTED
        self._unfinished: set[str] = set()

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """The files found that are not images, by kind."""
        return tuple(
            replace(each, what=f"{each.what} or more") if each.what in self._unfinished else each
            for each in self._counter.counted()
        )

    def is_image(self, entry: Entry) -> bool:
        """Whether a file is to be read as an image; else it is counted, as is one that this user may not read."""
        if is_image(entry.name):
            return True
        kind = clutter.of_file(entry.name)
        reported = kind or _kind_by_content(entry)
        if reported:
            self._counter.add(reported, entry.path, clutter=bool(kind))
        return not reported

    def is_image_member(self, archive: str, member: tar.Member) -> bool:
        """Like `is_image` for an archive member, by its name and first bytes."""
        *folders, base = member.name.split("/")
        within = next(filter(None, map(clutter.of_folder, folders)), "")
        is_clutter = within or passed_over(base) or clutter.of_file(base)
        if not is_clutter and (is_image(base) or (image_codec.sniff(member.head) and not _is_camera_raw(base))):
            return True
        self._add(base, f"{archive}/{member.name}", within)
        return False

    def pass_over(self, entry: Entry) -> None:
        """Counts an entry that is not read, or the files in it; links are not followed."""
        kind = clutter.of_folder(entry.name)
        if entry.is_dir(follow_symlinks=False):
            self.leave(entry.path, kind)
        else:
            self._add(entry.name, entry.path, clutter.of_file(entry.name) or kind)

    def leave(self, folder: str, what: str = "") -> None:
        """Counts the files in a folder that is not read, without opening any."""
        for entry, within in _below(folder, what):
            self._budget -= 1
            if self._budget >= 0 and entry.is_dir(follow_symlinks=False):
                continue
            reported = self._add(entry.name, entry.path, within)
            if self._budget < 0:
                self._unfinished.add(reported)
                return

    def leave_beside(self, folder: str, read: Collection[str]) -> None:
        """Counts the files in a folder, except in those of its folders that are read."""
        with filesystem.scandir(folder) as entries:
            for entry in entries:
                if entry.path not in read:
                    self.pass_over(entry)

    def _add(self, name: str, path: str, within: str = "") -> str:
        kind = within or clutter.of_file(name)
        reported = kind or _kind_by_suffix(name)
        self._counter.add(reported, path, clutter=bool(kind))
        return reported


def seems_image(entry: Entry) -> bool:
    """Whether a file's first bytes are those of an image; False if this user may not read it."""
    return not _kind_by_content(entry)


def _kind_by_content(entry: Entry) -> str:
    if not entry.is_file():
        return "special files (broken links, pipes, sockets)"
    try:
        begins_as_image = filesystem.begins_as_image(entry.path)
    except PermissionError:
        return "files without read permission"
    return "" if begins_as_image and not _is_camera_raw(entry.name) else _kind_by_suffix(entry.name)


def _is_camera_raw(name: str) -> bool:
    return _CAMERA_RAW.fullmatch(name.lower()) is not None


def _kind_by_suffix(name: str) -> str:
    suffix = PurePath(name).suffix.lower()
    return f"{suffix} files" if _SUFFIX.fullmatch(suffix) else "files without a known suffix"


def _below(folder: str, what: str) -> Iterator[tuple[Entry, str]]:
    """Everything below a folder, including folders, and the kind of clutter that it belongs to.

    A folder without read permission, as lost+found usually is, counts as empty.
    """
    stack = [(folder, what)]
    while stack:
        path, within = stack.pop()
        try:
            with filesystem.scandir(path) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        stack.append((entry.path, within or clutter.of_folder(entry.name)))
                    yield entry, within
        except OSError:
            continue
