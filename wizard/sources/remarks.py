"""Remarks on a split: files that are not read, apparent copies, repaired boxes, and warnings."""

from typing import NamedTuple

from wizard.sources.left_out import in_words
from wizard.sources.samples import Copies, SampleTable

_LOOK = "Check the files named; if one should be an image, convert it"
_REMOVE = "Remove the copies, unless they are separate images"
_BOXES = "Check that this is what the boxes were meant to be; inspect shows the first record"
_COMPARE = "Compare the raw data with the original, archives by size and checksum"


class Remark(NamedTuple):
    """A remark on a split.

    Attributes:
        about: its subject, in a word or two.
        text: the remark, without a full stop.
        hint: what a person should do about it; empty if nothing.
    """

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
    told = []
    missed = [each for each in table.left_out if not each.clutter]
    clutter = [each for each in table.left_out if each.clutter]
    if missed:
        told.append(Remark("left out", f"{in_words(missed)}; the first is {missed[0].first}", _LOOK))
    if clutter:
        told.append(Remark("passed over", in_words(clutter)))
    if table.copies is not None:
        told.append(Remark("copies", _in_words(table.copies), _REMOVE))
    if table.repairs:
        told.append(Remark("boxes", "; ".join(table.repairs), _BOXES))
    if table.warnings:
        told.append(Remark("to be checked", ". ".join(table.warnings), _COMPARE))
    return told


def _in_words(copies: Copies) -> str:
    if copies.count == 1:
        return f"1 image looks like a copy of another by its name: {copies.copy} of {copies.original}"
    example = f"{copies.copy} of {copies.original}"
    return f"{copies.count:,} images look like copies of others by their names, such as {example}"
