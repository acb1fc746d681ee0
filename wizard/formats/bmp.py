"""Decodes bitmaps of 24 and 32 bits as TensorFlow does.

TensorFlow's decoder (tensorflow/core/kernels/image/decode_image_op.cc) does not support palettes, masks or compression:
it reads palette indexes as shades of gray. Such bitmaps are left to Pillow, which gives their true colors.
"""

import struct
from typing import NamedTuple

import numpy as np

from wizard.formats.arrays import Pixels
from wizard.formats.decoding import Undecodable

_HEADERS = struct.Struct("<2sIHHIIiiHHI")
"""The file header and the start of the bitmap header (BITMAPFILEHEADER, BITMAPINFOHEADER)."""
_INFO_HEADER = 40
"""Bytes of BITMAPINFOHEADER, the smallest header in which width and height have 32 bits."""
_SAMPLES = {24: 3, 32: 4}
"""Bits per pixel -> samples per pixel."""


class Outline(NamedTuple):
    """Offset of the pixels, width and height (negative if the top row comes first) in pixels, and bits per pixel."""

    start: int
    width: int
    height: int
    bits: int


def read_outline(data: bytes) -> Outline | None:
    """The layout of an uncompressed bitmap without masks; None for any other.

    Raises:
        Undecodable: the file's size is not exactly what its headers imply.
    """
    if len(data) < _HEADERS.size:
        return None
    _, _, _, _, start, size, width, height, _, bits, compression = _HEADERS.unpack_from(data)
    if size < _INFO_HEADER or compression:
        return None
    if width <= 0 or not height:
        raise Undecodable("its header gives a width or height of 0")
    expected = start + _row_bytes(width, bits) * abs(height)
    if len(data) != expected:
        raise Undecodable(f"it has {len(data):,} bytes; its header requires {expected:,}")
    return Outline(start, width, height, bits)


def decode(data: bytes, outline: Outline) -> Pixels | None:
    """The pixels of a bitmap of 24 or 32 bits, without alpha: uint8[height, width, 3], RGB; None for any other."""
    start, width, height, bits = outline
    if bits not in _SAMPLES:
        return None
    samples, rows, row = _SAMPLES[bits], abs(height), _row_bytes(width, bits)
    padded = np.frombuffer(data, np.uint8, offset=start).reshape(rows, row)
    pixels = padded[:, : samples * width].reshape(rows, width, samples)[..., 2::-1]  # stored as BGR or BGRA
    if height > 0:  # the bottom row comes first
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def _row_bytes(width: int, bits: int) -> int:
    """Bytes per row; rows are padded to a multiple of 32 bits."""
    return -(-width * bits // 32) * 4
