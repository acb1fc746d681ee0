"""Walks folders: what lies in them, how large it is, and how far links may lead."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from wizard.errors import Hint, InputError, reading
from wizard.sources.mounts import filesystem
from wizard.sources.mounts.filesystem import Entry
from wizard.sources.options import FOLLOW
from wizard.sources.trees.image_names import passed_over

_FIX = "Remove it, or put back what it leads to"
_FOLLOW = Hint("If the link is meant, {} reads what it leads to; else remove it", FOLLOW)


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How far links may lead: not out of the folder `root`, a resolved path, unless `follow` says so."""

    root: str
    follow: bool

    @classmethod
    def of(cls, folder: Path, *, follow: bool) -> "Bounds":
        """Those of a folder, which may be a link itself."""
        return cls(root=filesystem.resolved(folder, strict=False), follow=follow)

    def check(self, path: str) -> str:
        """The resolved path of what may be a link, or lie behind one.

        Raises:
            InputError: it leads nowhere, or out of the root.
        """
        try:
            target = filesystem.resolved(path)
        except OSError as error:
            raise InputError(f"{path} is a link that leads nowhere: {error.strerror}.", _FIX) from error
        if not self.follow and not Path(target).is_relative_to(self.root):
            raise InputError(f"{path} leads by a link to {target}, outside of {self.root}.", _FOLLOW)
        return target


def walk(
    folder: Path,
    bounds: Bounds,
    wanted: Callable[[Entry], bool],
    pass_over: Callable[[Entry], None] = lambda _entry: None,
    *,
    nested: bool = True,
) -> Iterator[tuple[str, int]]:
    """Yields each wanted file of a folder, as its path below the folder and its size in bytes, in the system's order.

    Links to other files are ignored, wherever they lead.

    Args:
        folder: where to look.
        bounds: how far links may lead.
        wanted: called with each entry that is not a folder.
        pass_over: called with each entry, file or folder, that `passed_over` matches.
        nested: whether to look into its folders, at any depth, too.

    Raises:
        InputError: a folder or file cannot be looked at, a wanted one is neither file nor folder, a link leads nowhere,
            out of the bounds, or back to a folder on the way to it.
    """
    stack: list[tuple[str, str, tuple[str, ...]]] = [(str(folder), "", (bounds.check(str(folder)),))]
    while stack:
        path, below, trail = stack.pop()
        with reading(Path(path)), filesystem.scandir(path) as entries:
            for entry in entries:
                if passed_over(entry.name):
                    pass_over(entry)
                    continue
                if nested and entry.is_symlink() and not entry.is_file():
                    bounds.check(entry.path)
                if entry.is_dir():
                    if nested:
                        stack.append((entry.path, f"{below}{entry.name}/", _further(trail, entry)))
                elif wanted(entry):
                    if entry.is_symlink():
                        bounds.check(entry.path)
                    yield below + entry.name, _size(entry)


def folders_in(folder: Path, bounds: Bounds) -> list[str]:
    """The names of the folders in a folder, sorted; those that are hidden are left out.

    Raises:
        InputError: it cannot be looked into, or a link leads nowhere or to a folder out of the bounds.
    """
    found = []
    with reading(folder), filesystem.scandir(folder) as entries:
        for entry in entries:
            if passed_over(entry.name):
                continue
            if entry.is_symlink() and not entry.is_file():
                bounds.check(entry.path)
            if entry.is_dir():
                found.append(entry.name)
    return sorted(found)


def _further(trail: tuple[str, ...], entry: Entry) -> tuple[str, ...]:
    real = os.path.realpath(entry.path) if entry.is_symlink() else f"{trail[-1]}/{entry.name}"
    if real in trail:
        raise InputError(f"{entry.path} leads by a link back to {real}, on the way to it.", "Remove the link")
    return (*trail, real)


def _size(entry: Entry) -> int:
    if not entry.is_file():
        entry.stat()  # distinguishes a file that has just vanished from a device
        raise InputError(f"{entry.path} is not a regular file.", "Remove it, or put the image there")
    return entry.stat().st_size
