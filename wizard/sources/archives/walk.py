"""Indexes an archive of images from its headers: which members are images, their names and their classes.

A train archive holds either an archive for each class, as the official one does, or the images themselves, as when an
extracted tree was packed again. An image's name gives its class; the folders around it may have any name except that
of another class.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

from wizard.errors import InputError
from wizard.formats import image_codec, tar
from wizard.formats.padding import ends_in_zeros, is_padding
from wizard.ilsvrc2012.archives import Split
from wizard.ilsvrc2012.synsets import is_test_image, ranks, synsets, validation_number, validation_ranks
from wizard.sources import clutter
from wizard.sources.classes import UNLABELED
from wizard.sources.locate import may_be_official, way_out
from wizard.sources.names import unsafe
from wizard.sources.rows import Row
from wizard.sources.split_names import split_of_folder
from wizard.sources.trees.image_names import is_wnid

_BATCH = 5000  # images between two reports of progress
_REPACK = "Remove it, or move it to its own class's folder, and pack the archive again"
_CLASS_ARCHIVE = re.compile(r"(n\d{8})\.tar", re.ASCII)  # name of a class archive
_TRAIN_IMAGE = re.compile(r"(n\d{8})_\d+\.JPEG", re.ASCII)  # name of a training image
# A name that is safe, no clutter and no class archive: all but a few of a million, and looking closer takes 15 µs.
_PLAIN = re.compile(r"\w+\.JPEG", re.ASCII)


class Zeros(NamedTuple):
    """Bytes of zeros at the end of an archive, named if it is a class archive, that may begin inside the last image."""

    archive: str
    size: int
    inside: bool


class Walk:
    """One pass over an archive.

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

    def rows(self, total: int) -> Iterator[tuple[list[Row], int]]:
        """Yields the images in archive order, with the number of bytes walked so far.

        Raises:
            InputError: it is truncated or damaged, or holds an unexpected member.
        """
        rows: list[Row] = []
        try:
            for member in self._members("", 0, total):
                match = _CLASS_ARCHIVE.fullmatch(_base(member)) if self._split == "train" else None
                if match is None:
                    rows.append(_row(member, self._label(member)))
                if rows and (match or len(rows) >= _BATCH):
                    yield rows, member.offset
                    rows = []
                if match is not None:
                    yield self._of_class(match[1], member), member.offset + member.size
        except tar.TarDamage as error:
            raise self._damaged("", error) from error
        if rows:
            yield rows, total

    def _of_class(self, wnid: str, archive: tar.Member) -> list[Row]:
        if wnid not in ranks():
            raise self._unexpected(f" holds {archive.name}, which is not named after a synset of ILSVRC2012")
        rows: list[Row] = []
        rank = ranks()[wnid]
        try:
            for member in self._members(archive.name, archive.offset, archive.offset + archive.size):
                name = _base(member)
                match = _TRAIN_IMAGE.fullmatch(name)
                if match is None or match[1] != wnid:
                    raise self._unexpected(f", in {archive.name}: {member.name} is not named {wnid}_<number>.JPEG")
                rows.append(_row(member, rank if name == member.name else self._label(member)))
        except tar.TarDamage as error:
            raise self._damaged(f", in {archive.name}", error) from error
        if not rows:
            raise self._unexpected(f": {archive.name} holds no images")
        return rows

    def _members(self, archive: str, start: int, end: int) -> Iterator[tar.Member]:
        last: tar.Member | None = None

        def ended(size: int, zeros: int) -> None:
            inside = last is not None and ends_in_zeros(self._file, last.offset, last.size)
            if inside or not is_padding(size, zeros):
                self.zeros.append(Zeros(archive, zeros, inside))

        for member in tar.members(self._file, start, end, head=image_codec.MAGIC_BYTES, ended=ended):
            if _PLAIN.fullmatch(member.name):
                last = member
                yield member
                continue
            why = unsafe(member.name)
            if why:
                raise self._unexpected(f": the name of its member {member.name!r} {why}")
            kind = _clutter_kind(member.name)
            last = None if kind or _CLASS_ARCHIVE.fullmatch(_base(member)) else member  # non-images may end in zeros
            if kind:
                path = f"{archive}/{member.name}" if archive else member.name
                count, first = self.clutter.get(kind, (0, path))
                self.clutter[kind] = (count + 1, first)
            else:
                yield member

    def _label(self, member: tar.Member) -> int:
        *folders, name = member.name.split("/")
        label = self._rank(name, member)
        for folder in folders:
            split = split_of_folder(folder)
            if split is not None and split != self._split:
                raise InputError(
                    f"{self._path}: {member.name} is in a folder of {split}, but this is the archive of {self._split}.",
                    _REPACK,
                )
            if label != UNLABELED and is_wnid(folder) and ranks().get(folder) != label:
                own = synsets()[label].wnid
                raise InputError(
                    f"{self._path}: {member.name} is in the folder of {folder}, but is an image of {own}.", _REPACK
                )
        return label

    def _rank(self, name: str, member: tar.Member) -> int:
        if self._split == "train":
            match = _TRAIN_IMAGE.fullmatch(name)
            if match is None:
                raise self._unexpected(f": {member.name} is neither named <wnid>.tar nor <wnid>_<number>.JPEG")
            if match[1] not in ranks():
                wrong = f"{match[1]}, which is not a synset of ILSVRC2012"
                raise self._unexpected(f": {member.name} is named as an image of {wrong}")
            return ranks()[match[1]]
        if self._split == "validation":
            number = validation_number(name)
            if number is None:
                expected = "ILSVRC2012_val_<00000001 to 00050000>.JPEG"
                raise self._unexpected(f": {member.name} is not named {expected}, so its label is not known")
            return int(validation_ranks()[number - 1])
        if not is_test_image(name):
            raise self._unexpected(f": {member.name} is not named ILSVRC2012_test_<00000001 to 00100000>.JPEG")
        return UNLABELED

    def _damaged(self, where: str, error: tar.TarDamage) -> InputError:
        return InputError(f"{self._path}{where}: {error}.", error.hint or way_out(self._path, self._split))

    def _unexpected(self, what: str) -> InputError:
        """The error for a member that should not be there; the archive itself is whole."""
        hint = "Remove it, or name it as in the official archive, and pack the archive again"
        if may_be_official(self._path, self._split):
            hint = way_out(self._path, self._split)
        return InputError(f"{self._path}{what}.", hint)


def _row(member: tar.Member, label: int) -> Row:
    return Row(_base(member), member.offset, member.size, label, bool(image_codec.sniff(member.head)))


def _base(member: tar.Member) -> str:
    return member.name.rpartition("/")[2]


def _clutter_kind(name: str) -> str:
    """The kind of clutter that a member is, by its name or a folder on its path; empty for any other.

    >>> _clutter_kind("train/._n01440764.tar"), _clutter_kind("__MACOSX/n01440764.tar"), _clutter_kind("n01440764.tar")
    ('files of macOS (._*)', 'files in __MACOSX', '')
    """
    *folders, base = name.split("/")
    return next(filter(None, map(clutter.of_folder, folders)), "") or clutter.of_file(base)
