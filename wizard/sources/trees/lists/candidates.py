"""Finds files that may list a split's images, by name and location."""

from collections.abc import Iterator
from pathlib import Path

from wizard.errors import reading
from wizard.ilsvrc2012.archives import Split
from wizard.sources.trees.lists.names import may_be_of
from wizard.sources.trees.lists.parse import SUFFIXES

_LOOKED_AT = 50
"""Most files that are tried in one folder."""


def candidates(split: Split, folder: Path, top: Path) -> Iterator[Path]:
    """The files in a split's folder, and in those above it up to the top.

    Raises:
        InputError: a folder cannot be read.
    """
    for place in (folder, *folder.parents):
        if not place.is_relative_to(top):
            return
        with reading(place):
            named = [path for path in place.iterdir() if path.suffix.lower() in SUFFIXES]
        meant = [path for path in named if may_be_of(split, path.name)]
        # Tables first: a folder may hold a text file beside each image.
        meant.sort(key=lambda path: (path.suffix.lower() == ".txt", path.name))
        yield from (path for path in meant[:_LOOKED_AT] if not path.name.startswith(".") and path.is_file())
