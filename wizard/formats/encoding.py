"""Encodes pixels with one of the encoders, and names all that the bytes depend on."""

from collections.abc import Collection

from wizard.formats import jpeg, jpegli
from wizard.formats.arrays import Pixels
from wizard.formats.encoders import Encoder
from wizard.formats.image_codec import CODECS


def encode(pixels: Pixels, quality: int, encoder: Encoder) -> bytes:
    """A JPEG of contiguous uint8[height, width, 3], RGB, by this encoder.

    Raises:
        ImportError: the encoder's package is not installed; `encoders.why_missing` tells that before a build begins.
    """
    if encoder == "jpegli":
        return jpegli.encode(pixels, quality)
    return jpeg.encode(pixels, quality)


def codecs(encoders: Collection[Encoder]) -> str:
    """All that re-encoded bytes depend on: the libraries of every build, and those of encoders that one uses.

    Raises:
        ImportError: the package of one of the encoders is not installed.
    """
    return ", ".join([CODECS, *([jpegli.codec()] if "jpegli" in encoders else [])])
