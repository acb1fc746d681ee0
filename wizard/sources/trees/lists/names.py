"""Interprets the names of list files and of folders beside them."""

import re
from collections.abc import Mapping
from typing import Final

from wizard.ilsvrc2012.archives import Split
from wizard.sources.split_names import WORDS

SPLITS_SAID: Final[Mapping[str, Split]] = {**WORDS, "trainval": "train"}
"""Names of lists, and of folders that make lists unnecessary; in lower case."""
WRAPPERS = frozenset({"image", "images", "img", "imgs", "jpegimages", "jpg", "pictures", "photos"})
"""Names of folders that hold a split's images and are never class names; in lower case."""
_GUESSES = ("submission", "prediction")
"""Words in the names of files with guesses: Kaggle's sample submissions give every test image a meaningless class."""
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def may_be_of(split: Split, name: str) -> bool:
    """Whether a list of this name may give a split's classes: not if it names another split or holds guesses.

    >>> may_be_of("validation", "val_annotations.txt"), may_be_of("test", "labels.csv")
    (True, True)
    >>> may_be_of("validation", "trainLabels.csv"), may_be_of("test", "sample_submission.csv")
    (False, False)
    """
    return splits_in(name) <= {split} and not any(guess in name.lower() for guess in _GUESSES)


def splits_in(name: str) -> set[Split]:
    """The splits mentioned in a name.

    >>> splits_in("trainLabels.csv"), splits_in("GT-final_test.csv"), splits_in("labels.csv")
    ({'train'}, {'test'}, set())
    """
    words = re.findall(r"[a-z]+", _HUMP.sub(" ", name).lower())
    return {SPLITS_SAID[word] for word in words if word in SPLITS_SAID}
