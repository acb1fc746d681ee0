"""One image's bytes -> the bytes that are stored."""

from dataclasses import dataclass
from typing import Literal

from wizard.engine import stages
from wizard.formats import encoders, encoding, image_codec, jpeg
from wizard.formats.decoding import Undecodable, is_too_large
from wizard.formats.encoders import LOSSLESS_ENOUGH, Encoder
from wizard.formats.jpeg_markers import check_structure
from wizard.formats.resample import resample
from wizard.formats.resize import Geometry, Resize, geometry
from wizard.targets.sample import StoredImage

Check = Literal["decode", "structure", "md5"]
"""How a JPEG whose bytes are kept is checked; "md5": its archive was, so that its header is all that is read."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a split's images are stored, and checked where they are not decoded anyway.

    Attributes:
        quality: of the JPEG encoder, 1..100; None to keep the bytes of the original size.
        check: decides no byte of the result, but which images are refused.
        encoder: of what is encoded, converted images among it.
        keep_small: whether JPEGs keep their bytes if resizing leaves their size as it is, as images that need no
            shrinking do in timm's ImageNet-12k and -22k (`resized or mode_changed or format_changed` in
            wds/build_wds.py of rwightman/imagenet-12k, c13cd81).
    """

    resize: Resize
    quality: int | None
    check: Check = "decode"
    encoder: Encoder = encoders.DEFAULT
    keep_small: bool = False

    def __post_init__(self) -> None:
        if self.quality is None and self.resize.mode != "original":
            raise ValueError(f"resize {self.resize.mode} without a quality")
        if self.keep_small and self.resize.mode == "original":
            raise ValueError("keep_small without a resize")

    @property
    def keeps_some(self) -> bool:
        """Whether there may be images that keep their bytes, so that a check says something about them."""
        return self.quality is None or self.keep_small

    def keeps(self, height: int, width: int) -> bool:
        """Whether a JPEG of this size in pixels, which trainers can read, keeps its bytes."""
        if not self.keep_small:
            return self.quality is None
        return geometry(self.resize, height, width).is_identity

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
        # A plan of the default encoder must keep its id, so only another one is named.
        by = "" if self.encoder == encoders.DEFAULT else f" by {self.encoder}"
        checked = ", only their structure checked" if self.check == "structure" else ""
        if self.quality is None:
            return f"{size}, bytes kept{checked}{', conversions' + by if by else ''}"
        kept = f", bytes kept where the size stays{checked}" if self.keep_small else ""
        return f"{size}, JPEG quality {self.quality}{by}{kept}"


def _refuse_too_large(way: Geometry) -> None:
    """A sliver can become longer than a JPEG may be, or larger on the way to its crop than memory."""
    if max(way.height, way.width) > jpeg.LONGEST_SIDE or is_too_large(*way.scaled):
        scaled = " × ".join(f"{side:,}" for side in way.scaled[::-1])
        raise Undecodable(f"its {way.source[1]:,} × {way.source[0]:,} pixels would have to be scaled to {scaled}")


def transform(data: bytes, recipe: Recipe, header: image_codec.Header | None = None) -> StoredImage:
    """Applies the recipe; an image that no trainer's JPEG decoder would read is converted in any case.

    The header is read here unless it is given.

    Raises:
        Undecodable: the image cannot be decoded.
    """
    if header is None:
        header = image_codec.read_header(data)
    if not header.needs_conversion and recipe.keeps(header.height, header.width):
        stages.enter("check")
        _check(data, header, recipe.check)
        return StoredImage(jpeg=data, geometry=geometry(recipe.resize, header.height, header.width), converted="")
    pixels = image_codec.decode(data, header)
    way = geometry(recipe.resize, *pixels.shape[:2])
    _refuse_too_large(way)
    stages.enter("resize")
    pixels = resample(pixels, way)
    stages.enter("encode")
    encoded = encoding.encode(pixels, recipe.quality or LOSSLESS_ENOUGH, recipe.encoder)
    return StoredImage(jpeg=encoded, geometry=way, converted=header.needs_conversion)


def _check(jpeg_data: bytes, header: image_codec.Header, how: Check) -> None:
    if how == "decode":
        image_codec.check(jpeg_data, header)
    elif how == "structure":
        check_structure(jpeg_data)
