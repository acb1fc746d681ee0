"""The JPEG encoders that a build can use. Each gives 3-component baseline JPEGs, 4:2:0, and takes quality 1..100."""

from collections.abc import Collection
from typing import Final, Literal

from wizard.formats import jpeg, jpegli
from wizard.formats.arrays import Pixels
from wizard.formats.image_codec import CODECS

Encoder = Literal["libjpeg-turbo", "jpegli"]
DEFAULT: Final[Encoder] = "libjpeg-turbo"


def encode(pixels: Pixels, quality: int, encoder: Encoder) -> bytes:
    """A JPEG of contiguous uint8[height, width, 3], RGB, by this encoder.

    Raises:
        ImportError: the encoder's package is not installed; `why_missing` tells that before a build begins.
    """
    if encoder == "jpegli":
        return jpegli.encode(pixels, quality)
    return jpeg.encode(pixels, quality)


def why_missing(encoder: Encoder) -> tuple[str, str]:
    """What of an encoder is not installed, as a clause, and the command that installs it; empty if nothing is."""
    if encoder == "jpegli" and not jpegli.is_installed():
        return f"{jpegli.PACKAGE}, the package that encodes with jpegli, is not installed", jpegli.INSTALL
    return "", ""


def codecs(encoders: Collection[Encoder]) -> str:
    """All that re-encoded bytes depend on: the libraries of every build, and those of encoders that one uses.

    Raises:
        ImportError: the package of one of the encoders is not installed.
    """
    return ", ".join([CODECS, *([jpegli.codec()] if "jpegli" in encoders else [])])
