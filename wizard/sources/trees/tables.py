"""Folders of images -> SampleTable."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from wizard.errors import InputError, reading
from wizard.formats import jpeg, tar
from wizard.ilsvrc2012.archives import IMAGES, Split
from wizard.sources.cache import Arrays
from wizard.sources.raw import Progress
from wizard.sources.samples import SampleTable
from wizard.sources.trees.labelling import Labelling, Misnamed, safe
from wizard.sources.trees.listing import Bounds, files_below, folders_in
from wizard.sources.trees.official_names import is_image, passed_over, said
from wizard.sources.trees.places import Place, class_archive

_BATCH = 5000
"""Images between two looks at how far it is."""
_RENAME = "Move it to where it belongs, rename it, or remove it"
_AGAIN = "Remove it, or unpack it again"
_SKIP = 'Fetch or unpack it again, or leave such images out with --set output.on_bad_image="skip"'


class _Row(NamedTuple):
    inside: str
    offset: int
    size: int
    name: str
    label: int
    image: bool


@dataclass(frozen=True, kw_only=True)
class Folders:
    """Reads the images of a split.

    Attributes:
        split: which.
        place: where they lie.
        labelling: gives them names and labels.
        bounds: how far links may lead.
    """

    split: Split
    place: Place
    labelling: Labelling
    bounds: Bounds

    def table(self, progress: Progress, *, skip_bad: bool) -> SampleTable:
        """The images as a table without boxes, sorted by name.

        Args:
            progress: told how many class folders, or images, are done.
            skip_bad: whether files without bytes, and members of class archives that are no images, are left to the
                worker to skip.

        Raises:
            InputError: there are none, one cannot be looked at or is named as it may not be, two are named alike, or
                (unless skip_bad) one has no bytes.
        """
        files: list[str] = []
        parts: list[Arrays] = []
        for file, rows in self._groups(progress):
            if not files or files[-1] != file:
                files.append(file)
            parts.append(_columns(rows, len(files) - 1))
        if not parts:
            raise InputError(f"{self.place.path} holds no images.", "Unpack them there")
        arrays = _sorted(files, parts)
        if not skip_bad and not arrays["image"].all():
            _refuse_bad(files, arrays)
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
            classes=self.labelling.classes,
        )

    def _groups(self, progress: Progress) -> Iterator[tuple[str, list[_Row]]]:
        """Images of no class's folder, then class by class; an archive is whole, a folder beside it may not be."""
        done = 0
        for place in self.place.pieces:
            alone = self._alone(place)
            while rows := list(islice(alone, _BATCH)):
                done += len(rows)
                progress(done, max(done, IMAGES[self.split].images))
                yield str(place.path), rows
        if self.place.shared:
            return
        found = [each for place in self.place.pieces for each in self._classes(place)]
        for count, (name, file) in enumerate(found, 1):
            rows = list(self._of_archive(name, file) if file.name != name else self._of_folder(name, file))
            if not rows:
                raise InputError(f"{file} holds no images.", _AGAIN)
            progress(count, len(found))
            yield str(file), rows

    def _classes(self, place: Place) -> Iterator[tuple[str, Path]]:
        """Each class by name, and its folder or archive."""
        path = place.path
        archives = {class_archive(name) for name, _ in files_below(path, self.bounds, _is_archive, nested=False)}
        for name in sorted({*folders_in(path, self.bounds), *archives} - place.others):
            yield name, path / (f"{name}.tar" if name in archives else name)

    def _alone(self, place: Place) -> Iterator[_Row]:
        path = place.path
        for base, size in files_below(path, self.bounds, self._is_ours, nested=False):
            with _naming(f"{path}/{base}"):
                name, label = self.labelling.alone(self.split, base)
            yield _Row(base, 0, size, name, label, size > 0)

    def _is_ours(self, base: str) -> bool:
        """In a folder that splits share, an image that says no split is everyone's, and so refused by each."""
        if not is_image(base):
            return False
        spoken = said(base) if self.place.shared else None
        return spoken is None or spoken.split == self.split

    def _of_folder(self, wnid: str, path: Path) -> Iterator[_Row]:
        label = self._rank(wnid, path)
        for below, size in sorted(files_below(path, self.bounds, is_image)):
            with _naming(f"{path}/{below}"):
                name = self.labelling.in_class(wnid, below)
            yield _Row(below, 0, size, name, label, size > 0)

    def _of_archive(self, wnid: str, path: Path) -> Iterator[_Row]:
        label = self._rank(wnid, path)
        try:
            with reading(path), path.open("rb", buffering=0) as file:
                for member in tar.members(file, 0, path.stat().st_size, head=jpeg.MAGIC_BYTES):
                    base = member.name.rpartition("/")[2]
                    if passed_over(base) or not is_image(base):
                        continue
                    with _naming(f"{path}: {member.name}"):
                        name = self.labelling.in_class(wnid, safe(member.name).rpartition("/")[2])
                    yield _Row("", member.offset, member.size, name, label, bool(jpeg.sniff(member.head)))
        except tar.TarDamage as error:
            beside = path.with_suffix("")
            way_out = (
                f"If the folder {beside} is complete, remove the archive; else fetch" if beside.is_dir() else "Fetch"
            )
            raise InputError(f"{path}: {error}.", f"{way_out} it again") from error

    def _rank(self, name: str, path: Path) -> int:
        with _naming(str(path)):
            return self.labelling.rank(name)


@contextmanager
def _naming(where: str) -> Iterator[None]:
    try:
        yield
    except Misnamed as error:
        raise InputError(f"{where} {error}.", _RENAME) from error


def _is_archive(name: str) -> bool:
    return bool(class_archive(name))


def _columns(rows: list[_Row], file: int) -> Arrays:
    return {
        "file": np.full(len(rows), file, np.int32),
        "inside": np.array([row.inside.encode() for row in rows], dtype=np.bytes_),
        "offset": np.array([row.offset for row in rows], dtype=np.int64),
        "size": np.array([row.size for row in rows], dtype=np.int64),
        "name": np.array([row.name.encode() for row in rows], dtype=np.bytes_),
        "label": np.array([row.label for row in rows], dtype=np.int16),
        "image": np.array([row.image for row in rows], dtype=np.bool_),
    }


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


def _refuse_bad(files: list[str], arrays: Arrays) -> None:
    bad = np.flatnonzero(~arrays["image"])
    row = int(bad[0])
    size = int(arrays["size"][row])
    raise InputError(
        f"{_where(files, arrays, row)} "
        + (f"is no image, by the first of its {size:,} bytes" if size else "has no bytes")
        + (f"; {len(bad) - 1:,} more are empty or no images." if len(bad) > 1 else "."),
        _SKIP,
    )


def _where(files: list[str], arrays: Arrays, row: int) -> str:
    file, inside = files[arrays["file"][row]], arrays["inside"][row].decode()
    return f"{file}/{inside}" if inside else f"{file}: {arrays['name'][row].decode()}"
