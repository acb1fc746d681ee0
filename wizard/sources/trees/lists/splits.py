"""Reads the lists that define the splits of one folder of images."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from wizard.errors import InputError
from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.sources.trees.listing import Bounds
from wizard.sources.trees.lists.class_list import ClassList, Lists, below, is_there, unique, without_suffix
from wizard.sources.trees.lists.parse import read_list

_TRIED = 20  # images of a list that are looked for before it is taken for a list of these images


def read_splits(paths: Mapping[Split, Sequence[Path]], images: Path, top: Path, bounds: Bounds) -> Lists | None:
    """The splits of a folder of images; None if the lists name none of the images in it, or no classes.

    Several lists of one split, such as Food-101's train.txt and train.json, must agree.

    Raises:
        InputError: a list cannot be read, or names an image twice or without a class; an image is in the lists of two
            splits; or two lists of one split disagree.
    """
    found: dict[Split, ClassList] = {}
    for split in SPLITS:
        for path in paths.get(split, []):
            listed = _read(path, images, top, bounds)
            if listed is not None:
                _same(found.setdefault(split, listed), listed, split)
    return _together(found, top) if found else None


def _read(path: Path, images: Path, top: Path, bounds: Bounds) -> ClassList | None:
    bounds.check(str(path))
    lines = read_list(path)
    if lines is None:
        return None
    plain = [(image, name or _folder_of(image)) for image, name in below(lines, images, top)]
    in_folders = [(f"{name}/{image}", name) for image, name in plain]
    entries = next((entries for entries in (plain, in_folders) if _some_there(images, entries)), None)
    if entries is None or not any(name for _, name in entries):
        return None
    return ClassList(path=path, folder=images, classes=unique(lines, entries), boxes=lines.boxes)


def _folder_of(image: str) -> str:
    return image.rpartition("/")[0].rpartition("/")[2]


def _some_there(images: Path, entries: Sequence[tuple[str, str]]) -> bool:
    some = entries[:: max(1, len(entries) // _TRIED)]
    return any(is_there(images, image) for image, _ in some)


def _same(one: ClassList, other: ClassList, split: Split) -> None:
    if one.classes != other.classes:
        raise InputError(
            f"{one.path} and {other.path} disagree about which images are {split}.",
            "Move away the one that should not be used",
        )


def _together(lists: Mapping[Split, ClassList], top: Path) -> Lists:
    owner: dict[str, ClassList] = {}
    for listed in lists.values():
        for image in listed.classes:
            if image in owner:
                raise InputError(
                    f"{image} is both in {owner[image].path} and in {listed.path}: it would be in two splits.",
                    "Remove it from one of them, or move away the list that should not be used",
                )
            owner[image] = listed
    named, order = _named_by_ids(lists)
    every = frozenset(owner)
    found = {split: replace(listed, others=every - listed.classes.keys()) for split, listed in named.items()}
    return Lists(
        top=top,
        places={split: listed.place(top) for split, listed in found.items()},
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
