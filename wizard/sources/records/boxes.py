"""The boxes that records state: their unit, fractions of the image or pixels, and what of them lies in their image."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from wizard.errors import InputError
from wizard.formats.arrays import Boxes

_OUTSIDE = 0.5
"""How far a box may reach beyond its image, as a fraction of its width or height, and still be clipped.

The Object Detection API of tensorflow/models refused boxes beyond 1.01, later 1.1 (box_list_ops.py); its users' own
boxes reached 1.15 (issue 5474), or the ratio of the sides where a photo was turned by its EXIF tag (issue 1754).
"""
_FLOAT32 = float(np.finfo(np.float32).max)
BoxUnit = Literal["relative", "pixels"]
"""Unit of box corners: fractions of the image's width and height, or pixels."""
# Other units in use: Label Studio exports percent, LayoutLM and language models use 0 to 1000.
_SCALES = {100: "percent", 1000: "thousandths"}
_LARGER = 1.25  # factor by which an image's side must exceed a scale to be evidence about it
# Largest chance, for pixel boxes, of never exceeding a scale that they could exceed, for it to count as evidence.
_CHANCE = 0.1
# A box this far beyond its image is not a slip if more than two boxes, and more than a quarter of all, are so.
_BEYOND, _MANY, _SLIPS = 0.1, 0.25, 2
# Distinct boxes needed to conclude that xmax and ymax hold a width and a height; by chance, 4 ** -10 would look so.
_ENOUGH = 10
_WRITE = (
    "Write these records again with boxes in 0..1: xmin and xmax divided by the image's width, ymin and ymax by its "
    "height"
)

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
    low, high = _in_order(exact)
    ordered = np.hstack([low, high])
    inside = np.clip(ordered, 0.0, 1.0)
    sound = _has_area(boxes) & _has_area(inside)
    swapped = sound & (ordered != exact).any(axis=1)
    beyond = np.maximum(ordered - 1.0, -ordered).max(axis=1, initial=-np.inf).clip(0.0)
    untouched = ~swapped & (beyond == 0)
    return Fitted(boxes=np.where(untouched[:, None], exact, inside), sound=sound, swapped=swapped, beyond=beyond)


def _in_order(boxes: Boxes) -> tuple[Boxes, Boxes]:
    """The smaller and the larger x and y of each box: two of float64[n, 2]; nan if a corner is not a number."""
    return np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])


def _has_area(boxes: Boxes) -> Flags:
    """bool[n], whether a box has an area, in any order of its corners; False if a corner is not a number."""
    low, high = _in_order(boxes)
    finite: Flags = np.all(np.isfinite(boxes), axis=1)
    positive: Flags = np.all(low < high, axis=1)
    return finite & positive


@dataclass(frozen=True, kw_only=True, eq=False)
class StatedBoxes:
    """All boxes of a source as stated in its records, one row per box.

    Attributes:
        boxes: float64[m, 4], xmin ymin xmax ymax.
        whole: bool[m], whether they are stored as integers (int64).
        sides: int64[m, 2], size of their image; known at least for records with an `unclear` box.
        stated: int64[m, 2], the size that their record states; 0 if it states none.
        record: intp[m], the record of the source that they belong to.
        where: gives a record's file, number and byte, in words.
    """

    boxes: Boxes
    whole: Flags
    sides: Sides
    stated: Sides
    record: npt.NDArray[np.intp]
    where: Callable[[int], str]

    def box(self, row: int) -> str:
        """A box's corners, in words."""
        return ", ".join(f"{corner:.6g}" for corner in self.boxes[row])

    def refused(self, rows: Flags, why: str) -> InputError:
        """The error to raise for the first of these boxes."""
        row = int(np.flatnonzero(rows)[0])
        image = f" in an image of {_size(self.sides[row])} pixels" if self.sides[row].all() else ""
        return InputError(f"{self.where(int(self.record[row]))} has the box {self.box(row)}{image}, {why}.", _WRITE)


def unclear(boxes: Boxes) -> bool:
    """Whether any of a record's boxes may be in pixels; called for every record, so without NumPy's overhead."""
    low, high = -_OUTSIDE, 1 + _OUTSIDE
    return any(
        not all(low <= corner <= high for corner in box) or all(corner in (0, 1) for corner in box)
        for box in boxes.tolist()
    )


