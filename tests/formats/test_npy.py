import io
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from wizard.formats import npy

ROWS = np.array([(1, "a"), (2, "bcd")], np.dtype([("number", "<u4"), ("name", "<U3")]))


def saved(array: npt.NDArray[Any]) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.mark.parametrize(
    "array", [np.arange(10, dtype="<u4"), np.array(["a", "bcd"]), ROWS, np.empty(0, "<U0"), np.empty(3, [("a", "<U0")])]
)
@pytest.mark.parametrize("length", [1, 3, 100])
def test_the_bytes_are_those_of_numpy_save_however_the_elements_come(array: npt.NDArray[Any], length: int) -> None:
    parts = [array[start : start + length] for start in range(0, len(array), length)]
    assert b"".join(npy.pieces(array.dtype, len(array), parts)) == saved(array)


def test_elements_of_another_byte_order_are_stored_in_that_of_the_header() -> None:
    written = b"".join(npy.pieces(np.dtype("<u4"), 2, [np.array([1, 258], ">u4")]))
    assert written == saved(np.array([1, 258], "<u4"))
