"""Counts the files of a split that are not read, by kind."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from wizard.sources.samples import LeftOut

_KINDS = 40
"""Most kinds that are counted separately; arbitrary file names could make millions."""
_SHOWN = 5


class LeftOutCounter:
    """Counter of files that are not read: for each kind, how many, and the first by path."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, bool], tuple[int, str]] = {}

    def add(self, what: str, path: str, *, clutter: bool) -> None:
        """Counts one file.

        Args:
            what: its kind in words, plural.
            path: its path.
            clutter: whether it is clutter that nobody misses.
        """
        kind = (what, clutter)
        if kind not in self._kinds and len(self._kinds) >= _KINDS:
            kind = ("files of other kinds", clutter)
        count, first = self._kinds.get(kind, (0, path))
        self._kinds[kind] = (count + 1, min(first, path))

    def counted(self) -> tuple[LeftOut, ...]:
        """All kinds: clutter last, the most frequent first."""
        found = [
            LeftOut(what=what, count=count, first=first, clutter=clutter)
            for (what, clutter), (count, first) in self._kinds.items()
        ]
        return tuple(sorted(found, key=lambda each: (each.clutter, -each.count, each.what)))


def in_words(left_out: Sequence[LeftOut]) -> str:
    """The first few kinds with their counts, in words.

    >>> in_words([LeftOut(what=".npy files", count=1, first="a.npy", clutter=False)])
    '1 .npy file'
    """
    shown = [f"{each.count:,} {_singular(each.what) if each.count == 1 else each.what}" for each in left_out[:_SHOWN]]
    rest = left_out[_SHOWN:]
    if rest:
        shown.append(f"{total(rest):,} of {len(rest):,} more {'kinds' if len(rest) > 1 else 'kind'}")
    return ", ".join(shown)


def instead_of_images(path: Path, left_out: Sequence[LeftOut]) -> str:
    """A sentence on what a path holds instead of images."""
    if not left_out:
        return f"{path} holds no images."
    count = total(left_out)
    if count == 1:
        return f"{path} holds 1 file, which is not an image: {left_out[0].first}."
    return f"{path} holds {count:,} files but no images: {in_words(left_out)}; the first is {left_out[0].first}."


def total(left_out: Iterable[LeftOut]) -> int:
    """The number of files of all kinds together."""
    return sum(each.count for each in left_out)


def _singular(what: str) -> str:
    return re.sub(r"\bfiles\b", "file", what, count=1)
