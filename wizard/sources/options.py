"""How a person wants raw data to be read, what is taken of it, and the error for folders that leave a choice."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from wizard.errors import Hint, InputError
from wizard.sources.selection import EVERYTHING, Selection

Labels = Literal["auto", "ilsvrc2012", "folders", "numbers"]
"""Whose labels to use; auto decides by what is there."""
FolderRole = Literal["auto", "splits", "classes", "superclasses"]
"""How to read folders that can be read in more than one way; auto refuses them."""
FOLLOW = "source.links=follow"
"""The setting with which links may lead out of the folder."""
_KEY = "source.folders"


def _unseen(_done: int, _total: int) -> None:
    """Progress that nobody looks at."""


@dataclass(frozen=True, kw_only=True)
class SourceOptions:
    """The options that recognizing a source depends on.

    Attributes:
        layout: the name of the only form that it may have; "auto" for any.
        labels: which labels the images of class folders get.
        follow: whether links may lead out of the folder.
        role: how to read folders of images that can be read in more than one way.
        selection: what is taken of it; only `opening.open_source` looks at it.
        progress: called with how much of an archive is indexed, and how much there is.
    """

    layout: str = "auto"
    labels: Labels = "auto"
    follow: bool = False
    role: FolderRole = "auto"
    selection: Selection = EVERYTHING
    progress: Callable[[int, int], None] = field(default=_unseen, compare=False, repr=False)


class DoubtfulFolders(InputError):
    """Folders that can be read in more than one way.

    Attributes:
        readings: the meaning of each possible value of source.folders, in words.
    """

    def __init__(self, what: str, readings: Mapping[FolderRole, str], other_way: str = "") -> None:
        self.readings = dict(readings)
        ways = [*([other_way] if other_way else []), *("{}: " + reading for reading in readings.values())]
        super().__init__(what, Hint("; or ".join(ways), *(f"{_KEY}={role}" for role in readings)))
