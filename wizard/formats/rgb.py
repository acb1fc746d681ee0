"""Converts images decoded by Pillow to RGB pixels, as TensorFlow does."""

import numpy as np
from PIL import Image

from wizard.formats.arrays import Pixels


def as_rgb(image: Image.Image) -> Pixels:
    """The image without alpha; of 16-bit gray samples, the high byte is kept.

    Args:
        image: a loaded image. Samples of modes I and I;16 must be within 0..65535.

    Returns:
        uint8[height, width, 3], RGB.
    """
    if image.mode.startswith("I"):  # 16-bit gray: Pillow's own conversion to 8 bits clips at 255 instead of scaling
        gray = (np.asarray(image, dtype=np.uint32) >> 8).astype(np.uint8)
        return np.repeat(gray[..., None], 3, axis=2)
    return np.asarray(image.convert("RGB"))
