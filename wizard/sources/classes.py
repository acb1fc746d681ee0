"""The classes that labels count in: ImageNet's thousand, or those of a person's own folders."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from wizard.ilsvrc2012.synsets import ranks, synsets

UNLABELLED = -1
"""Rank, and stored label, of an image whose class is not known: those of the test split."""


@dataclass(frozen=True, kw_only=True)
class Classes:
    """The classes of a dataset; a class's place is its rank.

    Attributes:
        names: wnids, or names of folders, in the order of their labels.
        words: what each is in words.
    """

    names: tuple[str, ...]
    words: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def __reduce__(self) -> tuple[Callable[..., "Classes"], tuple[tuple[str, ...], ...]]:
        """Those of ImageNet go to a worker by name alone: a shard's task is far smaller than they are."""
        return (imagenet, ()) if self == imagenet() else (_classes, (self.names, self.words))

    @property
    def whole_imagenet(self) -> bool:
        """Whether they are the 1,000 of ILSVRC2012, whatever images there are."""
        return self.names == imagenet().names

    def name(self, rank: int) -> str:
        """The class's name; empty for an image without label."""
        return self.names[rank] if rank >= 0 else ""

    def text(self, rank: int) -> str:
        """The class in words; empty for an image without label."""
        return self.words[rank] if rank >= 0 else ""


def _classes(names: tuple[str, ...], words: tuple[str, ...]) -> Classes:
    return Classes(names=names, words=words)


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

    >>> stored_label(0, 1), stored_label(UNLABELLED, 1)
    (1, -1)
    """
    return rank + base if rank >= 0 else UNLABELLED
