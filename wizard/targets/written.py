"""A finished dataset with the images that were stored: what large sidecars are made from."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wizard.targets.dataset import BuiltDataset

Content = bytes | Iterator[bytes]
"""What a sidecar holds: all of it, or one piece after the other if it is large."""


@dataclass(frozen=True, kw_only=True, eq=False)
class StoredImages:
    """The images of a split that were stored, in any order: bytes[n] names in the raw data, int16[n] ranks."""

    names: npt.NDArray[np.bytes_]
    ranks: npt.NDArray[np.int16]


@dataclass(frozen=True, kw_only=True)
class WrittenDataset(BuiltDataset):
    """A dataset whose shards are all in place; `images` gives the stored ones of a split."""

    images: Callable[[str], StoredImages]
