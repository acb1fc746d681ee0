"""Reads the images of a split, with classes from a list, into a SampleTable."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from wizard.errors import InputError
from wizard.ilsvrc2012.archives import Split
from wizard.sources.classes import UNLABELLED, Classes
from wizard.sources.samples import LeftOut, SampleTable
from wizard.sources.source import Progress
from wizard.sources.trees.copies import copies
from wizard.sources.trees.labelling import InvalidName, Labelling, safe
from wizard.sources.trees.listing import Bounds
from wizard.sources.trees.lists.class_list import ClassList, key_in, same_class
from wizard.sources.trees.split_dirs import look_into
from wizard.sources.trees.tables import Folders

UNLISTED = "images that no list names"
"""The kind under which they are reported."""


class _Unlabelled(Labelling):
    """Names images by their paths below the folder; their classes come from the list."""

    def rank(self, name: str) -> int:
        del name
        return UNLABELLED

    def in_class(self, name: str, below: str) -> str:
        return safe(f"{name}/{below}")

    def alone(self, split: Split, base: str) -> tuple[str, int]:
        del split
        return safe(base), UNLABELLED


@dataclass(frozen=True, kw_only=True)
class ListedImages:
    """Reads the images of a split, with classes from a list.

    Attributes:
        split: the split.
        listed: the list's content.
        classes: the classes that labels refer to.
        bounds: how far links may lead.
    """

    split: Split
    listed: ClassList
    classes: Classes
    bounds: Bounds

    def table(self, progress: Progress) -> SampleTable:
        """The images as a table without boxes, sorted by name.

        Raises:
            InputError: the list names a missing image, or lacks one that no other list names; it disagrees with a
                folder or a file name about a class; or the folder cannot be read.
        """
        reader = Folders(
            split=self.split,
            place=look_into(self.listed.folder),
            labelling=_Unlabelled(self.classes),
            bounds=self.bounds,
        )
        table = reader.table(progress)
        images = [name.decode() for name in table.name.tolist()]
        keys = [self.listed.key(image) for image in images]
        self._check_missing([key for key in keys if key is not None])
        left_out = self._unlisted([image for image, key in zip(images, keys, strict=True) if key is None])
        mine = [row for row, key in enumerate(keys) if key is not None]
        named = [self._named(image, key) for image, key in zip(images, keys, strict=True) if key is not None]
        order = sorted(range(len(mine)), key=lambda place: named[place][0].encode())
        name = np.array([named[place][0].encode() for place in order], dtype=np.bytes_)
        return replace(
            table.take(np.array([mine[place] for place in order], dtype=np.intp)),
            name=name,
            copies=copies(name),
            label=np.array([named[place][1] for place in order], dtype=np.int16),
            left_out=(*table.left_out, *left_out),
            unusable=table.unusable,
        )

    def _check_missing(self, keys: Sequence[str]) -> None:
        """Requires that each line has exactly one image."""
        counts = Counter(keys)
        twice = next((key for key, count in counts.items() if count > 1), None)
        if twice is not None:
            raise InputError(
                f"{self.listed.path} names {twice}, but several images in {self.listed.folder} have that name.",
                "Remove the ones that are not meant",
            )
        missing = [key for key in self.listed.classes if key not in counts]
        if missing:
            raise InputError(
                f"{self.listed.path} names {_counted(missing)} not in {self.listed.folder}.",
                "Unpack the images again, or correct the list",
            )

    def _unlisted(self, images: Sequence[str]) -> list[LeftOut]:
        """Images that no list names: an error if the list must name them all, else counted as left out."""
        others = self.listed.others
        unlisted = [image for image in images if others is None or key_in(others, image) is None]
        if unlisted and others is None:
            raise InputError(
                f"{self.listed.path} has no line for {_counted(unlisted)} in {self.listed.folder}.",
                "Add lines for them, or move these images away",
            )
        first = f"{self.listed.folder}/{next(iter(unlisted), '')}"
        return [LeftOut(what=UNLISTED, count=len(unlisted), first=first, clutter=False)] if unlisted else []

    def _named(self, image: str, key: str) -> tuple[str, int]:
        """The name and rank of an image; an error if its folder or its name disagrees with the list."""
        name = self._meant[self.listed.classes[key]]
        try:
            for folder in image.split("/")[:-1]:
                if folder != name and folder in self._known:
                    raise InvalidName(f"is in the folder of {folder}")
            return self._labelling.in_class(name, image.removeprefix(f"{name}/")), self._labelling.rank(name)
        except InvalidName as error:
            raise InputError(
                f"{self.listed.path} says that {self.listed.folder}/{image} is an image of {name}, but it {error}.",
                "Correct the list, or move the image to the right folder",
            ) from error

    @cached_property
    def _meant(self) -> dict[str, str]:
        return {name: same_class(name, self._known) or name for name in self.listed.names}

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.classes.names)

    @cached_property
    def _labelling(self) -> Labelling:
        return Labelling(self.classes)


def _counted(images: Sequence[str]) -> str:
    """The number of images and the first of them, to be followed by "not in" or "in" a folder."""
    if len(images) == 1:
        return f"{images[0]}, which is"
    return f"{len(images):,} images ({images[0]} is the first) that are"
