"""The largest image that is decoded: TensorFlow's limit for JPEGs, applied to all formats."""

from wizard.formats.undecodable import Undecodable

_SAMPLES = 1 << 29
"""TensorFlow refuses JPEGs with this many samples or more (tensorflow/core/lib/jpeg/jpeg_mem.cc)."""


def is_too_large(height: int, width: int, samples: int = 3) -> bool:
    """Whether an image has too many samples.

    Args:
        height: in pixels.
        width: in pixels.
        samples: per pixel: the number of components of a JPEG; 3 for all other formats, which are decoded to RGB.
    """
    return height * width * samples >= _SAMPLES


def refuse_too_large(height: int, width: int, samples: int = 3) -> None:
    """Raises if an image has too many samples; the arguments are those of `is_too_large`.

    Raises:
        Undecodable: it has too many.
    """
    if is_too_large(height, width, samples):
        raise Undecodable(f"{width:,} x {height:,} pixels are more than TensorFlow decodes")
