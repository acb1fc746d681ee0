"""What the names of list files and of folders beside them say."""

import re
from collections.abc import Mapping
from typing import Final

from wizard.ilsvrc2012.archives import Split
from wizard.sources.split_names import WORDS

SPLITS_SAID: Final[Mapping[str, Split]] = {**WORDS, "trainval": "train"}
"""Names of lists, and of folders that leave nothing to be said by lists; in lower case."""
WRAPPERS = frozenset({"image", "images", "img", "imgs", "jpegimages", "jpg", "pictures", "photos"})
"""Names of folders that hold a split's images, and that nobody would give to a class; in lower case."""
_GUESSES = ("submission", "prediction")
"""Kaggle's sample submissions name all test images, each with a class that means nothing."""
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def may_be_of(split: Split, name: str) -> bool:
    """Whether a list of this name may say the classes of a split: unless it says another one, or is made of guesses.

    >>> may_be_of("validation", "val_annotations.txt"), may_be_of("test", "labels.csv")
    (True, True)
    >>> may_be_of("validation", "trainLabels.csv"), may_be_of("test", "sample_submission.csv")
    (False, False)
    """
    return splits_in(name) <= {split} and not any(guess in name.lower() for guess in _GUESSES)


def splits_in(name: str) -> set[Split]:
    """The splits whose words are in a name.

    >>> splits_in("trainLabels.csv"), splits_in("GT-final_test.csv"), splits_in("labels.csv")
    ({'train'}, {'test'}, set())
    """
    words = re.findall(r"[a-z]+", _HUMP.sub(" ", name).lower())
    return {SPLITS_SAID[word] for word in words if word in SPLITS_SAID}
