"""Images in folders inside class folders, beside images that are in the class folders themselves."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt


def nested_warning(
    folders: Sequence[str], folder: npt.NDArray[np.int32], inside: npt.NDArray[np.bytes_], label: npt.NDArray[np.int16]
) -> str:
    """A sentence about images that may have been put aside, such as `cat/thumbnails/1.jpg` beside `cat/1.jpg`.

    A class whose images are all in folders inside its own, as in Tiny ImageNet, is left unmentioned.

    Args:
        folders: paths that `folder` counts in.
        folder: int32[n], the folder of each image.
        inside: bytes[n], its path below that folder.
        label: int16[n], its class's rank; -1 for none.

    Returns:
        The sentence without its full stop; empty if there are no such images.
    """
    deeper = (np.char.find(inside, b"/") >= 0) & (label >= 0)
    if not deeper.any():
        return ""
    mixed = np.bincount(folder[~deeper], minlength=len(folders)) > 0
    rows = np.flatnonzero(deeper & mixed[folder])
    if not len(rows):
        return ""
    first = f"{folders[folder[rows[0]]]}/{inside[rows[0]].decode()}"
    are = "1 image is" if len(rows) == 1 else f"{len(rows):,} images are"
    return f"{are} in a folder inside a class folder, and read as images of that class; the first is {first}"
