"""How many images there are of each format, for a person.

Whatever is not a JPEG becomes one in every output, so a person has to hear of it before anything is chosen.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

JPEG = "JPEG"
_TITLES = {"WEBP": "WebP"}


@dataclass(frozen=True, kw_only=True)
class ImageFormats:
    """Images by format.

    Attributes:
        counts: of each format, the most frequent first; an unknown one is "".
        is_sample: whether some of the counts are scaled from the first bytes of a few images.
    """

    counts: Mapping[str, int]
    is_sample: bool = False

    @property
    def converted(self) -> dict[str, int]:
        """Those that become JPEGs."""
        return {kind: count for kind, count in self.counts.items() if kind not in (JPEG, "")}

    def __str__(self) -> str:
        known = {kind: count for kind, count in self.counts.items() if kind}
        return f"{'about ' if self.is_sample else ''}{in_words(known)}"


def added(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The counts of several splits, together."""
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return dict(total.most_common())


def become_jpeg(converted: Mapping[str, int]) -> str:
    """What becomes of images that are not JPEGs, in a clause, by counts of which there are some.

    >>> become_jpeg({"PNG": 1})
    '1 PNG becomes JPEG'
    """
    return f"{in_words(converted)} {'becomes' if sum(converted.values()) == 1 else 'become'} JPEG"


def in_words(counts: Mapping[str, int]) -> str:
    """Counts by format, for a person.

    >>> in_words({"PNG": 1022, "WEBP": 23})
    '1,022 PNG and 23 WebP'
    """
    *first, last = [f"{count:,} {_TITLES.get(kind, kind)}" for kind, count in counts.items()] or [""]
    return f"{', '.join(first)} and {last}" if first else last
