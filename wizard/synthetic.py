"""Draws a tiny ILSVRC2012: archives with the official names and structure, and one image of every unusual kind."""

import gzip
import io
import random
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from wizard.ilsvrc2012.archives import BOXES, IMAGES
from wizard.ilsvrc2012.synsets import synsets, validation_ranks

_ORIENTATION = 0x0112
_ROTATED = 6
"""EXIF's tag, and its value for an image to be rotated by 90 degrees, which decoders of datasets ignore."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """An encoded image and its size in pixels."""

    data: bytes
    height: int
    width: int


def make(folder: Path, *, classes: int, per_class: int, validation: int, odd: bool = True, seed: int = 2012) -> None:
    """Writes the four archives: images and boxes of train and validation. The same arguments give the same bytes.

    Args:
        folder: created if missing.
        classes: number of classes, the first of the sorted wnids.
        per_class: train images in each, without the unusual ones.
        validation: images in the validation archive.
        odd: whether the first class also gets one image of every unusual kind.
        seed: of the random numbers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(seed)
    # Every image and box draws from one generator, so the order of the statements below decides the bytes.
    boxes: dict[str, bytes] = {}
    with tarfile.open(folder / IMAGES["train"].name, "w", format=tarfile.USTAR_FORMAT) as train:
        for rank, synset in enumerate(synsets()[:classes]):
            named = {f"{synset.wnid}_{10 + 7 * i}.JPEG": draw(rng, rank) for i in range(per_class)}
            if odd and not rank:
                named |= {f"{synset.wnid}_{90_000 + i}.JPEG": image for i, image in enumerate(odd_kinds(rng))}
            _add(train, f"{synset.wnid}.tar", _tar({name: image.data for name, image in named.items()}))
            for name, image in named.items():
                if rng.random() < 0.5:
                    stem = name.removesuffix(".JPEG")
                    boxes[f"{synset.wnid}/{stem}.xml"] = _annotation(rng, synset.wnid, stem, image)
    numbers = list(range(1, validation + 1))
    rng.shuffle(numbers)
    ranks = {f"ILSVRC2012_val_{number:08d}": int(validation_ranks()[number - 1]) for number in numbers}
    images = {stem: draw(rng, rank) for stem, rank in ranks.items()}
    validation_boxes = {
        f"val/{stem}.xml": _annotation(rng, synsets()[ranks[stem]].wnid, stem, image) for stem, image in images.items()
    }
    whole = _tar({f"{stem}.JPEG": image.data for stem, image in images.items()})
    (folder / IMAGES["validation"].name).write_bytes(whole)
    (folder / BOXES["train"].names[0]).write_bytes(gzip.compress(_tar(boxes), mtime=0))
    (folder / BOXES["validation"].names[0]).write_bytes(gzip.compress(_tar(validation_boxes), mtime=0))


def draw(rng: random.Random, rank: int) -> Drawn:
    """An RGB JPEG of a soft gradient with a few ellipses; its colors depend on the class's rank."""
    width, height = rng.randint(60, 320), rng.randint(60, 320)
    return _encoded(_picture(rng, rank, height, width))


def odd_kinds(rng: random.Random) -> Iterator[Drawn]:
    """One of each: CMYK, PNG, PNG with alpha, gray, EXIF-rotated, progressive, 1 x 1, a sliver, trailing bytes."""
    picture = _picture(rng, 0, 150, 200)
    rotated = Image.Exif()
    rotated[_ORIENTATION] = _ROTATED
    yield _encoded(picture.convert("CMYK"))
    yield _encoded(picture, "PNG")
    yield _encoded(picture.convert("RGBA"), "PNG")
    yield _encoded(picture.convert("L"))
    yield _encoded(picture, exif=rotated)
    yield _encoded(picture, progressive=True)
    yield _encoded(picture.resize((1, 1)))
    yield _encoded(picture.resize((3, 900)))
    whole = _encoded(picture)
    yield Drawn(data=whole.data + b"\0trailing bytes", height=whole.height, width=whole.width)


def _picture(rng: random.Random, rank: int, height: int, width: int) -> Image.Image:
    rows, columns = np.mgrid[0:height, 0:width]
    phase = rank * 0.7
    channels = [
        128 + 100 * np.sin(phase + channel + rows / rng.uniform(20, 60) + columns / rng.uniform(20, 60))
        for channel in range(3)
    ]
    pixels = np.stack(channels, axis=2)
    for _ in range(rng.randint(2, 5)):
        down = (rows - rng.uniform(0, height)) / rng.uniform(8, height / 2)
        across = (columns - rng.uniform(0, width)) / rng.uniform(8, width / 2)
        pixels[down**2 + across**2 < 1] = [rng.uniform(0, 255) for _ in range(3)]
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> Drawn:
    if kind == "JPEG":
        options["quality"] = 92
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return Drawn(data=buffer.getvalue(), height=image.height, width=image.width)


def _annotation(rng: random.Random, wnid: str, stem: str, image: Drawn) -> bytes:
    boxes = ""
    for _ in range(rng.choice((1, 1, 2, 3))):
        xmin, ymin = rng.randint(0, image.width), rng.randint(0, image.height)
        # As in the official annotations, corners may be swapped or a little outside the image.
        xmax, ymax = rng.randint(0, image.width + 5), rng.randint(0, image.height + 5)
        boxes += (
            f"<object><name>{wnid}</name><bndbox><xmin>{xmin}</xmin><ymin>{ymin}</ymin>"
            f"<xmax>{xmax}</xmax><ymax>{ymax}</ymax></bndbox></object>"
        )
    return (
        f"<annotation><folder>{wnid}</folder><filename>{stem}</filename><size><width>{image.width}</width>"
        f"<height>{image.height}</height><depth>3</depth></size>{boxes}</annotation>\n"
    ).encode()


def _tar(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in members.items():
            _add(archive, name, data)
    return buffer.getvalue()


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = len(data), 1_330_000_000, 0o644  # no clock: equal runs give equal bytes
    archive.addfile(info, io.BytesIO(data))
