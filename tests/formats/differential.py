"""Compares our decoder with TensorFlow's on damaged images of every kind.

    python -m tests.formats.differential [COUNT] [SEED]

prints how many images both, one or neither of them accept, and how far the pixels differ.
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
from wizard.formats.decoding import Undecodable

Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]

EXPLAINED = {
    "GIF": {
        "LZW code size": "giflib reads codes of 1 bit, which the specification does not allow",
        "it is truncated": "a later frame is truncated; whether it enlarges the canvas depends on giflib",
        "its first frame is damaged": "giflib continues after some damage to the LZW codes, Pillow does not",
    },
    "BMP": {
        "its BMP header cannot be read": "TensorFlow does not look at planes, or at the second header's size",
        "it is not an image": "TensorFlow does not look at the second header's size",
        "invalid palette size": "TensorFlow does not look at palettes",
        "not enough image data": "TensorFlow does not look at the compression",
        "Unsupported BMP": "TensorFlow does not look at the compression, or at the second header's size",
        "unknown raw mode": "TensorFlow does not look at masks",
    },
    "PNG": {"its PNG header is damaged": "libpng accepts an unknown chunk before the header"},
    "WEBP": {
        "failed to read next frame": "libwebp's decoder of still images ignores chunks after the image",
        "could not create decoder": "libwebp's demuxer, which Pillow uses, checks more of the file than its decoder",
    },
    "JPEG": {
        "cannot identify image file": "Pillow reads the segments of a damaged JPEG more strictly than libjpeg",
        "it is truncated": "damage that looks like the start of a segment, which libjpeg skips",
    },
}
"""Why only TensorFlow accepts some damaged images: part of our error message -> the explanation."""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """The results of both decoders for an image, without its bytes and pixels: a run may compare a million images.

    Attributes:
        kind: of the image; its first word is the format.
        damage: done to the image.
        refusal: our error message; empty if we accept it.
        theirs: whether TensorFlow accepts it.
        difference: the largest of any sample, 0 to 255; 256 if the sizes differ; -1 if a decoder refuses it.
        checked: whether `image_codec.check`, which is used if bytes are kept, accepts it.
        unknown: whether TensorFlow does not support its kind, so that there is nothing to compare with.
    """

    kind: str
    damage: str
    refusal: str
    theirs: bool
    difference: int
    checked: bool
    unknown: bool

    @property
    def format(self) -> str:
        """JPEG, PNG and so on."""
        return self.kind.partition(" ")[0]

    @property
    def accepted(self) -> str:
        """Which decoders accept it."""
        if self.theirs:
            return "TensorFlow only" if self.refusal else "both"
        return "neither" if self.refusal else "ours only"

    @property
    def explanation(self) -> str:
        """Why only TensorFlow accepts it; empty if no reason is known."""
        reasons = EXPLAINED.get(self.format, {})
        return next((why for reason, why in reasons.items() if reason in self.refusal), "")


def compared(images: Iterable[Mutant]) -> Iterator[Compared]:
    """Decodes images with both decoders."""
    for mutant in images:
        ours, theirs = _ours(mutant.data), _theirs(mutant.data)
        yield Compared(
            kind=mutant.kind,
            damage=mutant.damage,
            refusal=ours if isinstance(ours, str) else "",
            theirs=theirs is not None,
            difference=-1 if isinstance(ours, str) or theirs is None else _difference(ours, theirs),
            checked=_checked(mutant.data),
            unknown=_is_indexed_bitmap(mutant.data),
        )


def _difference(ours: Pixels, theirs: Pixels) -> int:
    if ours.shape != theirs.shape:
        return 256
    return int(np.abs(ours.astype(np.int16) - theirs).max())


def whole_and_damaged(seed: int, count: int) -> Iterator[Mutant]:
    """An undamaged image of every kind, then `count` damaged ones."""
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
    """TensorFlow does not support palettes: it reads 8-bit indexes as shades of gray, and refuses shorter ones."""
    return data.startswith(b"BM") and len(data) > 29 and int.from_bytes(data[28:30], "little") not in (24, 32)


def _report(results: Iterable[Compared]) -> Iterator[str]:
    counts: Counter[tuple[str, str]] = Counter()
    alone: Counter[tuple[str, str]] = Counter()
    unlike = 0
    for each in results:
        unlike += each.checked == bool(each.refusal)
        if each.unknown:
            counts["", "unknown"] += 1
            continue
        counts[each.format, each.accepted] += 1
        if each.difference > 3:
            counts[each.format, "more"] += 1
        elif each.difference > 0:
            counts[each.format, "off by 1-3"] += 1
        alone[each.format, each.explanation or "NOT EXPLAINED"] += each.accepted == "TensorFlow only"
        if each.accepted == "ours only" or each.difference > 3:
            yield f"{each.accepted}, off by {each.difference}: {each.kind}, {each.damage}"
    heads = {"both": 9, "neither": 9, "ours only": 11, "TensorFlow only": 17, "off by 1-3": 12, "more": 6}
    yield " " * 6 + "".join(f"{head:>{width}}" for head, width in heads.items())
    for kind in ("JPEG", "PNG", "GIF", "BMP", "WEBP"):
        yield f"{kind:6}" + "".join(f"{counts[kind, head]:>{width},}" for head, width in heads.items())
    yield f"bitmaps with palettes, which TensorFlow does not support: {counts['', 'unknown']:,}"
    yield from (f"TensorFlow only, {kind}: {count:,}: {why}" for (kind, why), count in alone.items() if count)
    yield f"the check of kept bytes disagrees with the decoder: {unlike:,}"


def _main(count: str = "20000", seed: str = "1") -> None:
    for line in _report(compared(whole_and_damaged(int(seed), int(count)))):
        print(line)  # noqa: T201


if __name__ == "__main__":
    _main(*sys.argv[1:])
