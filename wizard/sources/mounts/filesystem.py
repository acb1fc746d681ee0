"""What lies at a path, on disk or in a mounted archive; like `os` and `pathlib`, and with their errors."""

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Final, Protocol, cast

from wizard.errors import InputError
from wizard.formats import image_codec
from wizard.sources.mounts.content import head_of, read_member
from wizard.sources.mounts.members import UNKNOWN
from wizard.sources.mounts.mount import Inside, mounted, mounted_in

_FOLDER: Final = stat.S_IFDIR | 0o555
_FILE: Final = stat.S_IFREG | 0o444


class Entry(Protocol):
    """An entry of a folder, as by `os.scandir`."""

    @property
    def name(self) -> str:
        """Its name in the folder."""

    @property
    def path(self) -> str:
        """The folder's path, and its name."""

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        """Whether it is a folder."""

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        """Whether it is a regular file."""

    def is_symlink(self) -> bool:
        """Whether it is a link; in an archive nothing is."""

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """Its size and mode."""


class _Member:
    """An entry of a mounted archive, or the archive itself."""

    __slots__ = ("_size", "name", "path")

    def __init__(self, name: str, path: str, size: int) -> None:
        self.name = name
        self.path = path
        self._size = size  # of a file; -1 for a folder

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        del follow_symlinks
        return self._size < 0

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        del follow_symlinks
        return self._size >= 0

    def is_symlink(self) -> bool:
        return False

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        del follow_symlinks
        mode = _FILE if self._size >= 0 else _FOLDER
        return os.stat_result((mode, 0, 0, 1, 0, 0, max(self._size, 0), 0, 0, 0))


def scandir(path: Path | str) -> AbstractContextManager[Iterator[Entry]]:
    """The entries of a folder, as `os.scandir` gives them.

    Raises:
        OSError: there is no such folder.
    """
    inside = mounted(path)
    if inside is not None:
        return nullcontext(_members(inside, str(path)))
    shown = mounted_in(path)
    if not shown:
        return cast(AbstractContextManager[Iterator[Entry]], os.scandir(path))
    with os.scandir(path) as entries:
        every: list[Entry] = [_Member(each.name, each.path, -1) if each.name in shown else each for each in entries]
    return nullcontext(iter(every))


def iterdir(path: Path) -> list[Path]:
    """The paths of a folder's entries; OSError if there is no such folder."""
    with scandir(path) as entries:
        return [path / entry.name for entry in entries]


def is_dir(path: Path) -> bool:
    """Whether there is a folder at a path; OSError if that cannot be found out."""
    inside = mounted(path)
    return path.is_dir() if inside is None else inside.below in inside.mount.members.folders


def is_file(path: Path) -> bool:
    """Whether there is a file at a path; OSError if that cannot be found out."""
    inside = mounted(path)
    return path.is_file() if inside is None else inside.mount.members.row(inside.below) is not None


def is_link(path: Path) -> bool:
    """Whether there is a link at a path; in an archive there is none."""
    return mounted(path) is None and path.is_symlink()


def size_of(path: Path) -> int:
    """The size of a file; OSError if there is none."""
    inside = mounted(path)
    return path.stat().st_size if inside is None else int(inside.mount.members.size[_row(inside)])


def read_bytes(path: Path) -> bytes:
    """The content of a file.

    Raises:
        InputError: it is in an archive that is damaged there.
        OSError: there is none, or it cannot be read.
    """
    inside = mounted(path)
    if inside is None:
        return path.read_bytes()
    members, row = inside.mount.members, _row(inside)
    if inside.below in members.texts:
        return members.texts[inside.below]
    return read_member(inside.mount, int(members.offset[row]), int(members.size[row]), inside.below)


def begins_as_image(path: str) -> bool:
    """Whether a file's first bytes are those of an image; OSError if it cannot be read."""
    inside = mounted(path)
    if inside is None or not inside.below:  # an archive that is mounted is still a file in its folder
        with Path(path).open("rb", buffering=0) as file:
            return bool(image_codec.sniff(file.read(image_codec.MAGIC_BYTES)))
    members, row = inside.mount.members, _row(inside)
    if members.image[row] != UNKNOWN:
        return bool(members.image[row])
    try:
        head = head_of(inside.mount, int(members.offset[row]), image_codec.MAGIC_BYTES, inside.below)
    except InputError:
        return False
    return bool(image_codec.sniff(head[: int(members.size[row])]))


def resolved(path: Path | str, *, strict: bool = True) -> str:
    """The path without links, as by `os.path.realpath`; one in an archive as it is.

    Raises:
        OSError: there is nothing at the path, which matters only if `strict`.
    """
    return str(path) if mounted(path) else os.path.realpath(path, strict=strict)


def in_reading_order(folder: Path, below: Iterable[str]) -> list[str]:
    """Paths below a folder in the order in which reading them is cheapest: sorted, or that of a compressed archive."""
    inside = mounted(folder)
    if inside is None or inside.mount.form != "stream":
        return sorted(below)
    members, prefix = inside.mount.members, f"{inside.below}/" if inside.below else ""
    rows: dict[str, dict[str, int]] = {}

    def offset(path: str) -> int:
        within, _, name = f"{prefix}{path}".rpartition("/")
        if within not in rows:
            rows[within] = members.rows(within)
        return int(members.offset[rows[within][name]])

    return sorted(below, key=offset)


def _row(inside: Inside) -> int:
    row = inside.mount.members.row(inside.below)
    if row is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), f"{inside.mount.path}/{inside.below}")
    return row


def _members(inside: Inside, path: str) -> Iterator[Entry]:
    members = inside.mount.members
    if inside.below not in members.folders:
        there = members.row(inside.below) is not None
        code = errno.ENOTDIR if there else errno.ENOENT
        raise OSError(code, os.strerror(code), path)
    number = members.folders[inside.below]
    sizes = members.size[members.first[number] : members.first[number + 1]].tolist()
    folders = [_Member(name, f"{path}/{name}", -1) for name in members.within[number]]
    files = members.rows(inside.below)
    return iter([*folders, *(_Member(name, f"{path}/{name}", size) for name, size in zip(files, sizes, strict=True))])
