"""What the boxes of a source count in: shares of their image, or its pixels. All its records decide that together."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wizard.errors import InputError
from wizard.formats.arrays import Boxes
from wizard.sources.records.boxes import OUTSIDE, Flags, Sides, fit, has_area, in_order
from wizard.sources.samples import BoxUnit

_SCALES = {100: "percent", 1000: "thousandths"}
"""What else boxes are found in: Label Studio exports percent, LayoutLM and language models state 0 to 1000."""
_LARGER = 1.25
"""By how much a side must exceed a scale to say anything about it."""
_CHANCE = 0.1
"""Of pixel boxes that never reach beyond a scale though they could."""
_BEYOND, _MANY, _SLIPS = 0.1, 0.25, 2
"""How far beyond its image a box reaches that is no slip where more than two, and more than a quarter of all, do."""
_ENOUGH = 10
"""Different boxes that show whether xmax and ymax hold a width and a height; chance alone would do so in 4 ** -10."""
_WRITE = (
    "Write these records again with boxes in 0..1: xmin and xmax divided by the image's width, ymin and ymax by its "
    "height"
)


@dataclass(frozen=True, kw_only=True, eq=False)
class StatedBoxes:
    """All boxes of a source as its records state them; a row a box.

    Attributes:
        boxes: float64[m, 4], xmin ymin xmax ymax.
        whole: bool[m], whether they are whole numbers by their kind (int64).
        sides: int64[m, 2], of their image; known at least of records with a box that `unclear` says is not relative.
        stated: int64[m, 2], the sides that their record states; 0 where it states none.
        record: intp[m], which record of the source they are of.
        place: a record's file, number and byte, in words.
    """

    boxes: Boxes
    whole: Flags
    sides: Sides
    stated: Sides
    record: npt.NDArray[np.intp]
    place: Callable[[int], str]

    def box(self, row: int) -> str:
        """Its corners, in words."""
        return ", ".join(f"{corner:.6g}" for corner in self.boxes[row])

    def refused(self, rows: Flags, why: str) -> InputError:
        """What to raise for the first of these boxes."""
        row = int(np.flatnonzero(rows)[0])
        image = f" in an image of {_size(self.sides[row])} pixels" if self.sides[row].all() else ""
        return InputError(f"{self.place(int(self.record[row]))} has the box {self.box(row)}{image}, {why}.", _WRITE)


def unclear(boxes: Boxes) -> bool:
    """Whether any of a record's boxes may be in pixels; asked of every record, so without NumPy's cost a call."""
    low, high = -OUTSIDE, 1 + OUTSIDE
    return any(
        not all(low <= corner <= high for corner in box) or all(corner in (0, 1) for corner in box)
        for box in boxes.tolist()
    )


def unit_of(found: StatedBoxes) -> BoxUnit:
    """What a source's boxes count in.

    They are in pixels where some reach far beyond 1 and none lies inside 0..1 with a fraction in it; a box 0, 0, 1, 1
    is then one pixel, else the whole image. Boxes without an area say nothing.

    Raises:
        InputError: there are both kinds, or they are in no unit that makes sense of all of them.
    """
    evidence = _evidence(found.boxes)
    pixels = evidence.area & (evidence.large | found.whole)
    if not pixels.any():
        _require_corners(found, evidence.area, found.boxes)
        return "relative"
    relative = evidence.area & evidence.relative
    if relative.any():
        raise _mixed(found, relative, pixels)
    if not (pixels & evidence.large).any():
        raise found.refused(pixels, "whose whole numbers, all 0 or 1, mean one pixel or the whole image")
    known = evidence.area & (found.sides > 0).all(axis=1)
    _require_pixels(found, known)
    _require_corners(found, known, found.boxes / np.tile(np.maximum(found.sides, 1), 2))
    return "pixels"


@dataclass(frozen=True, kw_only=True, eq=False)
class _Evidence:
    """What boxes say of their unit: bool[m] each.

    Attributes:
        area: whether they have any; those without say nothing.
        large: whether they reach further beyond 0..1 than a relative box may.
        relative: whether they are relative; neither large nor relative is 0, 0, 1, 1.
    """

    area: Flags
    large: Flags
    relative: Flags


def _evidence(boxes: Boxes) -> _Evidence:
    low, high = in_order(boxes)
    large: Flags = np.any(np.hstack([low < -OUTSIDE, high > 1 + OUTSIDE]), axis=1)
    either: Flags = np.all(np.hstack([low == 0, high == 1]), axis=1)
    return _Evidence(area=has_area(boxes), large=large, relative=~large & ~either)


def _mixed(found: StatedBoxes, relative: Flags, pixels: Flags) -> InputError:
    """Names the first of the fewer, which are the likelier mistake."""
    units = [(relative, "in 0..1"), (pixels, "in pixels")]
    (fewer, unit), (others, other) = sorted(units, key=lambda each: int(each[0].sum()))
    row = int(np.flatnonzero(others)[0])
    return found.refused(
        fewer,
        f"which is {unit}, but {others.sum():,} other{'s are' if others.sum() > 1 else ' is'} {other}, as "
        f"{found.box(row)} of {found.place(int(found.record[row]))}",
    )


def _require_pixels(found: StatedBoxes, known: Flags) -> None:
    """That the boxes make sense as pixels of their images, where the size of these is known."""
    other = known & ((found.stated > 0) & (found.stated != found.sides)).any(axis=1)
    if other.any():
        stated = found.stated[np.flatnonzero(other)[0]]
        raise found.refused(other, f"and states a size of {_size(stated)}: the box may be in the pixels of either")
    beyond = np.nan_to_num(fit(found.boxes, found.sides).beyond)
    nowhere = known & (beyond > OUTSIDE)
    if nowhere.any():
        raise found.refused(nowhere, "which is neither in 0..1 nor in the pixels of its image")
    leaving = known & np.any(in_order(found.boxes)[1] > (1 + _BEYOND) * found.sides, axis=1)
    if leaving.sum() > max(_SLIPS, _MANY * known.sum()):
        told = f"{leaving.sum():,} of {known.sum():,} boxes"
        raise found.refused(leaving, f"which leaves its image, as {told} do: their pixels are those of another size")
    for scale, name in _SCALES.items():
        if _may_be(found.boxes[known], found.sides[known], found.record[known], scale):
            raise found.refused(known, f"and no box goes beyond {scale:,}: they may be in {name} rather than in pixels")


def _may_be(boxes: Boxes, sides: Sides, record: npt.NDArray[np.intp], scale: int) -> bool:
    """Whether boxes that never reach beyond `scale` would have done so, were they in pixels.

    The far corner of a pixel box lies anywhere up to the side of its image; so the chance that it lies below `scale` is
    that share of the side, and for all images the product.
    """
    if not len(boxes) or boxes.max() > scale:
        return False
    _, firsts = np.unique(record, return_index=True)
    larger = sides[firsts]
    larger = larger[larger > _LARGER * scale]
    return bool(len(larger)) and float(np.log(scale / larger).sum()) < np.log(_CHANCE)


def _require_corners(found: StatedBoxes, rows: Flags, shares: Boxes) -> None:
    """That xmax and ymax are corners.

    Where they are a width and a height, some are smaller than xmin or ymin, some are not, and added to these they never
    leave the image.
    """
    start, end = shares[:, :2], shares[:, 2:]
    swapped = rows & (end < start).any(axis=1)
    if not swapped.any() or (end < start)[rows].all() or (start + end)[rows].max() > 1:
        return
    if len(np.unique(shares[rows], axis=0)) >= _ENOUGH:
        raise found.refused(swapped, "and as in all others, xmax and ymax look like a width and a height")


def _size(sides: npt.NDArray[np.int64]) -> str:
    return " x ".join(f"{side:,}" if side else "?" for side in sides.tolist())
