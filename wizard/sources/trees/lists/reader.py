"""Reads the images of a split, with classes from a list, into a SampleTable."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from wizard.errors import InputError
from wizard.ilsvrc2012.archives import Split
from wizard.sources.classes import UNLABELED, Classes
from wizard.sources.samples import LeftOut, SampleTable
from wizard.sources.source import Progress
from wizard.sources.trees.copies import copies
from wizard.sources.trees.labeling import InvalidName, Labeling, safe
from wizard.sources.trees.listing import Bounds
from wizard.sources.trees.lists.class_list import ClassList, key_in, same_class
from wizard.sources.trees.split_dirs import look_into
from wizard.sources.trees.tables import Folders

UNLISTED = "images that no list names"
"""The kind under which they are reported."""


class _Unlabeled(Labeling):
    """Names images by their paths below the folder; their classes come from the list."""

    def rank(self, name: str) -> int:
        del name
        return UNLABELED

    def in_class(self, name: str, below: str) -> str:
        return safe(f"{name}/{below}")

    def alone(self, split: Split, base: str) -> tuple[str, int]:
        del split
        return safe(base), UNLABELED


def read_listed(split: Split, listed: ClassList, classes: Classes, bounds: Bounds, progress: Progress) -> SampleTable:
    """The images of a split, with classes from a list, as a table without boxes, sorted by name.

    Raises:
        InputError: the list names a missing image, or lacks one that no other list names; it disagrees with a
            folder or a file name about a class; or the folder cannot be read.
    """
    table = Folders(split=split, split_dir=look_into(listed.folder), labeling=_Unlabeled(classes), bounds=bounds).table(
        progress
    )
    images = [name.decode() for name in table.name.tolist()]
    keys = [key_in(listed.classes, image) for image in images]
    _check_missing(listed, [key for key in keys if key is not None])
    left_out = _unlisted(listed, [image for image, key in zip(images, keys, strict=True) if key is None])
    known = frozenset(classes.names)
    meant = {name: same_class(name, known) or name for name in listed.names}
    labeling = Labeling(classes)
    found = []
    for row, (image, key) in enumerate(zip(images, keys, strict=True)):
        if key is not None:
            name, label = _named(image, meant[listed.classes[key]], listed, labeling)
            found.append((name.encode(), label, row))
    found.sort(key=lambda each: each[0])
    names, labels, rows = zip(*found, strict=True)
    name_column = np.array(names, dtype=np.bytes_)
    return replace(
        table.take(np.array(rows, dtype=np.intp)),
        name=name_column,
        copies=copies(name_column),
        label=np.array(labels, dtype=np.int16),
        left_out=(*table.left_out, *left_out),
        unusable=table.unusable,
    )


def _check_missing(listed: ClassList, keys: Sequence[str]) -> None:
    counts = Counter(keys)
    twice = next((key for key, count in counts.items() if count > 1), None)
    if twice is not None:
        raise InputError(
            f"{listed.path} names {twice}, but several images in {listed.folder} have that name.",
            "Remove the ones that are not meant",
        )
    missing = [key for key in listed.classes if key not in counts]
    if missing:
        raise InputError(
            f"{listed.path} names {_counted(missing)} not in {listed.folder}.",
            "Unpack the images again, or correct the list",
        )


def _unlisted(listed: ClassList, images: Sequence[str]) -> list[LeftOut]:
    """Images that no list names: an error if the list must name them all, else counted as left out."""
    if not images:
        return []
    if listed.others is None:
        raise InputError(
            f"{listed.path} has no line for {_counted(images)} in {listed.folder}.",
            "Add lines for them, or move these images away",
        )
    unlisted = [image for image in images if key_in(listed.others, image) is None]
    first = f"{listed.folder}/{next(iter(unlisted), '')}"
    return [LeftOut(what=UNLISTED, count=len(unlisted), first=first, clutter=False)] if unlisted else []


def _named(image: str, name: str, listed: ClassList, labeling: Labeling) -> tuple[str, int]:
    try:
        for folder in image.split("/")[:-1]:
            if folder != name and folder in labeling.class_ranks:
                raise InvalidName(f"is in the folder of {folder}")
        return labeling.in_class(name, image.removeprefix(f"{name}/")), labeling.rank(name)
    except InvalidName as error:
        raise InputError(
            f"{listed.path} says that {listed.folder}/{image} is an image of {name}, but it {error}.",
            "Correct the list, or move the image to the right folder",
        ) from error


def _counted(images: Sequence[str]) -> str:
    if len(images) == 1:
        return f"{images[0]}, which is"
    return f"{len(images):,} images ({images[0]} is the first) that are"
