"""What was wrong with the boxes of a split's records and became of it, in words."""

from collections.abc import Iterator

import numpy as np

from wizard.sources.records.boxes import Fitted
from wizard.sources.records.columns import Columns
from wizard.sources.samples import BoxUnit

_NEAR = 0.75
"""Of an image's width or height: objects of many photos reach further than that."""
_ENOUGH = 10


def repairs(columns: Columns, fitted: Fitted, unit: BoxUnit) -> Iterator[str]:
    """A clause for each kind of repair; none where the boxes are good as they are.

    Args:
        columns: of the split.
        fitted: its boxes, made relative.
        unit: that they were in.
    """
    total = f"{len(fitted.sound):,}"
    if unit == "pixels" and len(fitted.sound):
        yield f"{total} boxes are in pixels: converted to 0..1 by the size of each image"
        yield from _doubtful(columns, fitted)
    if fitted.clipped.any():
        beyond = fitted.beyond[fitted.clipped].max()
        yield (
            f"{fitted.clipped.sum():,} of {total} boxes reach outside their image, by up to {max(beyond, 0.0001):.2%} "
            "of its width or height: clipped"
        )
    if fitted.swapped.any():
        yield f"{fitted.swapped.sum():,} of {total} boxes have a corner with its opposite in its place: put in order"
    if not fitted.sound.all():
        yield (
            f"{(~fitted.sound).sum():,} of {total} boxes have no area inside their image or a corner that is no "
            "number: left out"
        )


def _doubtful(columns: Columns, fitted: Fitted) -> Iterator[str]:
    """What speaks against pixels, and a person should look at."""
    single = (np.sort(columns.boxes, axis=1) == [0, 0, 1, 1]).all(axis=1) & fitted.sound
    if single.any():
        yield f"{single.sum():,} of them are 0, 0, 1, 1, and taken for the one pixel that this means beside the others"
    reach = fitted.boxes[fitted.sound].max(initial=0)
    if reach < _NEAR and fitted.sound.sum() >= _ENOUGH:
        yield f"none of them reaches beyond {reach:.0%} of its image: see to it that they are not of a smaller version"