def unit_of(found: StatedBoxes) -> BoxUnit:
    """The unit of a source's boxes.

    They are in pixels if some reach far beyond 1 and none is inside 0..1 with a fractional corner; a box 0, 0, 1, 1
    is then one pixel, else the whole image. Boxes without an area are ignored.

    Raises:
        InputError: there are both kinds, or no unit makes sense for all of them.
    """
    low, high = _in_order(found.boxes)
    area = _has_area(found.boxes)
    large = area & np.any(np.hstack([low < -_OUTSIDE, high > 1 + _OUTSIDE]), axis=1)
    either = np.all(np.hstack([low == 0, high == 1]), axis=1)
    pixels = large | (area & found.whole)
    if not pixels.any():
        _require_corners(found, area, found.boxes)
        return "relative"
    relative = area & ~large & ~either
    if relative.any():
        raise _mixed(found, relative, pixels)
    if not large.any():
        raise found.refused(pixels, "whose integer corners, all 0 or 1, could mean one pixel or the whole image")
    known = area & (found.sides > 0).all(axis=1)
    _require_pixels(found, known)
    _require_corners(found, known, found.boxes / np.tile(np.maximum(found.sides, 1), 2))
    return "pixels"


def _mixed(found: StatedBoxes, relative: Flags, pixels: Flags) -> InputError:
    """The error for mixed units; names the first box of the rarer unit, the likelier mistake."""
    units = [(relative, "in 0..1"), (pixels, "in pixels")]
    (fewer, unit), (others, other) = sorted(units, key=lambda each: int(each[0].sum()))
    row = int(np.flatnonzero(others)[0])
    return found.refused(
        fewer,
        f"which is {unit}, but {others.sum():,} other{'s are' if others.sum() > 1 else ' is'} {other}, such as "
        f"{found.box(row)} of {found.where(int(found.record[row]))}",
    )


def _require_pixels(found: StatedBoxes, known: Flags) -> None:
    """Requires that the boxes make sense as pixels of their images, if the images' sizes are known."""
    other = known & ((found.stated > 0) & (found.stated != found.sides)).any(axis=1)
    if other.any():
        stated = found.stated[np.flatnonzero(other)[0]]
        raise found.refused(other, f"and states a size of {_size(stated)}: the box may be in pixels of either size")
    nowhere = known & (np.nan_to_num(fit(found.boxes, found.sides).beyond) > _OUTSIDE)
    if nowhere.any():
        raise found.refused(nowhere, "which is neither in 0..1 nor in the pixels of its image")
    leaving = known & np.any(_in_order(found.boxes)[1] > (1 + _BEYOND) * found.sides, axis=1)
    if leaving.sum() > max(_SLIPS, _MANY * known.sum()):
        many = f"{leaving.sum():,} of {known.sum():,} boxes"
        raise found.refused(leaving, f"which exceeds its image, as {many} do: they may be for images of another size")
    for scale, name in _SCALES.items():
        if _may_be(found.boxes[known], found.sides[known], found.record[known], scale):
            raise found.refused(known, f"and no box exceeds {scale:,}: boxes may be in {name} rather than in pixels")


def _may_be(boxes: Boxes, sides: Sides, record: npt.NDArray[np.intp], scale: int) -> bool:
    """Whether boxes that never exceed `scale` would very likely have done so if they were in pixels.

    The far corner of a pixel box may be anywhere up to the side of its image, so the chance that it is below `scale` is
    the ratio of the two, and for all images the product of these.
    """
    if not len(boxes) or boxes.max() > scale:
        return False
    _, firsts = np.unique(record, return_index=True)
    larger = sides[firsts]
    larger = larger[larger > _LARGER * scale]
    return bool(len(larger)) and float(np.log(scale / larger).sum()) < np.log(_CHANCE)


def _require_corners(found: StatedBoxes, rows: Flags, shares: Boxes) -> None:
    """Requires that xmax and ymax are corners.

    If they are a width and a height, some are smaller than xmin or ymin, some are not, and their sums with these never
    exceed the image.
    """
    start, end = shares[:, :2], shares[:, 2:]
    swapped = rows & (end < start).any(axis=1)
    if not swapped.any() or (end < start)[rows].all() or (start + end)[rows].max() > 1:
        return
    if len(np.unique(shares[rows], axis=0)) >= _ENOUGH:
        raise found.refused(swapped, "and xmax and ymax look like a width and a height, as in all others")


def _size(sides: npt.NDArray[np.int64]) -> str:
    return " × ".join(f"{side:,}" if side else "?" for side in sides.tolist())
