"""Images as a walk finds them, one by one, and the columns that they become."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from wizard.errors import InputError
from wizard.sources.cache import Arrays
from wizard.sources.samples import SampleTable, in_one_file


class Row(NamedTuple):
    """An image; `image` is whether its content begins like one, and `inside` its path below a folder that holds it."""

    name: str
    offset: int
    size: int
    label: int
    image: bool
    inside: str = ""


def columns(rows: Sequence[Row]) -> Arrays:
    """The columns of `SampleTable` that rows have, and `image`: bool[n]."""
    return {
        "name": np.array([row.name.encode() for row in rows], np.bytes_),
        "offset": np.array([row.offset for row in rows], np.int64),
        "size": np.array([row.size for row in rows], np.int64),
        "label": np.array([row.label for row in rows], np.int16),
        "image": np.array([row.image for row in rows], np.bool_),
        "inside": np.array([row.inside.encode() for row in rows], np.bytes_),
    }


def unusable(where: Callable[[int], str], arrays: Arrays, hint: str) -> InputError | None:
    """The error for images that begin like none; `where` gives a row's place in words."""
    bad = np.flatnonzero(~arrays["image"])
    if not len(bad):
        return None
    size = int(arrays["size"][bad[0]])
    what = f"does not begin as an image does ({size:,} bytes)" if size else "has no bytes"
    more = f"; {len(bad) - 1:,} more are empty or not images" if len(bad) > 1 else ""
    return InputError(f"{where(int(bad[0]))} {what}{more}.", hint)


def table_in(path: Path, arrays: Arrays) -> SampleTable:
    """The table of rows that all lie in one file, without boxes."""
    return in_one_file(
        str(path), name=arrays["name"], offset=arrays["offset"], size=arrays["size"], label=arrays["label"]
    )
