"""In which formats images are, told by their names, else by the first bytes of some of them.

A name may be wrong: the counts at the end of a build are of what was decoded.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import numpy as np
import numpy.typing as npt

from wizard.formats import image_codec
from wizard.sources.image_formats import JPEG, ImageFormats
from wizard.sources.names import in_lists

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

Heads = Callable[[npt.NDArray[np.intp]], Iterable[bytes]]
"""Reads a few images of some rows, `LOOKED_AT` at most."""


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
