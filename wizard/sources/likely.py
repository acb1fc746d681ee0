"""How raw data looks by the names of files and folders alone: enough to offer it, not enough to read it."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Likely:
    r"""What a folder with raw data of a form holds; `registry` has those of each form.

    Attributes:
        what: the form in two to four words, for a list beside paths.
        path: what lies in such a folder: a regular expression for the whole name on each level, with / between them
            and, for a folder, at the end: `train/n\d{8}/`. A group ends on the level on which it begins.
        alone: whether the file that fits is the raw data, not the folder that it lies in.
        common: names that data of any kind has; they count where a path or the person names ImageNet.
    """

    what: str
    path: str
    alone: bool = False
    common: bool = False

    def __post_init__(self) -> None:
        """Refuses what would only be found out by a search."""
        assert self.levels
        assert not (self.alone and len(self.levels) > 1)

    @property
    def levels(self) -> tuple[re.Pattern[str], ...]:
        """The regular expression of each level; re.error if one is none."""
        return tuple(re.compile(level) for level in self.path.removesuffix("/").split("/"))
