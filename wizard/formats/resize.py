"""Resizing and cropping: what is asked for, and the geometry of an image by it.

The geometry is computed in integers, so that it is the same on every machine.
"""

from dataclasses import dataclass
from typing import Literal

ResizeMode = Literal["original", "shortest", "exact", "crop"]


@dataclass(frozen=True, kw_only=True)
class Resize:
    """The requested size of an image.

    Attributes:
        mode: original | shortest (the shorter side becomes `size`, aspect ratio kept) | exact (`height` x `width`,
            aspect ratio not kept) | crop (scaled to cover `height` x `width`, then center-cropped).
        size: shorter side in pixels, for `shortest`.
        height, width: in pixels, for `exact` and `crop`.
        upscale: whether `shortest` may enlarge.
    """

    mode: ResizeMode
    size: int = 0
    height: int = 0
    width: int = 0
    upscale: bool = False

    def leaves_smaller(self, height: int, width: int) -> bool:
        """Whether an image of this size stays smaller than what is asked for, because nothing enlarges it."""
        return self.mode == "shortest" and not self.upscale and min(height, width) < self.size


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """How an image is transformed: scaled to `scaled`, then cropped to `height` x `width` at (`top`, `left`).

    All in pixels; `source` and `scaled` are the image's height and width before and after scaling.
    """

    source: tuple[int, int]
    scaled: tuple[int, int]
    top: int
    left: int
    height: int
    width: int

    @property
    def crops(self) -> bool:
        """Whether the crop removes anything."""
        return self.scaled != (self.height, self.width)

    @property
    def is_identity(self) -> bool:
        """Whether the pixels stay as they are."""
        return self.scaled == self.source and not self.crops


def geometry(resize: Resize, height: int, width: int) -> Geometry:
    """The geometry for an image of `height` x `width` pixels."""
    scaled = target = (height, width)
    match resize.mode:
        case "original":
            pass
        case "shortest":
            scaled = target = _shortest(resize, height, width)
        case "exact":
            scaled = target = (resize.height, resize.width)
        case "crop":
            target = (resize.height, resize.width)
            scaled = _cover(target, height, width)
    return Geometry(
        source=(height, width),
        scaled=scaled,
        top=(scaled[0] - target[0]) // 2,
        left=(scaled[1] - target[1]) // 2,
        height=target[0],
        width=target[1],
    )


def _shortest(resize: Resize, height: int, width: int) -> tuple[int, int]:
    short, long = sorted((height, width))
    # An image that already has the size, or would have to be enlarged, keeps its pixels.
    if short == resize.size or (short < resize.size and not resize.upscale):
        return height, width
    other = _rounded(long * resize.size, short)
    return (resize.size, other) if height <= width else (other, resize.size)


def _cover(target: tuple[int, int], height: int, width: int) -> tuple[int, int]:
    """The smallest size with the image's aspect ratio that covers `target`; rounding must not make a side too short."""
    if target[0] * width >= target[1] * height:
        return target[0], max(target[1], _rounded(width * target[0], height))
    return max(target[0], _rounded(height * target[1], width)), target[1]


def _rounded(numerator: int, denominator: int) -> int:
    """The quotient, rounded to the nearest integer (halves up), at least 1."""
    return max(1, (2 * numerator + denominator) // (2 * denominator))
