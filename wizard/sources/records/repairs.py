"""Describes what was wrong with the boxes of a split's records, and what was done about it."""

from collections.abc import Iterator

import numpy as np

from wizard.sources.records.boxes import Fitted
from wizard.sources.records.columns import Columns
from wizard.sources.samples import BoxUnit

_NEAR = 0.75
"""Fraction of an image's width or height that objects in many photos reach beyond."""
_ENOUGH = 10


def repairs(columns: Columns, fitted: Fitted, unit: BoxUnit) -> Iterator[str]:
    """A clause for each kind of repair; none if the boxes are valid as they are.

    Args:
        columns: the split's columns.
        fitted: its boxes, made relative.
        unit: the unit that they were in.
    """
    every = len(fitted.sound)
    if unit == "pixels" and every:
        yield f"{_counted(every)} in pixels: converted to 0..1 using the size of each image"
        yield from _doubtful(columns, fitted)
    if fitted.clipped.any():
        clipped, beyond = int(fitted.clipped.sum()), max(0.0001, fitted.beyond[fitted.clipped].max())
        yield (
            f"{clipped:,} of {every:,} boxes {'reaches' if clipped == 1 else 'reach'} outside the image, by up to "
            f"{beyond:.2%} of its width or height: clipped"
        )
    if fitted.swapped.any():
        swapped = int(fitted.swapped.sum())
        yield f"{swapped:,} of {every:,} boxes {_have(swapped)} swapped corners: put in order"
    if not fitted.sound.all():
        left_out = int((~fitted.sound).sum())
        no_area = f"{left_out:,} of {every:,} boxes {_have(left_out)} no area in the image"
        yield f"{no_area}, or a corner that is not a number: left out"


def _doubtful(columns: Columns, fitted: Fitted) -> Iterator[str]:
    """Signs that boxes may not be in pixels, which a person should check."""
    single = int(((np.sort(columns.boxes, axis=1) == [0, 0, 1, 1]).all(axis=1) & fitted.sound).sum())
    if single:
        yield f"{_counted(single)} 0, 0, 1, 1: treated as a single pixel, as the others are in pixels"
    reach = fitted.boxes[fitted.sound].max(initial=0)
    if reach < _NEAR and fitted.sound.sum() >= _ENOUGH:
        yield f"no box reaches beyond {reach:.0%} of its image: check that they are not for a smaller version of it"


def _counted(count: int) -> str:
    return "1 box is" if count == 1 else f"{count:,} boxes are"


def _have(count: int) -> str:
    return "has" if count == 1 else "have"
