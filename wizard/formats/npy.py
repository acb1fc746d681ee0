"""NumPy's .npy files, written piece by piece: arrays of one dimension that are never in memory as a whole.

The header is NumPy's own (numpy.lib.format, version 1.0 of the format), so the bytes are those of `numpy.save`.
"""

import io
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt


def header(dtype: np.dtype[Any], count: int) -> bytes:
    """What a .npy file of `count` elements begins with.

    >>> header(np.dtype("<u4"), 3)[1:6], len(header(np.dtype("<u4"), 3)) % 64
    (b'NUMPY', 0)
    """
    text = io.BytesIO()
    described = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": (count,)}
    np.lib.format.write_array_header_1_0(text, described)
    return text.getvalue()


def pieces(dtype: np.dtype[Any], count: int, parts: Iterable[npt.NDArray[Any]]) -> Iterator[bytes]:
    """The bytes of a .npy file, its elements given in parts of any length, `count` in all."""
    yield header(dtype, count)
    for part in parts:
        yield part.astype(dtype, copy=False).tobytes()
