"""The error for folders that can be read in more than one way; a profile key chooses the reading."""

from collections.abc import Mapping

from wizard.errors import InputError
from wizard.sources.options import FolderRole

_KEY = "source.folders"


class DoubtfulFolders(InputError):
    """Folders that can be read in more than one way.

    Attributes:
        readings: the meaning of each possible value of source.folders, in words.
    """

    def __init__(self, what: str, readings: Mapping[FolderRole, str], other_way: str = "") -> None:
        self.readings = dict(readings)
        ways = [f"--set {_KEY}={role}: {reading}" for role, reading in readings.items()]
        super().__init__(what, "; or ".join([*([other_way] if other_way else []), *ways]))


def few(names: tuple[str, ...] | list[str], most: int = 8) -> str:
    """The first of some names, and how many more there are.

    >>> few(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
