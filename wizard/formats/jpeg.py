"""Decodes JPEGs to RGB pixels as TensorFlow does, and encodes them.

simplejpeg (TurboJPEG) decodes. It refuses what libjpeg only warns about, such as stray bytes between segments, which
TensorFlow accepts. Such a JPEG is decoded by Pillow, which accepts it too. Truncated JPEGs are the exception: where
other decoders insert an end marker, TensorFlow refuses the image (`MemFillInputBuffer` in its jpeg_handle.cc).
"""

import io
import warnings

import numpy as np
import simplejpeg
from kornia_rs.io import encode_image_jpegturbo
from PIL import Image

from wizard.formats.arrays import Pixels
from wizard.formats.decoding import Undecodable
from wizard.formats.jpeg_markers import Frame, is_ended

LONGEST_SIDE = 65_500
"""libjpeg's limit in pixels (JPEG_MAX_DIMENSION)."""


def decode(data: bytes, frame: Frame) -> Pixels:
    """The image of this frame as TensorFlow decodes it: uint8[height, width, 3], RGB.

    TensorFlow is taken with `dct_method="INTEGER_ACCURATE"`.

    Raises:
        Undecodable: TensorFlow would refuse it; the message says why.
    """
    space = "CMYK" if frame.color in ("CMYK", "YCCK") else "RGB"
    try:
        pixels: Pixels = simplejpeg.decode_jpeg(data, space, fastdct=False, fastupsample=False)
    except ValueError:
        pixels = _decode_tolerantly(data, space)
    if space == "RGB":
        return pixels
    ink = pixels.astype(np.uint16)
    if not frame.adobe:  # else it is stored inverted
        ink = 255 - ink
    return (ink[..., :3] * ink[..., 3:] // 255).astype(np.uint8)  # tensorflow/core/lib/jpeg/jpeg_mem.cc


def check(data: bytes, frame: Frame) -> None:
    """Checks that the image of this frame can be decoded, at about half the cost of decoding it.

    All entropy-coded data is decoded, so damage is found as by `decode`; only the inverse DCT runs at 1/8 scale.

    Raises:
        Undecodable: it cannot be decoded; the message says why.
    """
    try:
        simplejpeg.decode_jpeg(data, "GRAY", fastdct=True, fastupsample=True, min_height=1, min_width=1, min_factor=8)
    except ValueError:
        decode(data, frame)


def encode(pixels: Pixels, quality: int) -> bytes:
    """A baseline JPEG, 4:2:0, of contiguous uint8[height, width, 3], RGB, at libjpeg's quality 1..100.

    kornia-rs calls libjpeg-turbo with the accurate DCT, as Pillow does; simplejpeg's encoder always uses the fast
    one, which costs 0.3 dB.
    """
    return bytes(encode_image_jpegturbo(pixels, quality, "4:2:0"))


def _decode_tolerantly(data: bytes, space: str) -> Pixels:
    """Decodes with Pillow, which ignores libjpeg's warnings but not its errors.

    It also supports sampling factors that TurboJPEG does not. simplejpeg's non-strict mode is no alternative: it does
    not report an error that follows a warning.
    """
    if not is_ended(data):
        raise Undecodable("it is truncated: there is no end marker after its image data")
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
            image.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise Undecodable(f"its image data is damaged: {error}") from error
    if space == "CMYK":
        return 255 - np.asarray(image)  # Pillow assumes that all CMYK is inverted
    return np.asarray(image.convert("RGB"))
