"""One image's bytes -> the bytes that are stored."""

from dataclasses import dataclass
from typing import Literal

from wizard.engine import stages
from wizard.formats import image_codec, jpeg
from wizard.formats.decoding import Undecodable, is_too_large
from wizard.formats.jpeg_markers import check_structure
from wizard.formats.resize import Geometry, Resize, geometry, resample
from wizard.targets.sample import StoredImage

LOSSLESS_ENOUGH = 100
"""JPEG quality of what must be converted where no quality is asked for."""


Check = Literal["decode", "structure", "md5"]
"""How a JPEG whose bytes are kept is checked; "md5": its archive was, so that its header is all that is read."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a split's images are stored, and checked where they are not decoded anyway.

    Attributes:
        quality: of the JPEG encoder, 1..100; None to keep the bytes of the original size.
        check: decides no byte of the result, but which images are refused.
    """

    resize: Resize
    quality: int | None
    check: Check = "decode"

    def __post_init__(self) -> None:
        if self.quality is None and self.resize.mode != "original":
            raise ValueError(f"resize {self.resize.mode} without a quality")

    def __str__(self) -> str:
        """The recipe in words, which go into the plan id.

        Images that are decoded and those that are proven give the same dataset. A check of the structure may store an
        image that `decode` refuses or leaves out, so it makes another plan.
        """
        resize = self.resize
        size = {
            "original": "original size",
            "shortest": f"shortest side {resize.size}{' (enlarging too)' if resize.upscale else ''}",
            "exact": f"exactly {resize.height} x {resize.width}",
            "crop": f"scaled and cropped to {resize.height} x {resize.width}",
        }[resize.mode]
        if self.quality is not None:
            return f"{size}, JPEG quality {self.quality}"
        return f"{size}, bytes kept{', only their structure checked' if self.check == 'structure' else ''}"


def _refuse_too_large(way: Geometry) -> None:
    """A sliver can become longer than a JPEG may be, or larger on the way to its crop than memory."""
    if max(way.height, way.width) > jpeg.LONGEST_SIDE or is_too_large(*way.scaled):
        scaled = " x ".join(f"{side:,}" for side in way.scaled[::-1])
        raise Undecodable(f"its {way.source[1]:,} x {way.source[0]:,} pixels would have to be scaled to {scaled}")


def transform(data: bytes, recipe: Recipe, header: image_codec.Header | None = None) -> StoredImage:
    """Applies the recipe; an image that no trainer's JPEG decoder would read is converted in any case.

    The header is read here unless it is given.

    Raises:
        Undecodable: the image cannot be decoded.
    """
    if header is None:
        header = image_codec.read_header(data)
    if recipe.quality is None and not header.needs_conversion:
        stages.enter("check")
        _check(data, header, recipe.check)
        return StoredImage(jpeg=data, geometry=geometry(recipe.resize, header.height, header.width), converted="")
    pixels = image_codec.decode(data, header)
    way = geometry(recipe.resize, *pixels.shape[:2])
    _refuse_too_large(way)
    stages.enter("resize")
    pixels = resample(pixels, way)
    stages.enter("encode")
    encoded = jpeg.encode(pixels, recipe.quality or LOSSLESS_ENOUGH)
    return StoredImage(jpeg=encoded, geometry=way, converted=header.needs_conversion)


def _check(jpeg_data: bytes, header: image_codec.Header, how: Check) -> None:
    if how == "decode":
        image_codec.check(jpeg_data, header)
    elif how == "structure":
        check_structure(jpeg_data)
