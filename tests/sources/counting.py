"""Counts of splits and classes that nobody has images of."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from wizard.errors import InputError
from wizard.sources.class_counts import ClassCounts
from wizard.sources.classes import UNLABELED, Classes, of_folders


def counts(
    split: str, by_rank: Sequence[int], *, unlabelled: int = 0, example: str = "", rank: int = UNLABELED
) -> ClassCounts:
    """A split with so many images of each class, and so many of none."""
    made = ClassCounts(split=split, images=sum(by_rank) + unlabelled, by_rank=np.array(by_rank, np.int64))
    return replace(made, example=example, rank=rank)


def official(split: str, problem: str = "") -> ClassCounts:
    """An official archive that nobody has counted."""
    return ClassCounts(split=split, images=9, by_rank=None, error=InputError(problem) if problem else None)


def letters(count: int) -> Classes:
    """Classes c000, c001, ..."""
    return of_folders(tuple(f"c{rank:03d}" for rank in range(count)))
