"""Names of members in an archive of images: images with their labels, and files added by macOS."""

import re
from collections.abc import Callable

from wizard.ilsvrc2012.archives import Split
from wizard.ilsvrc2012.synsets import is_test_image, ranks, validation_number, validation_ranks
from wizard.sources.classes import UNLABELLED

CLASS_ARCHIVE = re.compile(r"(n\d{8})\.tar", re.ASCII)
"""Name of a class archive."""
TRAIN_IMAGE = re.compile(r"(n\d{8})_\d+\.JPEG", re.ASCII)
"""Name of a training image."""


def debris(name: str) -> str:
    """The kind of a file that macOS adds to archives, by its name; empty for any other.

    >>> debris("train/._n01440764.tar"), debris("__MACOSX/n01440764.tar"), debris("n01440764.tar")
    ('files of macOS (._*)', 'files in __MACOSX', '')
    """
    *folders, base = name.split("/")
    if "__MACOSX" in folders:
        return "files in __MACOSX"
    if base == ".DS_Store":
        return ".DS_Store files"
    return "files of macOS (._*)" if base.startswith("._") else ""


def _train_label(name: str) -> int:
    match = TRAIN_IMAGE.fullmatch(name)
    if match is None:
        raise ValueError("is neither named <wnid>.tar nor <wnid>_<number>.JPEG")
    if match[1] not in ranks():
        raise ValueError(f"is named as an image of {match[1]}, which is not a synset of ILSVRC2012")
    return ranks()[match[1]]


def _validation_label(name: str) -> int:
    number = validation_number(name)
    if number is None:
        raise ValueError("is not named ILSVRC2012_val_<00000001 to 00050000>.JPEG, so its label is not known")
    return int(validation_ranks()[number - 1])


def _test_label(name: str) -> int:
    if not is_test_image(name):
        raise ValueError("is not named ILSVRC2012_test_<00000001 to 00100000>.JPEG")
    return UNLABELLED


LABEL_OF: dict[Split, Callable[[str], int]] = {
    "train": _train_label,
    "validation": _validation_label,
    "test": _test_label,
}
"""For each split, a function from an image's name, without folders, to its class's rank, -1 for none.

Each raises ValueError if images of the split have other names; the message is the end of a sentence about the image.
"""
