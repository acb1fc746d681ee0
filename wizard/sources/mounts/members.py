"""Members: the files in an archive, by folder, in columns; a million of them take about a hundred megabytes."""

from array import array
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from wizard.sources.cache import Arrays

Progress = Callable[[int, int], None]
"""Called with how many bytes of an archive are indexed, and how many there are."""
UNKNOWN: Final = 2
"""In `Members.image`, where the first bytes were not looked at."""
_BREAK: Final = b"\n"
"""Between names: no name that is taken in holds a control character."""


class DuplicateMember(ValueError):
    """Two members of one path; the message is the path."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Members:
    """The files in an archive. Paths are relative to it, with / between their parts; "" is the archive itself.

    Attributes:
        folders: path -> its number k, of the folders that hold anything.
        within: for each folder, the names of the folders in it, sorted.
        first: int64[k + 1]; the files of folder k are the rows first[k] to first[k + 1].
        names: uint8[...], the files' names in UTF-8, in the order of rows, each followed by a line break.
        start: int64[k + 1], where in `names` those of each folder begin.
        offset: int64[n], where a reader finds each file.
        size: int64[n], bytes of its content.
        image: uint8[n], whether its first bytes are those of an image: 0, 1 or `UNKNOWN`.
        texts: contents of small text files that were kept because reading them again would take long.
        remarks: what a person should check, in sentences without a full stop.
    """

    folders: dict[str, int]
    within: tuple[tuple[str, ...], ...]
    first: npt.NDArray[np.int64]
    names: npt.NDArray[np.uint8]
    start: npt.NDArray[np.int64]
    offset: npt.NDArray[np.int64]
    size: npt.NDArray[np.int64]
    image: npt.NDArray[np.uint8]
    texts: dict[str, bytes] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.offset)

    def rows(self, folder: str) -> dict[str, int]:
        """The rows of the files that lie in a folder itself, by name; KeyError if there is no such folder."""
        number = self.folders[folder]
        text = self.names[self.start[number] : self.start[number + 1]].tobytes()
        names = text.decode().split("\n")[:-1]
        return dict(zip(names, range(int(self.first[number]), int(self.first[number + 1])), strict=True))

    def row(self, path: str) -> int | None:
        """The row of a file; None if there is none of this path."""
        folder, _, name = path.rpartition("/")
        number = self.folders.get(folder)
        if number is None or not name:
            return None
        text = _BREAK + self.names[self.start[number] : self.start[number + 1]].tobytes()
        at = text.find(_BREAK + name.encode(errors="surrogateescape") + _BREAK)
        return None if at < 0 else int(self.first[number]) + text.count(_BREAK, 0, at)


class MembersBuilder:
    """Collects members in an archive's order."""

    def __init__(self) -> None:
        self._folders: dict[str, int] = {}
        self._last = ("", -1)
        self._folder = array("q")
        self._offset = array("q")
        self._size = array("q")
        self._image = bytearray()
        self._names = bytearray()
        self.texts: dict[str, bytes] = {}

    def __len__(self) -> int:
        return len(self._folder)

    def add(self, path: str, offset: int, size: int, image: int) -> None:
        """Adds a file; its path must be safe."""
        folder, _, name = path.rpartition("/")
        if self._last[0] != folder or self._last[1] < 0:
            self._last = (folder, self._folders.setdefault(folder, len(self._folders)))
        self._folder.append(self._last[1])
        self._offset.append(offset)
        self._size.append(size)
        self._image.append(image)
        self._names += name.encode() + _BREAK

    def places(self, paths: Collection[str]) -> dict[str, tuple[int, int, int]]:
        """Offset, size and image of those members that have one of these paths."""
        folders = list(self._folders)
        names = self._names.split(_BREAK)
        found = {}
        for row, folder in enumerate(self._folder):
            path = _joined(folders[folder], names[row].decode())
            if path in paths:
                found[path] = (self._offset[row], self._size[row], self._image[row])
        return found

    def built(self, remarks: tuple[str, ...] = ()) -> Arrays:
        """The columns of all members, and of the folders that they lie in.

        Raises:
            DuplicateMember: two have the same path, or one lies in another.
        """
        folder = np.frombuffer(self._folder, np.int64)
        order = np.argsort(folder, kind="stable")
        paths = list(self._folders)
        counts = np.bincount(folder, minlength=len(paths))
        first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        breaks = np.flatnonzero(np.frombuffer(self._names, np.uint8) == ord(_BREAK)) + 1
        ends = np.concatenate([[0], breaks]).astype(np.int64)
        names, start = bytearray(), [0]
        for begin, end in pairwise(first.tolist()):
            held: set[bytes] = set()
            for row in order[begin:end].tolist():
                name = bytes(self._names[ends[row] : ends[row + 1]])
                if name in held:
                    raise DuplicateMember(_joined(paths[len(start) - 1], name[:-1].decode()))
                held.add(name)
                names += name
            start.append(len(names))
        texts = list(self.texts)
        return {
            "folders": _column("\n".join(paths).encode()),
            "first": first,
            "names": _column(bytes(names)),
            "start": np.array(start, np.int64),
            "offset": np.frombuffer(self._offset, np.int64)[order],
            "size": np.frombuffer(self._size, np.int64)[order],
            "image": _column(bytes(self._image))[order],
            "text_names": _column("\n".join(texts).encode()),
            "text_ends": np.cumsum([len(self.texts[name]) for name in texts], dtype=np.int64),
            "texts": _column(b"".join(self.texts.values())),
            "remarks": _column("\n".join(remarks).encode()),
        }


def members_of(arrays: Arrays) -> Members:
    """The members whose columns were built; or were cached since.

    Raises:
        DuplicateMember: a file has the path of a folder.
    """
    paths = _text(arrays["folders"]).split("\n") if len(arrays["start"]) > 1 else []
    numbers = {path: number for number, path in enumerate(paths)}
    within: dict[str, set[str]] = defaultdict(set)
    for path in paths:
        while path:
            parent, _, name = path.rpartition("/")
            known = name in within[parent]
            within[parent].add(name)
            if known:
                break
            path = parent
    every = list(numbers) + sorted((within.keys() | {""}) - numbers.keys())
    more = len(every) - len(paths)  # folders that hold folders alone have no rows
    ends = [0, *arrays["text_ends"].tolist()]
    texts = arrays["texts"].tobytes()
    names = _text(arrays["text_names"]).split("\n") if len(ends) > 1 else []
    remarks = _text(arrays["remarks"])
    found = Members(
        folders={path: number for number, path in enumerate(every)},
        within=tuple(tuple(sorted(within.get(path, ()))) for path in every),
        first=np.concatenate([arrays["first"], np.repeat(arrays["first"][-1:], more)]),
        names=arrays["names"],
        start=np.concatenate([arrays["start"], np.repeat(arrays["start"][-1:], more)]),
        offset=arrays["offset"],
        size=arrays["size"],
        image=arrays["image"],
        texts={name: texts[begin:end] for name, (begin, end) in zip(names, pairwise(ends), strict=True)},
        remarks=tuple(remarks.split("\n")) if remarks else (),
    )
    for path, names_within in zip(every, found.within, strict=True):
        both = found.rows(path).keys() & names_within if names_within else ()
        for name in both:
            raise DuplicateMember(_joined(path, name))
    return found


def _column(data: bytes) -> npt.NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8)


def _text(column: npt.NDArray[np.uint8]) -> str:
    return column.tobytes().decode()


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
