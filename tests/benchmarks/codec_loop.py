"""The bare codec loop: what a build would take if it did nothing but decode, resize and encode.

    python -m tests.benchmarks.codec_loop JOB

It calls this project's own codecs in as many processes as the build has workers; nothing is written, and the archives
are in the page cache. JOB is a JSON object with `images`, `image` and `processes`; the result is one, too.
"""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks import crew
from tests.benchmarks import images as located
from wizard.formats import image_codec, jpeg
from wizard.formats.resample import resample
from wizard.formats.resize import Resize, geometry

_CHUNK = 8


@dataclass(frozen=True, kw_only=True)
class Codecs:
    """What is done with an image; a quality of None only checks that it can be decoded."""

    resize: Resize
    quality: int | None

    def __call__(self, data: bytes) -> None:
        if self.quality is None:
            image_codec.check(data, image_codec.read_header(data))
            return
        pixels = image_codec.decode(data)
        jpeg.encode(resample(pixels, geometry(self.resize, *pixels.shape[:2])), self.quality)


def codecs(image: dict[str, Any]) -> Codecs:
    """The codecs for a profile's section `image`."""
    sides = {key: image[key] for key in ("size", "height", "width") if key in image}
    return Codecs(resize=Resize(mode=image.get("resize", "original"), **sides), quality=image.get("quality"))


def prepare(job: tuple[str, Codecs]) -> crew.Work:
    """The work on a table of images at a path."""
    path, process = job
    images = located.load(Path(path))

    def work(chunks: crew.Chunks, _number: int) -> None:
        with images.reading() as reading:
            for rows in chunks:
                for row in rows:
                    process(reading[row].data)

    work(iter([range(min(2, len(images)))]), 0)  # the first calls load libraries
    return work


def main(words: dict[str, Any]) -> crew.Shift:
    """The loop over all images."""
    rows = len(located.load(Path(words["images"])))
    job = (words["images"], codecs(words["image"]))
    return crew.work(prepare, job, rows=rows, chunk=_CHUNK, processes=words["processes"])


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(main(json.loads(sys.argv[1])))))
