"""Decodes images of any supported format to RGB pixels, as TensorFlow does.

EXIF orientation is ignored, alpha is dropped, and CMYK and YCCK are converted to RGB with TensorFlow's arithmetic. An
image is accepted only if TensorFlow decodes it. In formats that TensorFlow does not support (TIFF, PPM, AVIF, most
bitmaps, WebP with alpha or several frames), Pillow decides. tests/formats/test_differential.py compares the decoders.
"""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import kornia_rs
import simplejpeg
from PIL import Image, UnidentifiedImageError
from PIL import __version__ as pillow_version

from wizard.formats import bmp, gif, jpeg, png
from wizard.formats.arrays import Pixels
from wizard.formats.decoding import Undecodable, as_rgb, refuse_too_large
from wizard.formats.jpeg_markers import Frame, read_frame
from wizard.formats.scale import SCALER

CODECS = ", ".join(
    dict.fromkeys(
        (
            f"simplejpeg {simplejpeg.__version__}",
            f"kornia-rs {kornia_rs.__version__}",
            SCALER,
            f"Pillow {pillow_version}",
        )
    )
)
"""The libraries and versions on which re-encoded bytes depend."""

_MAGIC = {
    "JPEG": re.compile(rb"\xff\xd8\xff"),
    "PNG": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "GIF": re.compile(rb"GIF8"),
    # "BM" alone would match text files too, so the size of the second header must be a known one.
    "BMP": re.compile(rb"BM.{12}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0", re.DOTALL),
    "WEBP": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
    "TIFF": re.compile(rb"II[*+]\0|MM\0[*+]"),
    "PPM": re.compile(rb"P[1-6]\s+[\d#]"),
    "AVIF": re.compile(rb".{4}ftyp(?:avif|avis)", re.DOTALL),
}
"""Pillow's name of each supported format -> its first bytes."""
_OTHERS = {
    "a HEIC or HEIF image": re.compile(rb".{4}ftyp(?:hei[cfmsx]|hev[cmsx]|mif1|msf1)", re.DOTALL),
    "a JPEG XL image": re.compile(rb"\xff\x0a|\0\0\0\x0cJXL "),
    "a JPEG 2000 image": re.compile(rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51"),
    "a pointer of Git LFS (git lfs pull fetches the image)": re.compile(rb"version https://git-lfs"),
    "a gzip file": re.compile(rb"\x1f\x8b"),
    "a zip file": re.compile(rb"PK\x03\x04"),
    "a web page": re.compile(rb"\s*<(?:!doctype|html)", re.IGNORECASE),
}
"""Other kinds of files that often bear an image's name."""
MAGIC_BYTES = 18
"""Number of leading bytes that `sniff` needs."""


@dataclass(frozen=True, kw_only=True)
class Header:
    """An encoded image's format and size in pixels, from its header.

    Attributes:
        format: as returned by `sniff`.
        frame: of a JPEG; None for other formats.
    """

    format: str
    height: int
    width: int
    frame: Frame | None = None

    @property
    def needs_conversion(self) -> str:
        """The format or color space that a trainer expecting RGB JPEGs could not read (PNG, CMYK, ...); else empty."""
        if self.format != "JPEG":
            return self.format
        return "CMYK" if self.frame and self.frame.color in ("CMYK", "YCCK") else ""


def sniff(head: bytes) -> str:
    """The format that the first bytes indicate, or an empty string.

    >>> sniff(b"<!DOCTYPE html>")
    ''
    """
    for name, magic in _MAGIC.items():
        if magic.match(head):
            return name
    return ""


def read_header(data: bytes) -> Header:
    """Reads format, size and color space without decoding pixels.

    Raises:
        Undecodable: the header is truncated, or not of a supported format.
    """
    kind = sniff(data)
    if kind == "JPEG":
        frame = read_frame(data)
        return Header(format=kind, height=frame.height, width=frame.width, frame=frame)
    if kind == "PNG":
        info = png.read_info(data)
        return _sized(kind, info.height, info.width)
    if kind == "GIF":
        outline = gif.read_outline(data)
        return _sized(kind, outline.height, outline.width)
    bitmap = bmp.read_outline(data) if kind == "BMP" else None
    if bitmap:
        return _sized(kind, abs(bitmap.height), bitmap.width)
    with _pillow(data, kind) as image:
        return _sized(kind, image.height, image.width)


def decode(data: bytes, header: Header | None = None) -> Pixels:
    """The pixels as TensorFlow decodes them with `channels=3`: uint8[height, width, 3], RGB.

    Its header, read here unless it is given, makes sure that too large images are refused before memory is allocated.

    Raises:
        Undecodable: it cannot be decoded; the message says why.
    """
    if header is None:
        header = read_header(data)
    kind = header.format
    if header.frame is not None:
        return jpeg.decode(data, header.frame)
    if kind == "PNG":
        return png.decode(data)
    if kind == "GIF":
        return gif.decode(data)
    outline = bmp.read_outline(data) if kind == "BMP" else None
    pixels = bmp.decode(data, outline) if outline else None
    if pixels is not None:
        return pixels
    with _pillow(data, kind) as image:
        if image.mode == "F" or (image.mode == "I" and kind != "PPM"):
            raise Undecodable("it has 32 bits per sample, and nothing gives their range")
        image.load()
        return as_rgb(image)


def check(data: bytes, header: Header) -> None:
    """Checks that the image can be decoded; for a JPEG, at about half the cost of decoding it.

    Requiring its header makes sure that no codec sees an image whose header is refused.

    Raises:
        Undecodable: it cannot be decoded; the message says why.
    """
    if header.frame is not None:
        jpeg.check(data, header.frame)
    else:
        decode(data, header)


def _sized(kind: str, height: int, width: int) -> Header:
    refuse_too_large(height, width)
    return Header(format=kind, height=height, width=width)


def _unsupported(data: bytes) -> Undecodable:
    """The error for bytes that do not start like any supported format."""
    if not data:
        return Undecodable("it has no bytes")
    for name, magic in _OTHERS.items():
        if magic.match(data):
            return Undecodable(f"it is {name}, which is not supported")
    return Undecodable(f"it is not an image: it begins with {data[:12]!r}")


@contextmanager
def _pillow(data: bytes, kind: str) -> Iterator[Image.Image]:
    """Opens an image with Pillow, without its warnings.

    Raises:
        Undecodable: Pillow fails while it is open.
    """
    if not kind:
        raise _unsupported(data)
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(data), formats=[kind]) as image:
            yield image
    except UnidentifiedImageError as error:
        raise Undecodable(f"its {kind} header cannot be read") from error
    except MemoryError:  # the machine's fault, not the image's
        raise
    except Exception as error:  # Pillow's plugins may raise anything on a damaged file
        raise Undecodable(str(error) or repr(error)) from error
