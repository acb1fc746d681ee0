"""The classes that labels count in: ImageNet's thousand, those of a person's own folders, or numbers."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache, partial
from itertools import accumulate

from wizard.errors import Hint, InputError
from wizard.ilsvrc2012.synsets import ranks, synsets

UNLABELED = -1
"""Rank, and stored label, of an image whose class is not known: those of the test split."""
HIGHEST = 32_766
"""The highest number that fits an int16 label, even if 1 is added for labels from 1."""


@dataclass(frozen=True, kw_only=True)
class Classes:
    """The classes of a dataset, in the order of their labels: wnids, or names of folders, and what each is in words."""

    names: tuple[str, ...]
    words: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def __reduce__(self) -> tuple[Callable[[], "Classes"], tuple[()]]:
        """Those of ImageNet go to a worker by name alone: a shard's task is far smaller than they are."""
        return imagenet if self == imagenet() else partial(Classes, names=self.names, words=self.words), ()

    @property
    def whole_imagenet(self) -> bool:
        """Whether they are the 1,000 of ILSVRC2012, whatever images there are."""
        return self.names == imagenet().names

    @property
    def first_words(self) -> tuple[str, ...]:
        """Each class in a word or two: "tench" of "tench, Tinca tinca"; a folder's name stays whole.

        >>> imagenet().first_words[0], Classes(names=("a, b",), words=("a, b",)).first_words
        ('tench', ('a, b',))
        """
        pairs = zip(self.names, self.words, strict=True)
        return tuple(words if words == name else words.partition(", ")[0] for name, words in pairs)

    def name(self, rank: int) -> str:
        """The class's name; empty for an image without label."""
        return self.names[rank] if rank >= 0 else ""

    def text(self, rank: int) -> str:
        """The class in words; empty for an image without label."""
        return self.words[rank] if rank >= 0 else ""


@cache
def imagenet() -> Classes:
    """The 1,000 synsets of ILSVRC2012, sorted by wnid."""
    return Classes(names=tuple(synset.wnid for synset in synsets()), words=tuple(synset.words for synset in synsets()))


def of_folders(names: tuple[str, ...]) -> Classes:
    """Classes named by folders, in the order given; a synset of ImageNet gets its words, any other its own name."""
    known = ranks()
    return Classes(names=names, words=tuple(synsets()[known[name]].words if name in known else name for name in names))


def stored_label(rank: int, base: int) -> int:
    """The label that is stored for a rank, where the first class has label `base`.

    >>> stored_label(0, 1), stored_label(UNLABELED, 1)
    (1, -1)
    """
    return rank + base if rank >= 0 else UNLABELED


def are_numbers(names: Collection[str]) -> bool:
    """Whether all names are plain decimal numbers that can be labels, with or without leading zeros.

    >>> are_numbers(["0", "10"]), are_numbers(["00042"]), are_numbers(["1.5"]), are_numbers(["100000"])
    (True, True, False, False)
    """
    return bool(names) and all(name.isascii() and name.isdecimal() and int(name) <= HIGHEST for name in names)


def by_number(names: Collection[str]) -> Classes:
    """Classes whose rank is their number; a number without a folder becomes a class too, so that there are no gaps.

    Raises:
        InputError: two names are the same number.
    """
    known: dict[int, str] = {}
    for name in sorted(names):
        other = known.setdefault(int(name), name)
        if other != name:
            raise InputError(
                f"The class folders {other} and {name} are the same number.",
                Hint("Rename one of them, or use labels from the sorted names: {}", "source.labels=folders"),
            )
    widths = {len(name) for name in names}
    width = widths.pop() if len(widths) == 1 else 1
    all_names = tuple(known.get(number, f"{number:0{width}}") for number in range(max(known) + 1))
    return Classes(names=all_names, words=all_names)


def numbered(classes: Classes) -> bool:
    """Whether every class's name is its rank.

    >>> numbered(Classes(names=("00", "01"), words=("00", "01"))), numbered(Classes(names=("0", "10"), words=("", "")))
    (True, False)
    """
    return are_numbers(classes.names) and all(int(name) == rank for rank, name in enumerate(classes.names))


def as_text(names: Collection[str]) -> str:
    """How sorting the names as text, as ImageFolder does, would change the labels; empty if it would not.

    >>> as_text(["0", "1", "2", "10"])
    'sorted as text, as ImageFolder does, 10 would come before 2 and class 2 would get label 3'
    """
    text = sorted(names)
    ranks = {name: rank for rank, name in enumerate(text)}
    wrong = next((name for name in sorted(names, key=int) if ranks[name] != int(name)), None)
    if wrong is None:
        return ""
    would = f"class {wrong} would get label {ranks[wrong]:,}"
    highest = accumulate(map(int, text), max)
    late = min((int(name) for name, most in zip(text, highest, strict=True) if int(name) < most), default=None)
    if late is None:
        return f"sorted as text, as ImageFolder does, {would}"
    early = next(name for name in text if int(name) > late)
    return f"sorted as text, as ImageFolder does, {early} would come before {late} and {would}"
