"""Resizing and cropping: the pixels of an image and its boxes, by a geometry."""

import numpy as np
import numpy.typing as npt

from wizard.formats.arrays import Boxes, Pixels
from wizard.formats.resize import Geometry
from wizard.formats.scale import scale


def resample(pixels: Pixels, geometry: Geometry) -> Pixels:
    """The pixels, scaled and cropped: uint8[geometry.height, geometry.width, 3]; the argument if nothing changes."""
    if geometry.scaled != geometry.source:
        pixels = scale(pixels, *geometry.scaled)
    if geometry.crops:
        pixels = pixels[geometry.top : geometry.top + geometry.height, geometry.left : geometry.left + geometry.width]
    return np.ascontiguousarray(pixels)


def move_boxes(boxes: Boxes, geometry: Geometry) -> tuple[Boxes, npt.NDArray[np.intp]]:
    """Converts boxes relative to the source into boxes relative to the result.

    Returns:
        float64[m, 4], m <= n: boxes are clipped to the crop, and dropped if no area is left; and intp[m], the rows of
        `boxes` that are kept.
    """
    if not geometry.crops or not len(boxes):
        return boxes, np.arange(len(boxes))
    corner = np.array([geometry.left, geometry.top] * 2, dtype=np.float64)
    scaled = np.array([geometry.scaled[1], geometry.scaled[0]] * 2, dtype=np.float64)
    size = np.array([geometry.width, geometry.height] * 2, dtype=np.float64)
    moved = np.clip((boxes * scaled - corner) / size, 0.0, 1.0)
    # In float32, as stored in records, two corners of a sliver of a box may be equal.
    stored = moved.astype(np.float32)
    rows = np.flatnonzero((stored[:, :2] < stored[:, 2:]).all(axis=1))
    return moved[rows], rows
