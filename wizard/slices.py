"""Slices: a build's shards dealt out to processes that share nothing but the output folder."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from wizard.errors import UsageError

_MOST = 100_000
"""Slices of a build; no cluster's job array has so many tasks."""


@dataclass(frozen=True, kw_only=True)
class Slice:
    """One of several equal parts of a build, and the only one unless others are named.

    >>> str(Slice(number=3, of=16)), Slice(number=3, of=16).name
    ('3/16', '03-of-16')

    Attributes:
        number: which part, from 1.
        of: how many parts there are.
    """

    number: int = 1
    of: int = 1

    @classmethod
    def parse(cls, text: str) -> Self:
        """The slice that a command line names.

        >>> Slice.parse("3/16")
        Slice(number=3, of=16)

        Raises:
            UsageError: it names none.
        """
        found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text.strip())
        hint = "Of 16 slices, say, the first is --slice 1/16 and the last --slice 16/16"
        if found is None:
            raise UsageError(f"--slice {text!r} is not a number of how many, such as 3/16.", hint)
        number, of = map(int, found.groups())
        if not 1 <= number <= of <= _MOST:
            raise UsageError(f"--slice {text} is not one of 1/{of} to {of}/{of}; there may be {_MOST:,} at most.", hint)
        return cls(number=number, of=of)

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @property
    def is_whole(self) -> bool:
        """Whether it is the whole build."""
        return self.of == 1

    @property
    def name(self) -> str:
        """A name for files: "whole", or the number and how many there are."""
        return "whole" if self.is_whole else f"{self.number:0{len(str(self.of))}}-of-{self.of}"

    def among(self, shards: Sequence[str]) -> list[str]:
        """Its shards: every `of`-th of all, so that each slice gets as many of each split as the others.

        >>> Slice(number=2, of=3).among(["a", "b", "c", "d", "e"])
        ['b', 'e']
        """
        return list(shards[self.number - 1 :: self.of])


WHOLE = Slice()
