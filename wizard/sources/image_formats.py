"""In which formats images are, told by their names, else by the first bytes of some of them.

Whatever is not a JPEG becomes one in every output, so a person has to hear of it before anything is chosen. A name may
be wrong: the counts at the end of a build are of what was decoded.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wizard.formats import image_codec
from wizard.sources.names import in_lists

JPEG = "JPEG"
_BY_SUFFIX: Mapping[bytes, str] = {
    **dict.fromkeys((b".jpg", b".jpeg", b".jpe", b".jfif"), JPEG),
    **dict.fromkeys((b".tif", b".tiff"), "TIFF"),
    **dict.fromkeys((b".ppm", b".pgm", b".pnm"), "PPM"),
    b".png": "PNG",
    b".gif": "GIF",
    b".bmp": "BMP",
    b".webp": "WEBP",
    b".avif": "AVIF",
}
"""Suffix -> format, by the names that `image_codec.sniff` gives."""
_LONGEST = max(map(len, _BY_SUFFIX))
LOOKED_AT = 16
"""Images whose first bytes are looked at, at most, where names tell nothing."""
_TITLES = {"WEBP": "WebP"}

Heads = Callable[[npt.NDArray[np.intp]], Iterable[bytes]]
"""Reads a few images of some rows, `LOOKED_AT` at most."""


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


def image_formats(names: npt.NDArray[np.bytes_], heads: Heads) -> ImageFormats:
    """The formats of images.

    Args:
        names: bytes[n], those of the images.
        heads: reads some of those whose names tell nothing.
    """
    endings: Counter[bytes] = Counter()
    for some in in_lists(names):
        endings.update(name[-_LONGEST:] for name in some)
    kinds = {ending: _BY_SUFFIX.get(ending[ending.rfind(b".") :].lower(), "") for ending in endings}
    counts: Counter[str] = Counter()
    for ending, count in endings.items():
        counts[kinds[ending]] += count
    unknown = counts.pop("", 0)
    if unknown:
        is_unknown = [np.array([not kinds[name[-_LONGEST:]] for name in some]) for some in in_lists(names)]
        seen = Counter(image_codec.sniff(head) for head in heads(np.flatnonzero(np.concatenate(is_unknown))))
        counts.update({kind: round(unknown * count / seen.total()) for kind, count in seen.items()})
    return ImageFormats(counts=dict(counts.most_common()), is_sample=unknown > LOOKED_AT)


def other_than_jpeg(names: npt.NDArray[np.bytes_]) -> npt.NDArray[np.bool_]:
    """bool[n]: the images whose names do not say that they are JPEGs; `names` is bytes[n], of a few images."""
    suffixes = (name[name.rfind(b".") :].lower() for name in names.tolist())
    return np.array([_BY_SUFFIX.get(suffix) != JPEG for suffix in suffixes], np.bool_)


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
