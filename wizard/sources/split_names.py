"""Recognizes splits, and numbered parts of splits, by the names that people give them."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple

from wizard.ilsvrc2012.archives import Split

_PLAIN: dict[str, Split] = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}
# Words that mean a split too, but less clearly: in a longer name, those above take precedence.
_SHORT: dict[str, Split] = {"tr": "train", "dev": "validation", "eval": "validation"}
# Endings that may follow them without a separator, as in trainset.
_GLUED = ("set", "data", "dataset", "images", "imgs")
_SPLITS: dict[str, Split] = {
    **_PLAIN,
    **_SHORT,
    **{word + more: split for word, split in _PLAIN.items() for more in _GLUED},
}
# Words that say nothing about the pictures' content: Intel's seg_train, GTSRB's Final_Training.
_FILLERS = {
    *("set", "sets", "split", "data", "dataset", "datasets", "folder", "files", "seg", "final"),
    *("image", "images", "img", "imgs", "pic", "pics", "picture", "pictures", "photo", "photos"),
    *("jpg", "jpeg", "jpegs", "jpegimages", "png", "tfrecord", "tfrecords"),
    *("tiny", "mini", "imagenet", "imagenette", "imagewoof", "cifar", "ilsvrc", "cls", "loc"),
}
# Numbers that do not number a part: ILSVRC2012_img_test_v10102019, cifar10_train.
_DATED = re.compile(r"(?:ilsvrc|imagenet|imagenette|imagewoof|cifar)\d+|v?\d{6,8}", re.ASCII)
_PART = re.compile(r"[a-z]?\d{1,5}|[a-z]|(?:part|pt|chunk|batch|shard)\d*", re.ASCII)
# Of a dataset's release, as in COCO's train2014 and train2017: no part's number.
_YEAR = re.compile(r"(?:19|20)\d\d", re.ASCII)
_NUMBERED = re.compile(r"(?<!\d)\d{1,5}$", re.ASCII)
_WORD = re.compile(r"[^\W\d_]+|\d+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_GAP = re.compile(r"[\s_.()\[\]-]+")
_ARCHIVE = re.compile(r"(?<=.)\.(?:zip|tar|t(?:gz|bz2?|xz|zst)|tar\.(?:gz|bz2|xz|zstd?))$", re.IGNORECASE)
SPLITS_SAID: Final[Mapping[str, Split]] = {**_PLAIN, **_SHORT, "trainval": "train"}
"""Names of lists, and of folders that make lists unnecessary; in lower case."""
WRAPPERS = frozenset({"image", "images", "img", "imgs", "jpegimages", "jpg", "pictures", "photos"})
"""Names of folders that hold a split's images and are never class names; in lower case."""
# Words in the names of files with guesses: Kaggle's sample submissions give every test image a meaningless class.
_GUESSES = ("submission", "prediction")


class SplitName(NamedTuple):
    """A folder's name that contains the word for one split.

    Attributes:
        split: the split that it names.
        rest: its other words, which the folders of the dataset's other splits share.
        part: the part's number, in lower case ("x1"); empty for the whole split.
        sure: whether none of the other words describes the pictures' content.
        last: whether the word for the split is the last one.
    """

    split: Split
    rest: str
    part: str
    sure: bool
    last: bool


def parse_split_name(name: str) -> SplitName | None:
    """Parses a folder's name; None if it names no split, or more than one.

    >>> parse_split_name("train.X1")
    SplitName(split='train', rest='', part='x1', sure=True, last=False)
    >>> parse_split_name("bullet_train")
    SplitName(split='train', rest='bullet', part='', sure=False, last=True)
    >>> parse_split_name("trainer"), parse_split_name("train_test_split")
    (None, None)
    """
    words = _words(without_archive_suffix(name))
    found = {_SPLITS[word] for word in words if word in _SPLITS}
    if len(found) != 1:
        return None
    others = [word for word in words if word not in _SPLITS]
    rest = [word for word in others if not _PART.fullmatch(word)]
    unknown = [word for word in rest if word not in _FILLERS and not _DATED.fullmatch(word)]
    return SplitName(
        split=found.pop(),
        rest=" ".join(rest),
        part=" ".join(word for word in others if _PART.fullmatch(word)),
        sure=not unknown,
        last=words[-1] in _SPLITS,
    )


def without_archive_suffix(name: str) -> str:
    """The name that a tree has whose archive has this one; the same where it is no archive's.

    >>> without_archive_suffix("train_images_0.tar.gz"), without_archive_suffix("v1.0")
    ('train_images_0', 'v1.0')
    """
    return _ARCHIVE.sub("", name)


