"""What size an image becomes, and how its pixels and boxes follow.

The geometry is decided by integers alone; the pixels are kornia-rs's antialiased bicubic. Over 300 photos the worst
was 63 dB from Pillow's BICUBIC (the reference) at a shortest side of 480 pixels, 57 at 256 and 43 at 100. Pillow
itself takes the extreme shrinking where kornia-rs was seen to drift further.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from kornia_rs import imgproc
from PIL import Image

from wizard.formats.arrays import Boxes, Pixels

ResizeMode = Literal["original", "shortest", "exact", "crop"]

FAITHFUL_SHRINK = 32
"""Shrinking one side by more than this goes to Pillow: kornia-rs was 16 dB from it at 1/400."""


@dataclass(frozen=True, kw_only=True)
class Resize:
    """What an image should become.

    Attributes:
        mode: original | shortest (side becomes `size`, shape kept) | exact (`height` x `width`, shape not kept) |
            crop (scaled to cover `height` x `width`, then cropped at the centre).
        size: shorter side in pixels, for `shortest`.
        height: in pixels, for `exact` and `crop`.
        width: in pixels, for `exact` and `crop`.
        upscale: whether `shortest` may enlarge.
    """

    mode: ResizeMode
    size: int = 0
    height: int = 0
    width: int = 0
    upscale: bool = False


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """The way from one image to another: scale to `scaled`, then cut `height` x `width` at (`top`, `left`).

    Attributes:
        source: height and width in pixels before.
        scaled: height and width in pixels after scaling.
        top: first row of the cut, in scaled pixels.
        left: first column of the cut, in scaled pixels.
        height: rows of the result.
        width: columns of the result.
    """

    source: tuple[int, int]
    scaled: tuple[int, int]
    top: int
    left: int
    height: int
    width: int

    @property
    def crops(self) -> bool:
        """Whether the cut leaves anything out."""
        return self.scaled != (self.height, self.width)


def geometry(resize: Resize, height: int, width: int) -> Geometry:
    """How an image of `height` x `width` pixels becomes what `resize` asks for."""
    scaled, target = _scaled_and_cut(resize, height, width)
    return Geometry(
        source=(height, width),
        scaled=scaled,
        top=(scaled[0] - target[0]) // 2,
        left=(scaled[1] - target[1]) // 2,
        height=target[0],
        width=target[1],
    )


def resample(pixels: Pixels, way: Geometry) -> Pixels:
    """The pixels after `way`.

    Args:
        pixels: uint8[height, width, 3].
        way: made for this height and width.

    Returns:
        uint8[way.height, way.width, 3]; the argument itself where nothing changes.
    """
    if way.scaled != way.source:
        pixels = _scale(pixels, way)
    if way.crops:
        pixels = pixels[way.top : way.top + way.height, way.left : way.left + way.width]
    return np.ascontiguousarray(pixels)


def move_boxes(boxes: Boxes, way: Geometry) -> tuple[Boxes, npt.NDArray[np.intp]]:
    """Boxes relative to the source, made relative to the result.

    Args:
        boxes: float64[n, 4], xmin ymin xmax ymax in 0..1.
        way: how the image is changed.

    Returns:
        float64[m, 4], m <= n: what a crop cuts off is clipped, and boxes with no area left are dropped; and intp[m],
        the rows of `boxes` that are left.
    """
    if not way.crops or not len(boxes):
        return boxes, np.arange(len(boxes))
    corner = np.array([way.left, way.top] * 2, dtype=np.float64)
    scaled = np.array([way.scaled[1], way.scaled[0]] * 2, dtype=np.float64)
    size = np.array([way.width, way.height] * 2, dtype=np.float64)
    moved = np.clip((boxes * scaled - corner) / size, 0.0, 1.0)
    stored = moved.astype(np.float32)  # as stored in records, where a sliver of a box may have no area
    rows = np.flatnonzero((stored[:, :2] < stored[:, 2:]).all(axis=1))
    return moved[rows], rows


def _scaled_and_cut(resize: Resize, height: int, width: int) -> tuple[tuple[int, int], tuple[int, int]]:
    asked = (resize.height, resize.width)
    match resize.mode:
        case "original":
            return (height, width), (height, width)
        case "shortest":
            scaled = _shortest(resize, height, width)
            return scaled, scaled
        case "exact":
            return asked, asked
        case "crop":
            return _cover(asked, height, width), asked


def _shortest(resize: Resize, height: int, width: int) -> tuple[int, int]:
    short, long = sorted((height, width))
    if short == resize.size or (short < resize.size and not resize.upscale):
        return height, width
    other = _rounded(long * resize.size, short)
    return (resize.size, other) if height <= width else (other, resize.size)


def _cover(target: tuple[int, int], height: int, width: int) -> tuple[int, int]:
    if target[0] * width >= target[1] * height:
        return target[0], max(target[1], _rounded(width * target[0], height))
    return max(target[0], _rounded(height * target[1], width)), target[1]


def _rounded(numerator: int, denominator: int) -> int:
    return max(1, (2 * numerator + denominator) // (2 * denominator))


def _scale(pixels: Pixels, way: Geometry) -> Pixels:
    if any(before > FAITHFUL_SHRINK * after for before, after in zip(way.source, way.scaled, strict=True)):
        return np.asarray(Image.fromarray(pixels).resize(way.scaled[::-1], Image.Resampling.BICUBIC))
    return np.asarray(imgproc.resize(pixels, way.scaled, "bicubic", antialias=True))
