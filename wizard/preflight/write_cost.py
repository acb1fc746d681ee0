"""Measures the time to write shards to the output's file system: for each shard and each byte."""

import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from wizard.folders import existing
from wizard.formats import jpeg
from wizard.formats.resize import Resize, geometry
from wizard.storage import write_whole
from wizard.targets.sample import OutputSample, SourceRecord, StoredImage
from wizard.targets.target import Target
from wizard.targets.writer import NullWriter

_TRIALS = 3
_IMAGES = 40
"""Of a trial shard; written like any other, and removed again."""
_SIDE = 240
"""Pixels: noise of this size is a JPEG of about 100 kB, which is what an image of ImageNet has."""
_TRIAL = "train-00000-of-00001"


@dataclass(frozen=True, kw_only=True)
class WriteCost:
    """Seconds of one worker: for each shard regardless of size, for each byte, for each image file."""

    shard: float = 0.0
    byte: float = 0.0
    image: float = 0.0


def measure_write_cost(output: Path, target: Target) -> WriteCost:
    """Writes a few trial shards to the output's file system, and removes them.

    The output folder need not exist; where nothing can be written, no time is counted.
    """
    with suppress(OSError), tempfile.TemporaryDirectory(prefix=".imagenet-setup-", dir=existing(output)) as folder:
        samples = _samples()
        empty = median(_store(Path(folder), target, []) for _ in range(_TRIALS))
        full = median(_store(Path(folder), target, samples) for _ in range(_TRIALS))
        more = max(0.0, full - empty)
        if target.one_file_per_image:
            return WriteCost(shard=empty, image=more / _IMAGES)
        return WriteCost(shard=empty, byte=more / sum(map(len, map(target.encoder(), samples))))
    return WriteCost()


def _samples() -> list[OutputSample]:
    noise = np.random.default_rng(2012).integers(0, 256, (_SIDE, _SIDE, 3), np.uint8)
    unchanged = geometry(Resize(mode="original"), _SIDE, _SIDE)
    stored = StoredImage(jpeg=jpeg.encode(noise, 100), geometry=unchanged, converted="")
    boxes, record = np.empty((0, 4)), SourceRecord(features={}, box_rows=np.empty(0, np.intp), is_reencoded=False)
    return [
        OutputSample(name=f"{number}.jpg", wnid="", text="", label=0, boxes=boxes, stored=stored, record=record)
        for number in range(_IMAGES)
    ]


def _store(folder: Path, target: Target, samples: Sequence[OutputSample]) -> float:
    """Seconds to put a shard in place, without those of encoding, which the dry run of the images counts."""
    encoder = NullWriter(target.encoder())
    begun = time.perf_counter()
    for sample in samples:
        encoder.write(sample)
    encoded = time.perf_counter()
    with target.writer(folder, "train", _TRIAL) as shard:
        for sample in samples:
            shard.write(sample)
        shard.commit()
    write_whole(folder / f"{_TRIAL}.json", b"")
    return time.perf_counter() - encoded - (encoded - begun)
