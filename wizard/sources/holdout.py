"""The rule of a hold-out: how many images of each class of train become validation, and in which order."""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

HoldoutOrder = Literal["hash", "name"]
"""Which images of a class are held out first: in the order of hashes of their names, or of the names themselves."""
ALLOWED = (
    'a whole number of images per class, 1 or more, or a percentage of each class above 0% and below 100%, as "10%"'
)
"""The accepted values of source.holdout, for a person."""
_MOST = 1_000_000
_PERCENTAGE = re.compile(r"(\d{1,2}(?:\.\d{1,4})?) ?%", re.ASCII)


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
