"""Converts the boxes stated in records to boxes relative to their image: ordered corners, clipped, with an area."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wizard.formats.arrays import Boxes

OUTSIDE = 0.5
"""How far a box may reach beyond its image, as a fraction of its width or height, and still be clipped.

The Object Detection API of tensorflow/models refused boxes beyond 1.01, later 1.1 (box_list_ops.py); its users' own
boxes reached 1.15 (issue 5474), or the ratio of the sides where a photo was turned by its EXIF tag (issue 1754).
"""
_FLOAT32 = float(np.finfo(np.float32).max)

Sides = npt.NDArray[np.int64]
"""int64[n, 2], width and height in pixels; 0 if unknown."""
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Fitted:
    """Boxes made relative to their images.

    Attributes:
        boxes: float64[n, 4], xmin ymin xmax ymax, each a float32's value; only meaningful where `sound`.
        sound: bool[n], whether the box has an area inside its image; the others are left out.
        swapped: bool[n], whether corners were reordered.
        beyond: float64[n], how far the box reaches outside its image, as a fraction of its width or height; nan if a
            corner is not a number.
    """

    boxes: Boxes
    sound: Flags
    swapped: Flags
    beyond: npt.NDArray[np.float64]


def fit(boxes: Boxes, sides: Sides | None) -> Fitted:
    """Makes boxes relative to their images, orders their corners and clips them, as `process_bounding_boxes.py` does.

    A relative box that is already valid keeps its value to the last bit.

    Args:
        boxes: float64[n, 4], xmin ymin xmax ymax.
        sides: each box's image size, if boxes are in pixels; None if they are relative. A box whose image has an
            unknown size is not sound.
    """
    if sides is not None:
        boxes = boxes / np.tile(np.where(sides > 0, sides, np.nan), 2)
    # Boxes are stored as float32: two corners that differ as doubles may be equal there.
    exact = np.clip(boxes, -_FLOAT32, _FLOAT32).astype(np.float32).astype(np.float64)
    low, high = in_order(exact)
    ordered = np.hstack([low, high])
    inside = np.clip(ordered, 0.0, 1.0)
    sound = has_area(boxes) & has_area(inside)
    swapped = sound & (ordered != exact).any(axis=1)
    beyond = np.maximum(ordered - 1.0, -ordered).max(axis=1, initial=-np.inf).clip(0.0)
    untouched = ~swapped & (beyond == 0)
    return Fitted(boxes=np.where(untouched[:, None], exact, inside), sound=sound, swapped=swapped, beyond=beyond)


def in_order(boxes: Boxes) -> tuple[Boxes, Boxes]:
    """The smaller and the larger x and y of each box: two of float64[n, 2]; nan if a corner is not a number."""
    return np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])


def has_area(boxes: Boxes) -> Flags:
    """bool[n], whether a box has an area, in any order of its corners; False if a corner is not a number."""
    low, high = in_order(boxes)
    finite: Flags = np.all(np.isfinite(boxes), axis=1)
    positive: Flags = np.all(low < high, axis=1)
    return finite & positive
