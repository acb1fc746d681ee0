"""Hold-out: which images of train become validation, decided class by class from the images' names alone."""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
import numpy.typing as npt

from wizard.sources.names import hash_order

HoldoutOrder = Literal["hash", "name"]
"""Which images of a class are held out first: in the order of hashes of their names, or of the names themselves."""
ALLOWED = (
    'a whole number of images per class, 1 or more, or a percentage of each class above 0% and below 100%, as "10%"'
)
"""The accepted values of source.holdout, for a person."""
_MOST = 1_000_000
_PERCENTAGE = re.compile(r"(\d{1,2}(?:\.\d{1,4})?) ?%", re.ASCII)
_KEY = b"imagenet-setup holdout"  # another key would hold out other images


@dataclass(frozen=True, kw_only=True)
class Holdout:
    """A rule for holding out images.

    Attributes:
        text: the number or percentage, as a profile states it.
        images: how many of each class; 0 where `share` counts.
        share: of each class's images, above 0 and below 1.
    """

    text: str
    images: int = 0
    share: Fraction = Fraction(0)
    order: HoldoutOrder = "hash"

    def counts(self, sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """int64[n], how many images are held out of classes of these sizes.

        A share is rounded to the nearest number, and is one image at least; every class keeps one.
        """
        if self.images:
            wanted = np.full_like(sizes, self.images)
        else:
            top, bottom = self.share.numerator, self.share.denominator
            wanted = np.maximum((2 * sizes * top + bottom) // (2 * bottom), 1)
        return np.minimum(wanted, np.maximum(sizes - 1, 0))

    def mask(self, names: npt.NDArray[np.bytes_], labels: npt.NDArray[np.int16]) -> npt.NDArray[np.bool_]:
        """bool[n], which images are held out; one without a label (-1) never is.

        It depends neither on the order of the rows nor on other classes, and what a smaller number holds out, a larger
        one does too.
        """
        order = hash_order(names, _KEY) if self.order == "hash" else np.argsort(names)
        order = order[np.argsort(labels[order], kind="stable")]
        sizes = np.bincount(labels[labels >= 0]).astype(np.int64)
        unlabeled = int((labels < 0).sum())
        place = np.arange(len(order) - unlabeled) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        held = np.zeros(len(names), np.bool_)
        held[order[unlabeled:]] = place < np.repeat(self.counts(sizes), sizes)
        return held


def parse_holdout(value: int | str, order: HoldoutOrder = "hash") -> Holdout:
    """The rule of a profile's source.holdout and source.holdout_by.

    Raises:
        ValueError: the value is none of those allowed.
    """
    if type(value) is int and 1 <= value <= _MOST:
        return Holdout(text=f"{value}", images=value, order=order)
    match = _PERCENTAGE.fullmatch(value) if isinstance(value, str) else None
    share = Fraction(match[1]) / 100 if match else Fraction(0)
    if not match or not share:
        raise ValueError(ALLOWED)
    return Holdout(text=f"{match[1]}%", share=share, order=order)
