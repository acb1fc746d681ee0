"""Counts the files of a split that are not read, and says what they are."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from wizard.sources.samples import LeftOut

_KINDS = 40
"""Kinds that are told apart; names of strangers could make millions."""
_SHOWN = 5


class LeftOutCounter:
    """The kinds of files that are not read, how many there are of each, and the first by path."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, bool], tuple[int, str]] = {}

    def add(self, what: str, path: str, *, clutter: bool) -> None:
        """Counts one file.

        Args:
            what: its kind in words, plural.
            path: its own.
            clutter: whether nobody misses it.
        """
        kind = (what, clutter)
        if kind not in self._kinds and len(self._kinds) >= _KINDS:
            kind = ("files of other kinds", clutter)
        count, first = self._kinds.get(kind, (0, path))
        self._kinds[kind] = (count + 1, min(first, path))

    def counted(self) -> tuple[LeftOut, ...]:
        """All kinds: what is no clutter first, then the most frequent."""
        found = [
            LeftOut(what=what, count=count, first=first, clutter=clutter)
            for (what, clutter), (count, first) in self._kinds.items()
        ]
        return tuple(sorted(found, key=lambda each: (each.clutter, -each.count, each.what)))


def in_words(left_out: Sequence[LeftOut]) -> str:
    """Their kinds with counts, the first few at least.

    >>> in_words([LeftOut(what=".npy files", count=1, first="a.npy", clutter=False)])
    '1 .npy file'
    """
    shown = [f"{each.count:,} {_singular(each.what) if each.count == 1 else each.what}" for each in left_out[:_SHOWN]]
    rest = left_out[_SHOWN:]
    if rest:
        shown.append(f"{total(rest):,} of {len(rest):,} more {'kinds' if len(rest) > 1 else 'kind'}")
    return ", ".join(shown)


def instead_of_images(path: Path, left_out: Sequence[LeftOut]) -> str:
    """What lies at a path where images should, in a sentence."""
    if not left_out:
        return f"{path} holds no images."
    count = total(left_out)
    if count == 1:
        return f"{path} holds 1 file, which is no image: {left_out[0].first}."
    return f"{path} holds {count:,} files, none an image: {in_words(left_out)}; the first is {left_out[0].first}."


def total(left_out: Iterable[LeftOut]) -> int:
    """How many files they are."""
    return sum(each.count for each in left_out)


def _singular(what: str) -> str:
    return re.sub(r"\bfiles\b", "file", what, count=1)