def split_of_folder(name: str) -> Split | None:
    """The split that a folder's name means on its own; None for any other name.

    >>> split_of_folder("Valid"), split_of_folder("seg_train"), split_of_folder("toy_train")
    ('validation', 'train', None)
    """
    parsed = parse_split_name(name)
    return parsed.split if parsed and parsed.sure else None


def split_of_dataset(name: str) -> Split | None:
    """The split named by a folder that holds class folders, and so cannot be a class itself.

    A number at the end may be that of an experiment or a version, so it does not make the folder a part of a split.

    >>> split_of_dataset("imagenetv2-matched-frequency-format-val"), split_of_dataset("test_images2")
    ('validation', None)
    """
    parsed = parse_split_name(name)
    if parsed is None:
        return None
    numbered = bool(parsed.rest and _NUMBERED.search(without_archive_suffix(name)))
    return parsed.split if parsed.last or (parsed.sure and not numbered) else None


def among(names: Iterable[str]) -> dict[str, SplitName]:
    """The sibling folder names that mean splits.

    If none does so on its own, names do that have the same words beside different splits: flowers_train and
    flowers_test, but not bullet_train beside car, nor bbox_train and bbox_val beside train.
    """
    every = {name: parse_split_name(name) for name in names}
    parsed = {name: found for name, found in every.items() if found}
    sure = {name: each for name, each in parsed.items() if each.sure}
    if sure:
        return sure
    splits = defaultdict(set)
    for each in parsed.values():
        splits[each.rest].add(each.split)
    return {name: each for name, each in parsed.items() if len(splits[each.rest]) > 1}


def are_parts(names: Collection[str]) -> bool:
    """Whether folders are numbered parts of one split: their names differ only in the number, which each has.

    >>> are_parts(["train.X1", "train.X2"]), are_parts(["train", "train_2"]), are_parts(["val", "valid"])
    (True, False, False)
    >>> are_parts(["train2014", "train2017"])
    False
    """
    shared = set()
    for each in map(parse_split_name, names):
        years = [word for word in each.part.split() if _YEAR.fullmatch(word)] if each else []
        shared.add((each.split, each.rest, *years) if each else None)
    return len(shared) == 1 and None not in shared and len(part_numbers(names)) == len(names)


def part_numbers(names: Iterable[str]) -> set[str]:
    """What distinguishes the parts of a split, without a year that they share.

    >>> sorted(part_numbers(["train_1", "train2014_b", "val"]))
    ['1', 'b']
    """
    found = set()
    for each in map(parse_split_name, names):
        words = each.part.split() if each else []
        found.add(" ".join(word for word in words if not _YEAR.fullmatch(word)))
    return found - {""}


def missing_parts(names: Iterable[str]) -> list[int]:
    """The numbers missing between those of the parts found.

    >>> missing_parts(["train.X1", "train.X2", "train.X4"]), missing_parts(["val.X"])
    ([3], [])
    """
    digits = (re.sub(r"\D", "", part) for part in part_numbers(names))
    numbers = {int(part) for part in digits if part}
    return [number for number in range(min(numbers, default=0), max(numbers, default=0)) if number not in numbers]


def by_number(name: str) -> list[tuple[int, str]]:
    """Sort key that orders numbers in names by value: train.X2 before train.X10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]+)", name) if part]


def is_filler(name: str) -> bool:
    """Whether a folder's name says nothing about its content: images, JPEGImages, data.

    >>> is_filler("Images"), is_filler("cats")
    (True, False)
    """
    words = _words(name)
    return bool(words) and _FILLERS.issuperset(words)


def split_in_file_name(name: str) -> Split | None:
    """The split named by the first such word in the name of a record file.

    >>> split_in_file_name("imagenet2012-validation.tfrecord-00003-of-00064"), split_in_file_name("trainer.tfrecord")
    ('validation', None)
    """
    words = re.findall(r"[a-z]+", name.lower())
    clear = next((_PLAIN[word] for word in words if word in _PLAIN), None)
    return clear or next((_SHORT[word] for word in words if word in _SHORT), None)


def _words(name: str) -> list[str]:
    """The words of a name in lower case; a number that belongs to no word is a word of its own."""
    found: list[str] = []
    for piece in filter(None, _GAP.split(_HUMP.sub(" ", name))):
        word = piece.lower()
        found += [word] if _PART.fullmatch(word) or _DATED.fullmatch(word) else _WORD.findall(word)
    return found


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
