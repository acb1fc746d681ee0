"""Listing: the image files of a split, in the order in which readers of folders find them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from wizard.sources.classes import Classes
from wizard.sources.names import in_lists
from wizard.targets.written import StoredImages

_PIECE = 1 << 14
"""Images that are listed at a time."""


class Listed(NamedTuple):
    """Some image files: their paths below their split's folder, and int16[n] ranks of their classes, -1 for none."""

    paths: list[str]
    ranks: npt.NDArray[np.int16]


@dataclass(frozen=True, kw_only=True, eq=False)
class Listing:
    """The image files of a split, sorted by folder and name, as torchvision's ImageFolder has them (0.29).

    A million of them take 50 MB.

    Attributes:
        keys: bytes[n], paths below the split's folder in UTF-8 with NUL for /, so that they sort part by part.
        ranks: int16[n], of their classes; -1 for none.
    """

    keys: npt.NDArray[np.bytes_]
    ranks: npt.NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def has_labels(self) -> bool:
        """Whether any image has a class."""
        return bool((self.ranks >= 0).any())

    def pieces(self) -> Iterator[Listed]:
        """The files in order, some at a time."""
        for start in range(0, len(self.keys), _PIECE):
            keys = self.keys[start : start + _PIECE].tolist()
            paths = [key.decode().replace("\0", "/") for key in keys]
            yield Listed(paths, self.ranks[start : start + _PIECE])


def listing(images: StoredImages, classes: Classes, path: Callable[[str, str], str]) -> Listing:
    """Lists images by the files that they became.

    Args:
        images: in any order.
        classes: that their ranks count in.
        path: gives the path below the split's folder, from a name in the raw data and a wnid.
    """
    wnids = ["", *classes.names]  # by rank + 1
    parts: list[npt.NDArray[Any]] = [np.empty(0, "S1")]
    done = 0
    for names in in_lists(images.names):
        ranks = images.ranks[done : done + len(names)].tolist()
        paths = [path(name.decode(), wnids[rank + 1]) for name, rank in zip(names, ranks, strict=True)]
        # A path has no NUL in it, and never ends in /: NumPy would cut it off.
        parts.append(np.array([each.replace("/", "\0").encode() for each in paths], np.bytes_))
        done += len(names)
    keys = np.concatenate(parts)
    order = np.argsort(keys, kind="stable")
    return Listing(keys=keys[order], ranks=images.ranks[order])
