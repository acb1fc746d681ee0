"""Folders that can be read in more than one way: told with each reading, and decided by a key of the profile."""

from collections.abc import Mapping
from typing import Literal

from wizard.errors import InputError

FolderRole = Literal["auto", "splits", "classes", "superclasses"]
"""What folders are whose names and contents leave it open; auto has none that are in doubt."""
_KEY = "source.folders"


class DoubtfulFolders(InputError):
    """Folders that can be read in more than one way.

    Attributes:
        readings: what each value of source.folders makes of them, in words.
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
