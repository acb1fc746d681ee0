"""Names of members in an archive of images: images with their labels, and clutter."""

import re
from collections.abc import Callable

from wizard.ilsvrc2012.archives import Split
from wizard.ilsvrc2012.synsets import is_test_image, ranks, validation_number, validation_ranks
from wizard.sources import clutter
from wizard.sources.classes import UNLABELLED

CLASS_ARCHIVE = re.compile(r"(n\d{8})\.tar", re.ASCII)
"""Name of a class archive."""
TRAIN_IMAGE = re.compile(r"(n\d{8})_\d+\.JPEG", re.ASCII)
"""Name of a training image."""


def clutter_kind(name: str) -> str:
    """The kind of clutter that a member is, by its name or a folder on its path; empty for any other.

    >>> clutter_kind("train/._n01440764.tar"), clutter_kind("__MACOSX/n01440764.tar"), clutter_kind("n01440764.tar")
    ('files of macOS (._*)', 'files in __MACOSX', '')
    """
    *folders, base = name.split("/")
    if base.endswith(".JPEG") and not folders and not base.startswith("."):
        return ""  # all but a few of a million, and the table takes a few microseconds a name
    return next(filter(None, map(clutter.of_folder, folders)), "") or clutter.of_file(base)


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
