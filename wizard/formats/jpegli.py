"""jpegli, an optional JPEG encoder: smaller files than libjpeg-turbo's, for more time.

The PyPI package ajpegli (1.0.0) wraps https://github.com/google/jpegli and, unlike pyjpegli (0.3.2), takes sampling,
progressive level and Huffman optimization as arguments, so that the form of the files is asked for here rather than
whatever the package's default is. It starts no threads, and is imported where this encoder is used alone.
"""

import hashlib
from functools import cache
from importlib import import_module
from importlib.metadata import version
from typing import Final, cast

import numpy as np

from wizard.formats.arrays import Pixels
from wizard.formats.jpegli_package import PACKAGE

_PROBE_SIDE: Final = 96
_PROBE_QUALITIES: Final = range(40, 100, 5)


def encode(pixels: Pixels, quality: int) -> bytes:
    """A baseline JPEG, 4:2:0, with Huffman tables of its own, of contiguous uint8[height, width, 3], RGB.

    Quality is 1..100, on a scale that jpegli fits to libjpeg's; adaptive quantization is on, as its authors tuned it.

    Raises:
        ImportError: the package is not installed.
    """
    # Without a JFIF segment: the component ids 1, 2, 3 say YCbCr to libjpeg and all that follow it.
    encoded = import_module(PACKAGE).encode(pixels, quality=quality, progressive=0, subsampling="420", optimize=True)
    return cast(bytes, encoded)


@cache
def codec() -> str:
    """The package, its version, and the arithmetic of this processor: what the encoded bytes depend on.

    jpegli computes in floats with the vector instructions that it finds at run time. Those with and without fused
    multiply-add (AVX2 and newer against SSE4) round a few coefficients differently, which gave other bytes for a third
    of the photos that both encoded; AVX2 and AVX-512 gave the same for all (ajpegli 1.0.0). So a digest of how this
    processor encodes a fixed image is part of the name, and a build that is resumed on another kind is told so.

    Raises:
        ImportError: the package is not installed.
    """
    digest = hashlib.sha256()
    for low, high in ((0, 255), (96, 160)):
        pixels = _probe(low, high)
        for quality in _PROBE_QUALITIES:
            digest.update(encode(pixels, quality))
    return f"{PACKAGE} {version(PACKAGE)} (arithmetic {digest.hexdigest()[:8]})"


def _probe(low: int, high: int) -> Pixels:
    """Gray noise of two values, whose coefficients are often halfway between two integers."""
    bits = np.frombuffer(hashlib.shake_256(b"probe").digest(_PROBE_SIDE**2 // 8), np.uint8)
    gray = np.where(np.unpackbits(bits).reshape(_PROBE_SIDE, _PROBE_SIDE, 1), high, low)
    return np.ascontiguousarray(gray.astype(np.uint8).repeat(3, axis=2))
