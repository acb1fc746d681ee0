"""What all image decoders share: their error, their size limit, and the conversion of what Pillow decodes to RGB."""

import numpy as np
from PIL import Image

from wizard.formats.arrays import Pixels

_SAMPLES = 1 << 29
"""TensorFlow refuses JPEGs with this many samples or more (tensorflow/core/lib/jpeg/jpeg_mem.cc); here, all formats."""


class Undecodable(ValueError):
    """The bytes are not an image that can be decoded and stored; the message says why, as the end of a sentence."""


def is_too_large(height: int, width: int, samples: int = 3) -> bool:
    """Whether an image has too many samples: of a JPEG, one per component; all other formats are decoded to RGB."""
    return height * width * samples >= _SAMPLES


def refuse_too_large(height: int, width: int, samples: int = 3) -> None:
    """Raises Undecodable if an image has too many samples."""
    if is_too_large(height, width, samples):
        raise Undecodable(f"{width:,} × {height:,} pixels are more than TensorFlow decodes")


def as_rgb(image: Image.Image) -> Pixels:
    """A loaded image without alpha: uint8[height, width, 3]; of 16-bit gray samples, the high byte is kept.

    Samples of modes I and I;16 must be within 0..65535.
    """
    if image.mode.startswith("I"):  # 16-bit gray: Pillow's own conversion to 8 bits clips at 255 instead of scaling
        gray = (np.asarray(image, dtype=np.uint32) >> 8).astype(np.uint8)
        return np.repeat(gray[..., None], 3, axis=2)
    return np.asarray(image.convert("RGB"))
