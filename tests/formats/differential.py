"""TensorFlow's decoder beside ours, on damaged images of every kind.

    python -m tests.formats.differential [COUNT] [SEED]

prints how many were accepted by both, by one or by none, and the largest difference of a pixel.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tests.formats.mutations import Mutant, mutants, originals
from wizard.formats import image_codec
from wizard.formats.undecodable import Undecodable

Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]

EXPLAINED = {
    "GIF": {
        "its first frame is damaged": "giflib reads on behind some damage to the LZW codes, Pillow does not",
    },
    "BMP": {
        "its BMP header cannot be read": "TensorFlow does not look at planes, or at the second header's size",
        "it is not an image": "TensorFlow does not look at the second header's size",
        "invalid palette size": "TensorFlow does not look at palettes",
        "not enough image data": "TensorFlow does not look at the compression",
        "unknown raw mode": "TensorFlow does not look at masks",
    },
    "PNG": {"its PNG header is damaged": "libpng lets an unknown chunk stand before the header"},
    "WEBP": {"failed to read next frame": "libwebp's decoder of still images does not look at chunks behind the image"},
    "JPEG": {
        "cannot identify image file": "Pillow reads the segments of a damaged JPEG more strictly than libjpeg",
        "it is truncated": "damage that looks like the start of a segment, which libjpeg passes over",
    },
}
"""Why TensorFlow alone accepts some damaged images: how the reason for our refusal begins, and what is behind it."""


@dataclass(frozen=True)
class Compared:
    """What both made of an image.

    Attributes:
        mutant: the image.
        ours: pixels; or why it is refused.
        theirs: pixels; None where TensorFlow refuses it.
        checked: whether `image_codec.check`, which is done where bytes are kept, accepts it.
    """

    mutant: Mutant
    ours: Pixels | str
    theirs: Pixels | None
    checked: bool

    @property
    def accepted(self) -> str:
        """By whom."""
        ours = not isinstance(self.ours, str)
        if self.theirs is None:
            return "ours only" if ours else "neither"
        return "both" if ours else "TensorFlow only"

    @property
    def difference(self) -> int:
        """The largest of a sample, 0 to 255; 256 where the sizes differ; -1 where one refuses it."""
        if isinstance(self.ours, str) or self.theirs is None:
            return -1
        if self.ours.shape != self.theirs.shape:
            return 256
        return int(np.abs(self.ours.astype(np.int16) - self.theirs).max())

    @property
    def unknown(self) -> bool:
        """Whether it is of a kind that TensorFlow does not know, so that it is no judge of the pixels or at all."""
        return _is_indexed_bitmap(self.mutant.data)

    @property
    def explanation(self) -> str:
        """Why TensorFlow alone accepts it; empty where there is no known reason."""
        reasons = EXPLAINED.get(self.mutant.kind.partition(" ")[0], {})
        return next((why for reason, why in reasons.items() if reason in str(self.ours)), "")


def compared(images: Iterable[Mutant]) -> Iterator[Compared]:
    """Puts images to both decoders."""
    for mutant in images:
        yield Compared(mutant, _ours(mutant.data), _theirs(mutant.data), _checked(mutant.data))


def whole_and_damaged(seed: int, count: int) -> Iterator[Mutant]:
    """An image of every kind as it is, then `count` damaged ones."""
    yield from (Mutant(kind, "none", data) for kind, data in originals().items())
    yield from mutants(seed, count)


def _ours(data: bytes) -> Pixels | str:
    try:
        return image_codec.decode(data)
    except Undecodable as error:
        return str(error)


def _checked(data: bytes) -> bool:
    try:
        image_codec.check(data, image_codec.read_header(data))
    except Undecodable:
        return False
    return True


def _theirs(data: bytes) -> Pixels | None:
    try:
        if data.startswith(b"\xff\xd8\xff"):
            decoded: Pixels = tf.io.decode_jpeg(data, channels=3, dct_method="INTEGER_ACCURATE").numpy()
            return decoded
        pixels: Any = tf.io.decode_image(data, expand_animations=False).numpy()
    except tf.errors.OpError:
        return None
    colors: Pixels = pixels[..., :1].repeat(3, axis=2) if pixels.shape[2] < 3 else pixels[..., :3]
    return colors


def _is_indexed_bitmap(data: bytes) -> bool:
    """TensorFlow knows no palettes: it takes indexes of a byte for shades of gray, and refuses shorter ones."""
    return data.startswith(b"BM") and len(data) > 29 and int.from_bytes(data[28:30], "little") not in (24, 32)


def _told(results: list[Compared]) -> Iterator[str]:
    judged = [each for each in results if not each.unknown]
    heads = {"images": 9, "both": 9, "neither": 9, "ours only": 11, "TensorFlow only": 17, "off by 1-3": 12, "more": 6}
    yield " " * 6 + "".join(f"{head:>{width}}" for head, width in heads.items())
    for kind in dict.fromkeys(_format(each) for each in results):
        mine = [each for each in judged if _format(each) == kind]
        by = Counter(each.accepted for each in mine)
        off = Counter(min(each.difference, 4) for each in mine)
        counts = f"{len(mine):>9,}{by['both']:>9,}{by['neither']:>9,}{by['ours only']:>11,}{by['TensorFlow only']:>17,}"
        yield f"{kind:6}{counts}{off[1] + off[2] + off[3]:>12,}{off[4]:>6,}"
    yield f"bitmaps with palettes, which TensorFlow does not know: {len(results) - len(judged):,}"
    alone = Counter((_format(each), each.explanation) for each in judged if each.accepted == "TensorFlow only")
    for (kind, why), count in alone.items():
        yield f"TensorFlow only, {kind}: {count:,}: {why or 'NOT EXPLAINED'}"
    for each in judged:
        if each.accepted == "ours only" or each.difference > 3:
            yield f"{each.accepted}, off by {each.difference}: {each.mutant.kind}, {each.mutant.damage}"
    unlike = sum(each.checked == isinstance(each.ours, str) for each in results)
    yield f"the check of kept bytes disagrees with the decoder: {unlike:,}"


def _format(each: Compared) -> str:
    return each.mutant.kind.partition(" ")[0]


def _main(count: str = "20000", seed: str = "1") -> None:
    for line in _told(list(compared(whole_and_damaged(int(seed), int(count))))):
        print(line)  # noqa: T201


if __name__ == "__main__":
    _main(*sys.argv[1:])
