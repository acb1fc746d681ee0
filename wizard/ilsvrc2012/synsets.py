"""The 1,000 synsets and the labels of the 50,000 validation images.

A class's rank is its index among the sorted wnids, 0..999; labels in the datasets are ranks, counted from 0 or 1.

`data/synsets.tsv` holds wnids and words from timm 1.0.31 (`imagenet_synsets.txt`, `imagenet_synset_to_lemma.txt`).
`data/validation_labels.u16.xz` holds one rank per image, in the order of image numbers, computed from
tensorflow-datasets 4.9.10 (`imagenet2012/validation_labels.txt`). Both packages have the Apache License 2.0.
"""

import re
import sys
from array import array
from functools import cache
from pathlib import Path
from typing import NamedTuple

VALIDATION_IMAGES = 50_000
TEST_IMAGES = 100_000
_TEST_NAME = re.compile(r"ILSVRC2012_test_(\d{8})\.JPEG", re.ASCII)
_VALIDATION_NAME = re.compile(r"ILSVRC2012_val_(\d{8})\.JPEG")
_DATA = Path(__file__).with_name("data")


class Synset(NamedTuple):
    """One class: its WordNet id, and its words as in the TFRecord feature `image/class/text`."""

    wnid: str
    words: str


@cache
def synsets() -> tuple[Synset, ...]:
    """All 1,000 synsets, sorted by wnid, so that a synset's index is its rank."""
    lines = (_DATA / "synsets.tsv").read_text(encoding="utf-8").splitlines()
    return tuple(Synset(*line.split("\t")) for line in lines)


@cache
def ranks() -> dict[str, int]:
    """Wnid -> rank 0..999. This is not the development kit's ILSVRC2012_ID, whose order is different."""
    return {synset.wnid: rank for rank, synset in enumerate(synsets())}


@cache
def validation_ranks() -> "array[int]":
    """The ranks of the 50,000 validation images: element n - 1 is that of image n."""
    import lzma  # unpacks it in 5 ms; most who ask for a class do not need it

    ranks = array("H", lzma.decompress((_DATA / "validation_labels.u16.xz").read_bytes()))
    if sys.byteorder == "big":
        ranks.byteswap()
    return ranks


def validation_number(name: str) -> int | None:
    """The number 1..50000 in a validation image's name; None for any other name.

    >>> validation_number("ILSVRC2012_val_00000293.JPEG")
    293
    """
    match = _VALIDATION_NAME.fullmatch(name)
    number = int(match[1]) if match else 0
    return number if 1 <= number <= VALIDATION_IMAGES else None


def is_test_image(name: str) -> bool:
    """Whether this is the name of a test image, numbered 1..100000.

    >>> is_test_image("ILSVRC2012_test_00100000.JPEG"), is_test_image("ILSVRC2012_test_00100001.JPEG")
    (True, False)
    """
    match = _TEST_NAME.fullmatch(name)
    return match is not None and 1 <= int(match[1]) <= TEST_IMAGES


def rank_of_image(name: str) -> int | None:
    """The rank of an image's class, from its name in the official archives; None for any other name.

    >>> rank_of_image("n01440764_10026.JPEG"), rank_of_image("ILSVRC2012_val_00000001.JPEG")
    (0, 65)
    """
    rank = ranks().get(name.partition("_")[0])
    if rank is not None:
        return rank
    number = validation_number(name)
    return None if number is None else validation_ranks()[number - 1]
