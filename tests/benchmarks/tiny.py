"""Draws official archives of as many images as one likes, all of them tiny."""

import io
import random
from pathlib import Path

import numpy as np
from PIL import Image

from wizard.formats import tar
from wizard.ilsvrc2012.archives import IMAGES
from wizard.ilsvrc2012.synsets import synsets

DISTINCT = 300
"""Pictures that are used again and again."""
_RECORD = 10_240


def draw(raw: Path, train: int, validation: int) -> None:
    """Writes both archives of images to a new folder, with official names; classes have nearly equally many images.

    A few hundred JPEGs of 600 to 1,500 bytes are used again and again, so that 1.3 million take 25 seconds.
    """
    raw.mkdir(parents=True)
    rng = random.Random(2012)
    pictures = [picture(rng) for _ in range(DISTINCT)]
    classes = synsets()
    with (raw / IMAGES["train"].name).open("wb") as file:
        for rank, synset in enumerate(classes):
            some = range(rank * train // len(classes), (rank + 1) * train // len(classes))
            if some:
                images = (tar.member(f"{synset.wnid}_{i}.JPEG", pictures[i % DISTINCT]) for i in some)
                file.write(tar.member(f"{synset.wnid}.tar", _ended(b"".join(images))))
        file.write(_end(file.tell()))
    with (raw / IMAGES["validation"].name).open("wb") as file:
        for i in range(1, validation + 1):
            file.write(tar.member(f"ILSVRC2012_val_{i:08d}.JPEG", pictures[i % DISTINCT]))
        file.write(_end(file.tell()))


def _ended(members: bytes) -> bytes:
    return members + _end(len(members))


def _end(size: int) -> bytes:
    return tar.END + bytes(-(size + len(tar.END)) % _RECORD)


def picture(rng: random.Random) -> bytes:
    """A JPEG of 600 to 1,500 bytes."""
    coarse = np.frombuffer(rng.randbytes(4 * 4 * 3), np.uint8).reshape(4, 4, 3)
    size = rng.randint(24, 64), rng.randint(24, 64)
    packed = io.BytesIO()
    Image.fromarray(coarse).resize(size, Image.Resampling.BILINEAR).save(packed, "JPEG", quality=80)
    return packed.getvalue()
