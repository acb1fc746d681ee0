"""Encoded images to RGB pixels and back, meaning by an image what TensorFlow's decoder means.

EXIF orientation is ignored, alpha is dropped, CMYK and YCCK become RGB by TensorFlow's arithmetic
(`tensorflow/core/lib/jpeg/jpeg_mem.cc`). simplejpeg decodes; Pillow takes what it refuses, which are PNGs and JPEGs
with flaws that TensorFlow tolerates too (stray bytes between segments). A JPEG that breaks off is refused by all.
"""

import io
import re
import warnings
from dataclasses import dataclass

import kornia_rs
import numpy as np
import simplejpeg
from kornia_rs.io import encode_image_jpegturbo
from PIL import Image, UnidentifiedImageError
from PIL import __version__ as pillow_version

from wizard.formats.arrays import Pixels

CODECS = f"simplejpeg {simplejpeg.__version__}, kornia-rs {kornia_rs.__version__}, Pillow {pillow_version}"
"""The libraries, with versions, that decide what re-encoded bytes look like."""

_MAGIC = {
    "JPEG": re.compile(rb"\xff\xd8\xff"),
    "PNG": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "GIF": re.compile(rb"GIF8"),
    # Two letters alone would take a text for a bitmap: the size of the second header tells them apart.
    "BMP": re.compile(rb"BM.{12}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0", re.DOTALL),
    "WEBP": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
    "TIFF": re.compile(rb"II[*+]\0|MM\0[*+]"),
    "PPM": re.compile(rb"P[1-6]\s+[\d#]"),
    "AVIF": re.compile(rb".{4}ftyp(?:avif|avis)", re.DOTALL),
}
"""Formats by how they begin; named as Pillow names them."""
MAGIC_BYTES = 18
"""How many leading bytes `sniff` looks at."""
LARGEST = 1 << 29
"""TensorFlow refuses images of this many samples (height x width x 3) and more."""


LONGEST_SIDE = 65_500
"""libjpeg's limit in pixels (JPEG_MAX_DIMENSION)."""


class Undecodable(ValueError):
    """The bytes are no image that can be decoded and stored; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Header:
    """What an encoded image says of itself.

    Attributes:
        format: one of those that `sniff` knows.
        height: in pixels.
        width: in pixels.
        color: the color space as encoded: for a JPEG YCbCr, RGB, Gray, CMYK or YCCK; else Pillow's mode.
    """

    format: str
    height: int
    width: int
    color: str

    @property
    def needs_conversion(self) -> str:
        """PNG, CMYK and the like: why a trainer that expects RGB JPEGs could not read it; empty if it could."""
        if self.format != "JPEG":
            return self.format
        return "CMYK" if self.color in ("CMYK", "YCCK") else ""


def sniff(head: bytes) -> str:
    """The format that the first bytes announce, or an empty string.

    >>> sniff(b"<!DOCTYPE html>")
    ''
    """
    return next((name for name, magic in _MAGIC.items() if magic.match(head)), "")


def read_header(data: bytes) -> Header:
    """Reads format, size and color space without decoding pixels.

    Raises:
        Undecodable: the header is none of the known formats' or is cut off.
    """
    kind = sniff(data)
    if kind == "JPEG":
        try:
            height, width, color, _ = simplejpeg.decode_jpeg_header(data)
        except (ValueError, KeyError):
            pass  # KeyError: a subsampling that it has no name for
        else:
            return _sized(Header(format=kind, height=height, width=width, color=color))
    with _open(data, kind) as image:
        color = image.mode if kind != "JPEG" or image.mode != "L" else "Gray"
        return _sized(Header(format=kind, height=image.height, width=image.width, color=color))


def decode(data: bytes) -> Pixels:
    """The image as TensorFlow would decode it to three channels.

    Returns:
        uint8[height, width, 3], RGB.

    Raises:
        Undecodable: it cannot be decoded; the message says why.
    """
    header = read_header(data)
    if header.format == "JPEG":
        try:
            if header.needs_conversion:
                return _from_cmyk(_fast(data, "CMYK"), inverted=_has_adobe_marker(data))
            return _fast(data, "RGB")
        except ValueError:
            pass
    return _with_pillow(data, header.format)


def check(data: bytes) -> None:
    """Proves that the image can be decoded, at about half the cost of decoding it.

    All entropy-coded data is read, as in `decode`; just the inverse transform is done at an eighth of the size.

    Raises:
        Undecodable: it cannot be decoded; the message says why.
    """
    try:
        simplejpeg.decode_jpeg(data, "GRAY", fastdct=True, fastupsample=True, min_height=1, min_width=1, min_factor=8)
    except ValueError:
        decode(data)


def encode(pixels: Pixels, quality: int) -> bytes:
    """A baseline JPEG of 3 components, 4:2:0, at JPEG quality 1..100.

    kornia-rs calls libjpeg-turbo with the accurate transform, as Pillow does; simplejpeg's encoder always takes the
    fast one and loses 0.3 dB by it.

    Args:
        pixels: uint8[height, width, 3], RGB, contiguous.
        quality: libjpeg's quality factor.
    """
    return bytes(encode_image_jpegturbo(pixels, quality, "4:2:0"))


def _sized(header: Header) -> Header:
    if header.height * header.width * 3 >= LARGEST:
        raise Undecodable(f"{header.width:,} x {header.height:,} pixels are more than TensorFlow decodes")
    return header


def _fast(data: bytes, colorspace: str) -> Pixels:
    pixels: Pixels = simplejpeg.decode_jpeg(data, colorspace, fastdct=False, fastupsample=False)
    return pixels


def _from_cmyk(cmyk: Pixels, *, inverted: bool) -> Pixels:
    ink = cmyk.astype(np.uint16)
    if not inverted:
        ink = 255 - ink
    return (ink[..., :3] * ink[..., 3:] // 255).astype(np.uint8)


def _has_adobe_marker(data: bytes) -> bool:
    """Whether an APP14 "Adobe" segment comes before the scan: its writer stores CMYK inverted."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        if data[at + 1] == 0xFF:  # fill bytes may stand before any marker
            at += 1
            continue
        if data[at + 1] == 0xEE and data[at + 4 : at + 9] == b"Adobe":
            return True
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return False


def _open(data: bytes, kind: str) -> Image.Image:
    if not kind:
        raise Undecodable(f"it is no image: it begins with {data[:12]!r}" if data else "it has no bytes")
    try:
        with warnings.catch_warnings(action="ignore"):
            return Image.open(io.BytesIO(data), formats=[kind])
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Undecodable(f"its {kind} header cannot be read") from error


def _with_pillow(data: bytes, kind: str) -> Pixels:
    with _open(data, kind) as image, warnings.catch_warnings(action="ignore"):
        try:
            image.load()
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            raise Undecodable(str(error)) from error
        if image.mode == "CMYK":
            # Pillow hands out plain ink and inverts what an Adobe marker says is stored inverted.
            return _from_cmyk(np.asarray(image), inverted=False)
        if image.mode.startswith("I;16") or image.mode == "I":
            # TensorFlow keeps the high byte of 16-bit samples; Pillow would clip them.
            gray = (np.asarray(image, dtype=np.uint32) >> 8).astype(np.uint8)
            return np.repeat(gray[..., None], 3, axis=2)
        return np.asarray(image.convert("RGB"))
