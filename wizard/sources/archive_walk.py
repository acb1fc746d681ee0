"""Indexes an archive of images from its headers: which members are images, their names and their classes.

A train archive holds either an archive for each class, as the official one does, or the images themselves, as when an
extracted tree was packed again. An image's name gives its class; the folders around it may have any name except that
of another class.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NamedTuple

from wizard.errors import InputError
from wizard.formats import image_codec, tar
from wizard.formats.padding import ends_in_zeros, is_padding
from wizard.ilsvrc2012.archives import Split
from wizard.ilsvrc2012.synsets import ranks, synsets
from wizard.sources.archive_hints import may_be_official, way_out
from wizard.sources.archive_names import CLASS_ARCHIVE, LABEL_OF, TRAIN_IMAGE, clutter_kind
from wizard.sources.classes import UNLABELLED
from wizard.sources.names import unsafe
from wizard.sources.split_names import split_of_folder
from wizard.sources.trees.image_names import is_wnid

_TOLD = 5000
"""Images between two reports of progress."""
_RENAME = "Remove it, or name it as in the official archive"
_REPACK = "Remove it, or move it to its own class's folder, and pack the archive again"


@dataclass(kw_only=True)
class Rows:
    """Some images of an archive; `image` is whether the content begins like an image."""

    name: list[bytes] = field(default_factory=list)
    offset: list[int] = field(default_factory=list)
    size: list[int] = field(default_factory=list)
    label: list[int] = field(default_factory=list)
    image: list[bool] = field(default_factory=list)

    def append(self, name: str, label: int, member: tar.Member) -> None:
        """Adds an image."""
        self.name.append(name.encode())
        self.offset.append(member.offset)
        self.size.append(member.size)
        self.label.append(label)
        self.image.append(bool(image_codec.sniff(member.head)))


class Zeros(NamedTuple):
    """Zeros at the end of an archive that may be a hole.

    Attributes:
        archive: name of the class archive; empty for the outer one.
        size: how many bytes.
        inside: whether they begin inside the last image.
    """

    archive: str
    size: int
    inside: bool


class Walk:
    """One pass over an archive.

    Args:
        file: the archive, opened without a buffer.
        path: its path.
        split: whose images it holds.

    Attributes:
        clutter: members that are ignored, by kind: how many, and the path of the first.
        zeros: those at the ends of archives that may be holes.
    """

    def __init__(self, file: IO[bytes], path: Path, split: Split) -> None:
        self.clutter: dict[str, tuple[int, str]] = {}
        self.zeros: list[Zeros] = []
        self._file = file
        self._path = path
        self._split: Split = split

    def rows(self, total: int) -> Iterator[tuple[Rows, int]]:
        """Yields the images in archive order, with the number of bytes walked so far.

        Args:
            total: bytes of the archive.

        Raises:
            InputError: it is truncated or damaged, or holds an unexpected member.
        """
        rows = Rows()
        try:
            for member in self._members("", 0, total):
                match = CLASS_ARCHIVE.fullmatch(_base(member)) if self._split == "train" else None
                if match is None:
                    rows.append(_base(member), self._label(member), member)
                if rows.name and (match or len(rows.name) >= _TOLD):
                    yield rows, member.offset
                    rows = Rows()
                if match is not None:
                    yield self._of_class(match[1], member), member.offset + member.size
        except tar.TarDamage as error:
            raise self._damaged(f"{self._path}", error) from error
        if rows.name:
            yield rows, total

    def _of_class(self, wnid: str, archive: tar.Member) -> Rows:
        if wnid not in ranks():
            raise InputError(
                f"{self._path} holds {archive.name}, which is not named after a synset of ILSVRC2012.", self._hint()
            )
        rows = Rows()
        try:
            for member in self._members(archive.name, archive.offset, archive.offset + archive.size):
                name = _base(member)
                match = TRAIN_IMAGE.fullmatch(name)
                if match is None or match[1] != wnid:
                    raise InputError(
                        f"{self._path}, in {archive.name}: {member.name} is not named {wnid}_<number>.JPEG.",
                        self._hint(),
                    )
                rows.append(name, self._label(member), member)
        except tar.TarDamage as error:
            raise self._damaged(f"{self._path}, in {archive.name}", error) from error
        if not rows.name:
            raise InputError(f"{self._path}: {archive.name} holds no images.", self._hint())
        return rows

    def _members(self, archive: str, start: int, end: int) -> Iterator[tar.Member]:
        """The members of the outer archive, or of a class archive, without clutter."""
        last: tar.Member | None = None

        def ended(size: int, zeros: int) -> None:
            inside = last is not None and ends_in_zeros(self._file, last.offset, last.size)
            if inside or not is_padding(size, zeros):
                self.zeros.append(Zeros(archive, zeros, inside))

        for member in tar.members(self._file, start, end, head=image_codec.MAGIC_BYTES, ended=ended):
            why = unsafe(member.name)
            if why:
                raise InputError(f"{self._path}: the name of its member {member.name!r} {why}.", self._hint())
            kind = clutter_kind(member.name)
            last = None if kind or CLASS_ARCHIVE.fullmatch(_base(member)) else member  # non-images may end in zeros
            if kind:
                path = f"{archive}/{member.name}" if archive else member.name
                count, first = self.clutter.get(kind, (0, path))
                self.clutter[kind] = (count + 1, first)
            else:
                yield member

    def _label(self, member: tar.Member) -> int:
        *folders, name = member.name.split("/")
        try:
            label = LABEL_OF[self._split](name)
        except ValueError as error:
            raise InputError(f"{self._path}: {member.name} {error}.", self._hint()) from error
        for folder in folders:
            split = split_of_folder(folder)
            if split is not None and split != self._split:
                raise InputError(
                    f"{self._path}: {member.name} is in a folder of {split}, but this is the archive of {self._split}.",
                    _REPACK,
                )
            if label != UNLABELLED and is_wnid(folder) and ranks().get(folder) != label:
                raise InputError(
                    f"{self._path}: {member.name} is in the folder of {folder}, but is an image of "
                    f"{synsets()[label].wnid}.",
                    _REPACK,
                )
        return label

    def _damaged(self, where: str, error: tar.TarDamage) -> InputError:
        return InputError(f"{where}: {error}.", error.hint or self._way_out())

    def _hint(self) -> str:
        """What to do about a member that should not be there; the archive itself is whole."""
        official = may_be_official(self._path, self._split)
        return self._way_out() if official else f"{_RENAME}, and pack the archive again"

    def _way_out(self) -> str:
        return way_out(self._path, self._split)


def _base(member: tar.Member) -> str:
    return member.name.rpartition("/")[2]
