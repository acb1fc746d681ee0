"""Names classes that lists give by number, using folder or file names: `Abyssinian_100 1 1 1`, `apple_pie/7.jpg 0`."""

from collections.abc import Mapping
from dataclasses import replace

from wizard.ilsvrc2012.archives import Split
from wizard.sources.trees.lists.class_list import ClassList, without_suffix


def named_by_ids(lists: Mapping[Split, ClassList]) -> tuple[Mapping[Split, ClassList], tuple[str, ...]]:
    """The lists with names instead of numbers, and the names in the order of the numbers; else the lists unchanged.

    Names are used if every class is a number, and each number has a single name of its own: that of the images' folder
    or, in Oxford-IIIT Pet, the part of their file names before the last underscore.
    """
    names: dict[int, str] = {}
    for listed in lists.values():
        for image, number in listed.classes.items():
            name = _name(image)
            if not (name and number.isdecimal()) or names.setdefault(int(number), name) != name:
                return lists, ()
    if len(names) < 2 or len(set(names.values())) < len(names):
        return lists, ()
    named = {
        split: replace(listed, classes={image: names[int(number)] for image, number in listed.classes.items()})
        for split, listed in lists.items()
    }
    return named, tuple(names[number] for number in sorted(names))


def _name(image: str) -> str:
    folder, _, base = image.rpartition("/")
    return folder.rpartition("/")[2] if folder else without_suffix(base).rpartition("_")[0]
