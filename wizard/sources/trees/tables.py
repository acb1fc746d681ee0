"""Folders of images -> SampleTable."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np

from wizard.errors import InputError, reading
from wizard.formats import image_codec, tar
from wizard.ilsvrc2012.archives import IMAGES, Split
from wizard.sources.cache import Arrays
from wizard.sources.locate import ON_BAD_IMAGE, zeros_warning
from wizard.sources.mounts import filesystem
from wizard.sources.mounts.filesystem import Entry
from wizard.sources.names import in_lists
from wizard.sources.remarks import instead_of_images
from wizard.sources.rows import Row, columns, unusable
from wizard.sources.samples import SampleTable
from wizard.sources.source import Progress
from wizard.sources.split_names import split_of_folder
from wizard.sources.trees.class_archives import ClassArchive, read_archive, reading_ahead
from wizard.sources.trees.copies import copies, link_warnings, nested_warning
from wizard.sources.trees.image_names import parse_image_name, passed_over
from wizard.sources.trees.labeling import InvalidName, Labeling, safe
from wizard.sources.trees.listing import Bounds, folders_in, walk
from wizard.sources.trees.sorter import Sorter
from wizard.sources.trees.split_dirs import SplitDir, class_archive

_Read = Callable[[Path], ClassArchive]
_BATCH = 5000  # images between two looks at how far it is
_RENAME = "Move it to where it belongs, rename it, or remove it"
_AGAIN = "Remove it, or unpack it again"
_CONVERT = "Remove it if it is not a class; else convert its images to JPEG or PNG, or copy or unpack it again"
_SKIP = "Copy or unpack it again, or " + ON_BAD_IMAGE


@dataclass(frozen=True, kw_only=True)
class Folders:
    """Reads the images of a split.

    Attributes:
        split_dir: where they lie.
        labeling: gives them names and labels.
        top: the folder that holds all splits' folders; files between it and `split_dir` are counted.
    """

    split: Split
    split_dir: SplitDir
    labeling: Labeling
    bounds: Bounds
    top: Path | None = None

    def table(self, progress: Progress) -> SampleTable:
        """The images as a table without boxes, sorted by name.

        Raises:
            InputError: there are none, one cannot be looked at or is named as it may not be, or two are named alike.
        """
        files: list[str] = []
        parts: list[Arrays] = []
        sorter = Sorter()
        doubts: list[str] = []
        for file, rows in self._groups(sorter, doubts, progress):
            if not files or files[-1] != file:
                files.append(file)
            parts.append(columns(rows) | {"file": np.full(len(rows), len(files) - 1, np.int32)})
        if not parts:
            raise InputError(instead_of_images(self.split_dir.path, sorter.left_out), "Unpack the images there")
        arrays = _sorted(files, parts)
        nested = nested_warning(files, arrays["file"], arrays["inside"], arrays["label"])
        renumbered = self.labeling.renumbered(chain.from_iterable(in_lists(arrays["name"])))
        doubts += filter(None, [renumbered, nested])
        return SampleTable(
            files=tuple(files),
            file=arrays["file"],
            inside=arrays["inside"],
            offset=arrays["offset"],
            size=arrays["size"],
            name=arrays["name"],
            label=arrays["label"],
            first_box=np.zeros(len(arrays["name"]) + 1, np.int64),
            boxes=np.empty((0, 4)),
            classes=self.labeling.classes,
            left_out=sorter.left_out,
            copies=copies(arrays["name"]),
            warnings=tuple(doubts),
            unsorted=self._unsorted(files, arrays),
            unusable=unusable(lambda row: _where(files, arrays, row), arrays, _SKIP),
        )

    def _unsorted(self, files: list[str], arrays: Arrays) -> str:
        places = [files.index(path) for path in (str(piece.path) for piece in self.split_dir.pieces) if path in files]
        if not places:
            return ""
        row = int(np.flatnonzero(arrays["file"] == places[0])[0])
        return str(arrays["name"][row].decode())

    def _groups(self, sorter: Sorter, doubts: list[str], progress: Progress) -> Iterator[tuple[str, list[Row]]]:
        """Images of no class's folder, then class by class; an archive is whole, a folder beside it may not be."""
        done = 0
        for piece in self.split_dir.pieces:
            alone = self._alone(piece, sorter)
            while rows := list(islice(alone, _BATCH)):
                done += len(rows)
                progress(done, max(done, IMAGES[self.split].images))
                yield str(piece.path), rows
            for name in self._unread_folders(piece):
                sorter.leave(str(piece.path / name))
        self._count_around(sorter)
        if self.split_dir.shared:
            return
        found = list(chain.from_iterable(map(self._classes, self.split_dir.pieces)))
        doubts += link_warnings([file for _, file in found])
        with reading_ahead([file for name, file in found if file.name != name]) as archives:
            for count, (name, file) in enumerate(found, 1):
                rows = list(self._of_class(name, file, sorter, doubts, archives.take))
                if not rows:
                    raise self._without_images(name, file)
                if file.name != name:
                    sorter.leave(str(file.with_name(name)))
                progress(count, len(found))
                yield str(file), rows

    def _classes(self, piece: SplitDir) -> Iterator[tuple[str, Path]]:
        found = walk(piece.path, self.bounds, lambda entry: bool(class_archive(entry.name)), nested=False)
        archives = {class_archive(name) for name, _ in found}
        for name in sorted({*folders_in(piece.path, self.bounds), *archives} - piece.others):
            yield name, piece.path / (f"{name}.tar" if name in archives else name)

    def _alone(self, piece: SplitDir, sorter: Sorter) -> Iterator[Row]:
        def is_image(entry: Entry) -> bool:
            return self._is_ours(entry.name) and sorter.is_image(entry)

        for base, size in walk(piece.path, self.bounds, is_image, sorter.pass_over, nested=False):
            with _naming(f"{piece.path}/{base}"):
                name, label = self.labeling.alone(self.split, base)
            yield Row(name, 0, size, label, size > 0, base)

    def _is_ours(self, base: str) -> bool:
        """Whether a file belongs to this split; other splits' images and class archives are not counted as left out.

        In a shared folder, an image whose name gives no split belongs to all splits, and so each refuses it.
        """
        if not self.split_dir.shared:
            return not class_archive(base)
        parsed = parse_image_name(base)
        return parsed is None or parsed.split == self.split

    def _count_around(self, sorter: Sorter) -> None:
        """Counts other files in the split's folder if its images are further down, as in test/test."""
        read = {piece.path for piece in self.split_dir.pieces}
        above = chain.from_iterable(path.parents for path in read)
        around = {folder for folder in above if self.top in folder.parents}
        for folder in sorted(around):
            with reading(folder):
                sorter.leave_beside(str(folder), {str(path) for path in read | around})

    def _unread_folders(self, piece: SplitDir) -> list[str]:
        if not piece.shared:
            read = [each.path for each in self.split_dir.pieces]
            others = [name for name in piece.others if not split_of_folder(name)]
            return [name for name in others if not any(path.is_relative_to(piece.path / name) for path in read)]
        with reading(piece.path), filesystem.scandir(piece.path) as entries:
            return [e.name for e in entries if e.is_dir(follow_symlinks=False) and not passed_over(e.name)]

    def _of_class(self, name: str, path: Path, sorter: Sorter, doubts: list[str], read: _Read) -> Iterator[Row]:
        with _naming(str(path)):
            label = self.labeling.rank(name)
        if path.name != name:
            yield from self._of_archive(name, label, path, sorter, doubts, read)
            return
        for below, size in sorted(walk(path, self.bounds, sorter.is_image, sorter.pass_over)):
            with _naming(f"{path}/{below}"):
                official = self.labeling.in_class(name, below)
            yield Row(official, 0, size, label, size > 0, below)

    def _without_images(self, name: str, path: Path) -> InputError:
        alone = Sorter()
        list(self._of_class(name, path, alone, [], read_archive))
        missed = any(not each.clutter for each in alone.left_out)
        return InputError(instead_of_images(path, alone.left_out), _CONVERT if missed else _AGAIN)

    def _of_archive(
        self, wnid: str, label: int, path: Path, sorter: Sorter, doubts: list[str], read: _Read
    ) -> Iterator[Row]:
        try:
            with reading(path):
                archive = read(path)
        except tar.TarDamage as error:
            beside = path.with_suffix("")
            remove = f"If the folder {beside} is complete, remove the archive; else copy" if beside.is_dir() else "Copy"
            raise InputError(f"{path}: {error}.", error.hint or f"{remove} or unpack it again") from error
        is_image = False
        for member in archive.members:
            is_image = sorter.is_image_member(str(path), member)
            if not is_image:
                continue
            with _naming(f"{path}: {member.name}"):
                name = self.labeling.in_class(wnid, safe(member.name).rpartition("/")[2])
            yield Row(name, member.offset, member.size, label, bool(image_codec.sniff(member.head)))
        inside = is_image and archive.last_is_hollow
        if inside or not archive.is_padded:
            doubts.append(zeros_warning(str(path), archive.zeros, "images", inside=inside))


@contextmanager
def _naming(where: str) -> Iterator[None]:
    try:
        yield
    except InvalidName as error:
        raise InputError(f"{where} {error}.", _RENAME) from error


def _sorted(files: list[str], parts: list[Arrays]) -> Arrays:
    """All of them by name, which is the same whatever order the system gives files in, and shows twins."""
    name = np.concatenate([part["name"] for part in parts])
    order = np.argsort(name, kind="stable")
    arrays = {column: np.concatenate([part.pop(column) for part in parts])[order] for column in tuple(parts[0])}
    twins = np.flatnonzero(arrays["name"][1:] == arrays["name"][:-1])
    if len(twins):
        one, other = (_where(files, arrays, row) for row in (int(twins[0]), int(twins[0]) + 1))
        name = arrays["name"][twins[0]].decode()
        raise InputError(f"{one} and {other} are both the image {name}.", "Remove one of them")
    return arrays


def _where(files: list[str], arrays: Arrays, row: int) -> str:
    file, inside = files[arrays["file"][row]], arrays["inside"][row].decode()
    return f"{file}/{inside}" if inside else f"{file}: {arrays['name'][row].decode()}"
