"""Remarks on a split: files that are not read, counted by kind; apparent copies, repaired boxes, and warnings."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from wizard.formatting import counted
from wizard.sources.samples import Copies, LeftOut, SampleTable

_LOOK = "Check the files named; if one should be an image, convert it"
_REMOVE = "Remove the copies, unless they are separate images"
_BOXES = "Check that this is what the boxes were meant to be; inspect shows the first record"
_COMPARE = "Compare the raw data with the original, archives by size and checksum"
_KINDS = 40  # most kinds that are counted separately; arbitrary file names could make millions
_SHOWN = 5


class Remark(NamedTuple):
    """A remark on a split, without a full stop; its hint is what a person should do about it, empty if nothing."""

    about: str
    text: str
    hint: str = ""

    @property
    def warning(self) -> bool:
        """Whether a person should act on it."""
        return bool(self.hint)

    def __str__(self) -> str:
        return f"{self.about}: {self.text}"


def remarks(table: SampleTable) -> list[Remark]:
    """The remarks on a split's table; none if it holds only images, each once."""
    found = [Remark("selection", note.text, note.hint) for note in table.selection]
    missed = [each for each in table.left_out if not each.clutter]
    clutter = [each for each in table.left_out if each.clutter]
    if missed:
        found.append(Remark("left out", f"{in_words(missed)}; the first is {missed[0].first}", _LOOK))
    if clutter:
        found.append(Remark("passed over", in_words(clutter)))
    if table.formats.converted:
        found.append(Remark("formats", f"{table.formats}; whatever is not a JPEG becomes one"))
    if table.copies is not None:
        found.append(Remark("copies", _of_copies(table.copies), _REMOVE))
    if table.repairs:
        found.append(Remark("boxes", "; ".join(table.repairs), _BOXES))
    if table.warnings:
        found.append(Remark("to be checked", ". ".join(table.warnings), _COMPARE))
    return found


def _of_copies(copies: Copies) -> str:
    example = f"{copies.copy} of {copies.original}"
    if copies.count == 1:
        return f"1 image looks like a copy of another by its name: {example}"
    return f"{copies.count:,} images look like copies of others by their names, such as {example}"


class LeftOutCounter:
    """Counter of files that are not read: for each kind, how many, and the first by path."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, bool], tuple[int, str]] = {}

    def add(self, what: str, path: str, *, clutter: bool) -> None:
        """Counts a file of a kind in words."""
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
    shown = []
    for each in left_out[:_SHOWN]:
        kind = re.sub(r"\bfiles\b", "file", each.what, count=1) if each.count == 1 else each.what
        shown.append(f"{each.count:,} {kind}")
    rest = left_out[_SHOWN:]
    if rest:
        shown.append(f"{_total(rest):,} of {counted(len(rest), 'more kind')}")
    return ", ".join(shown)


def instead_of_images(path: Path, left_out: Sequence[LeftOut]) -> str:
    """A sentence on what a path holds instead of images."""
    if not left_out:
        return f"{path} holds no images."
    count = _total(left_out)
    if count == 1:
        return f"{path} holds 1 file, which is not an image: {left_out[0].first}."
    return f"{path} holds {count:,} files but no images: {in_words(left_out)}; the first is {left_out[0].first}."


def _total(left_out: Iterable[LeftOut]) -> int:
    return sum(each.count for each in left_out)
