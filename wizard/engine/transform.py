"""One image's bytes -> the bytes that are stored."""

from dataclasses import dataclass

from wizard.formats import image_codec, jpeg
from wizard.formats.decoding import Undecodable, is_too_large
from wizard.formats.resize import Geometry, Resize, geometry, resample
from wizard.targets.sample import StoredImage

LOSSLESS_ENOUGH = 100
"""JPEG quality of what must be converted where no quality is asked for."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a split's images are stored; JPEG quality is 1..100, or None to keep the bytes of the original size."""

    resize: Resize
    quality: int | None

    def __post_init__(self) -> None:
        if self.quality is None and self.resize.mode != "original":
            raise ValueError(f"resize {self.resize.mode} without a quality")

    def __str__(self) -> str:
        resize = self.resize
        size = {
            "original": "original size",
            "shortest": f"shortest side {resize.size}{' (enlarging too)' if resize.upscale else ''}",
            "exact": f"exactly {resize.height} x {resize.width}",
            "crop": f"scaled and cropped to {resize.height} x {resize.width}",
        }[resize.mode]
        return f"{size}, {'bytes kept' if self.quality is None else f'JPEG quality {self.quality}'}"


def _refuse_too_large(way: Geometry) -> None:
    """A sliver can become longer than a JPEG may be, or larger on the way to its crop than memory."""
    if max(way.height, way.width) > jpeg.LONGEST_SIDE or is_too_large(*way.scaled):
        scaled = " x ".join(f"{side:,}" for side in way.scaled[::-1])
        raise Undecodable(f"its {way.source[1]:,} x {way.source[0]:,} pixels would have to be scaled to {scaled}")


def transform(data: bytes, recipe: Recipe) -> StoredImage:
    """Applies the recipe; an image that no trainer's JPEG decoder would read is converted in any case.

    Raises:
        Undecodable: the image cannot be decoded.
    """
    header = image_codec.read_header(data)
    if recipe.quality is None and not header.needs_conversion:
        image_codec.check(data, header)
        return StoredImage(jpeg=data, geometry=geometry(recipe.resize, header.height, header.width), converted="")
    pixels = image_codec.decode(data, header)
    way = geometry(recipe.resize, *pixels.shape[:2])
    _refuse_too_large(way)
    encoded = jpeg.encode(resample(pixels, way), recipe.quality or LOSSLESS_ENOUGH)
    return StoredImage(jpeg=encoded, geometry=way, converted=header.needs_conversion)
