"""What stored labels mean: which class each is, and the name of every label from 0."""

from collections.abc import Sequence
from dataclasses import dataclass

from wizard.sources.classes import Classes


@dataclass(frozen=True, kw_only=True)
class StoredLabels:
    """The meaning of a dataset's stored labels: rank n of `classes` is stored as n + `base`."""

    classes: Classes
    base: int


def from_zero(names: Sequence[str], base: int) -> tuple[str, ...]:
    """The names of labels 0, 1, … where the first class has label `base`; those before it are no class, "background".

    >>> from_zero(["tench", "goldfish"], 1)
    ('background', 'tench', 'goldfish')
    """
    unused = "background"
    while unused in names:
        unused = f"_{unused}"
    return (*[unused] * base, *names)
