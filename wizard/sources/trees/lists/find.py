"""Finds datasets with splits defined by lists: images/ beside meta/train.txt, annotations/trainval.txt or train.csv.

Known ones: Food-101 (`images/<class>/<id>.jpg`, `meta/train.txt`, `meta/train.json`), Oxford-IIIT Pet (`images/*.jpg`,
`annotations/trainval.txt`, `annotations/test.txt`), mini-imagenet (`images/*.jpg`, `train.csv`, `val.csv`, `test.csv`),
EuroSAT (`<class>/*.jpg`, `train.csv`, `validation.csv`, `test.csv`). Copies on Kaggle have images/images/ and
annotations/annotations/.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

from wizard.errors import InputError, reading
from wizard.formatting import few
from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.sources.mounts import filesystem
from wizard.sources.split_names import SPLITS_SAID, WRAPPERS, splits_in
from wizard.sources.trees.find_splits import Found
from wizard.sources.trees.image_names import passed_over
from wizard.sources.trees.listing import Bounds
from wizard.sources.trees.lists.class_list import ClassList, below, class_list, is_there, without_suffix
from wizard.sources.trees.lists.parse import SUFFIXES, read_list

# Folders beside the images' folder that may hold lists; in lower case.
_BESIDE = ("meta", "annotations", "splits", "split", "lists", "labels")
_DEEPEST = 2  # most nested single folders around a dataset
_LOOKED_AT = 40_000  # most entries read from a folder
_TRIED = 20  # images of a list that are looked for before it is taken for a list of these images
_NAMED = 4


class _Inside(NamedTuple):
    folders: dict[str, Path]
    files: dict[str, Path]


def find_listed_splits(folder: Path, bounds: Bounds) -> Found | None:
    """The splits of a folder of images with lists beside them, or of the only folder in it; None if it is not one.

    Raises:
        InputError: a folder or list cannot be read; a list names an image twice or without a class; an image is in the
            lists of two splits; or two lists of one split disagree.
    """
    for top, inside in _tops(folder):
        if any(name.lower() in SPLITS_SAID for name in inside.folders):
            return None
        folders = _named(inside, WRAPPERS)
        if not any(map(splits_in, inside.folders)):  # else the images in train_images/ would be read from its parent
            folders.append(top)
        for lists in _lists(inside):
            for images in folders:
                found = _read_splits(lists, images, top, bounds)
                if found:
                    return found
    return None


def _tops(folder: Path) -> Iterator[tuple[Path, _Inside]]:
    top = folder
    for _ in range(_DEEPEST + 1):
        inside = _list_folder(top)
        yield top, inside
        only = next(iter(inside.folders.values())) if len(inside.folders) == 1 else None
        if only is None or filesystem.is_link(only):
            return
        top = only


def _list_folder(folder: Path) -> _Inside:
    inside = _Inside({}, {})
    with reading(folder), filesystem.scandir(folder) as entries:
        for entry in islice(entries, _LOOKED_AT):
            if not passed_over(entry.name):
                (inside.folders if entry.is_dir() else inside.files)[entry.name] = Path(entry.path)
    return inside


def _named(inside: _Inside, names: Collection[str]) -> list[Path]:
    found = []
    for name, path in sorted(inside.folders.items()):
        if name.lower() in names:
            within = _list_folder(path)
            doubled = within.folders.get(name) if len(within.folders) == 1 and not within.files else None
            found.append(doubled or path)
    return found


def _files_beside(inside: _Inside) -> Iterator[dict[str, Path]]:
    yield inside.files
    for path in _named(inside, _BESIDE):
        yield _list_folder(path).files


def _lists(inside: _Inside) -> Iterator[dict[Split, list[Path]]]:
    for files in _files_beside(inside):
        stems = {Path(name).stem.lower() for name in files}
        if "train" in stems:
            stems.discard("trainval")  # the lists that it consists of are there
        found: dict[Split, list[Path]] = {}
        for path in sorted(files.values(), key=lambda path: (path.suffix.lower() == ".json", path.name)):
            stem = path.stem.lower()
            if stem in stems & SPLITS_SAID.keys() and path.suffix.lower() in SUFFIXES:
                found.setdefault(SPLITS_SAID[stem], []).append(path)
        if found:
            yield found


def _read_splits(paths: Mapping[Split, Sequence[Path]], images: Path, top: Path, bounds: Bounds) -> Found | None:
    """The splits of a folder of images; None if the lists name none of the images in it, or no classes.

    Several lists of one split, such as Food-101's train.txt and train.json, must agree.
    """
    found: dict[Split, ClassList] = {}
    for split in SPLITS:
        for path in paths.get(split, []):
            listed = _read(path, images, top, bounds)
            if listed is not None:
                found.setdefault(split, listed).must_agree(listed, f"disagree about which images are {split}")
    return _together(found, top) if found else None


def _read(path: Path, images: Path, top: Path, bounds: Bounds) -> ClassList | None:
    bounds.check(str(path))
    lines = read_list(path)
    if lines is None:
        return None
    plain = [(image, name or image.rpartition("/")[0].rpartition("/")[2]) for image, name in below(lines, images, top)]
    in_folders = [(f"{name}/{image}", name) for image, name in plain]
    for entries in (plain, in_folders):
        some = entries[:: max(1, len(entries) // _TRIED)]
        if any(is_there(images, image) for image, _ in some):
            return class_list(lines, images, entries) if any(name for _, name in entries) else None
    return None


def _together(lists: Mapping[Split, ClassList], top: Path) -> Found:
    owner: dict[str, Path] = {}
    for listed in lists.values():
        for image in listed.classes:
            other = owner.setdefault(image, listed.path)
            if other != listed.path:
                raise InputError(
                    f"{image} is both in {other} and in {listed.path}: it would be in two splits.",
                    "Remove it from one of them, or move away the list that should not be used",
                )
    named, order = _named_by_ids(lists)
    every = frozenset(owner)
    found = {split: replace(listed, others=every - listed.classes.keys()) for split, listed in named.items()}
    return Found(
        top=top,
        split_dirs={split: listed.split_dir(top) for split, listed in found.items()},
        lists=found,
        why=tuple(listed.why(top, split) for split, listed in found.items()),
        order=order,
    )


def _named_by_ids(lists: Mapping[Split, ClassList]) -> tuple[Mapping[Split, ClassList], tuple[str, ...]]:
    """The lists with names instead of numbers, and the names in the order of the numbers; else the lists unchanged.

    Names are used if every class is a number, and each number has a single name of its own: that of the images' folder
    or, in Oxford-IIIT Pet, the part of their file names before the last underscore.
    """
    names: dict[int, str] = {}
    for listed in lists.values():
        for image, number in listed.classes.items():
            name = _name_of(image)
            if not (name and number.isdecimal()) or names.setdefault(int(number), name) != name:
                return lists, ()
    if len(names) < 2 or len(set(names.values())) < len(names):
        return lists, ()
    named = {
        split: replace(listed, classes={image: names[int(number)] for image, number in listed.classes.items()})
        for split, listed in lists.items()
    }
    return named, tuple(names[number] for number in sorted(names))


def _name_of(image: str) -> str:
    folder, _, base = image.rpartition("/")
    return folder.rpartition("/")[2] if folder else without_suffix(base).rpartition("_")[0]


def unread_lists(folder: Path) -> list[str]:
    """Sentences on lists that seem to define splits of a folder's images, if its folders define none.

    If the folder is called images/, lists beside it are included.
    """
    try:
        unread = _unread(folder)
        if unread or folder.name.lower() not in WRAPPERS:
            return unread
        return _above(folder) or _unread(folder.parent)
    except InputError:  # an unreadable folder is ignored here; it is reported when it has to be read
        return []


def _unread(folder: Path) -> list[str]:
    inside = _list_folder(folder)
    paths = chain.from_iterable([path for _, path in sorted(files.items())] for files in _files_beside(inside))
    named = [path for path in paths if path.suffix.lower() in SUFFIXES and splits_in(path.stem)]
    if any(map(splits_in, inside.folders)) or len(set().union(*(splits_in(path.stem) for path in named))) < 2:
        return []
    names = few([path.relative_to(folder) for path in named], _NAMED)
    return [
        f"{folder} has files named like lists of splits, {names}: they are not read, because they name no images "
        "here, or have an unknown format. All images are treated as one split."
    ]


def _above(folder: Path) -> list[str]:
    found = find_listed_splits(folder.parent, Bounds.of(folder.parent, follow=False))
    lists = found.lists if found else {}
    return [
        f"{each.path} states which of these images are {split}, but is not read: give {folder.parent} to have it read."
        for split, each in lists.items()
        if each.folder == folder
    ]
