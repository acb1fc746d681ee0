"""What is to be said of a split beside its count: what lies there and is not read, and what looks like copies."""

from typing import NamedTuple

from wizard.sources.left_out import in_words
from wizard.sources.samples import Copies, SampleTable

_LOOK = "Look at the files named; where one should be an image, convert it"
_REMOVE = "Remove the copies, unless they are images of their own"
_BOXES = "See whether that is what the boxes were meant to be; inspect shows the first record"
_COMPARE = "Compare the raw data with where it came from, archives by their sizes and checksums"


class Remark(NamedTuple):
    """Something to be said of a split.

    Attributes:
        about: what it is about, in a word or two.
        text: what is said, without an end.
        hint: what a person should do about it; empty where nothing is to be done.
    """

    about: str
    text: str
    hint: str = ""

    @property
    def warning(self) -> bool:
        """Whether a person should look at it."""
        return bool(self.hint)

    def __str__(self) -> str:
        return f"{self.about}: {self.text}"


def remarks(table: SampleTable) -> list[Remark]:
    """What is to be said of a split's table; nothing where only images lie there, each once."""
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
        return f"1 image looks like a copy of another by name: {copies.copy} of {copies.original}"
    return f"{copies.count:,} images look like copies of others by name, as {copies.copy} of {copies.original}"
