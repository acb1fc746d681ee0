"""How long it takes to put shards in place where they will lie: each one, and each byte."""

import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from wizard.folders import existing
from wizard.formats.resize import Resize, geometry
from wizard.storage import write_whole
from wizard.targets.sample import OutputSample, SourceRecord, StoredImage
from wizard.targets.target import Target

_TRIALS = 3
_BYTES = 4_000_000
"""Of a trial shard; written like any other, and removed again."""
_IMAGES = 40
_TRIAL = "train-00000-of-00001"


@dataclass(frozen=True, kw_only=True)
class WriteCost:
    """Seconds that one worker spends: for a shard of whatever size, for each byte, for each image of its own file."""

    shard: float = 0.0
    byte: float = 0.0
    image: float = 0.0


def measure_write_cost(output: Path, target: Target) -> WriteCost:
    """Puts a few trial shards in place on the output's file system, and leaves nothing behind.

    The output folder need not exist; where nothing can be written, no time is counted.
    """
    with suppress(OSError), tempfile.TemporaryDirectory(prefix=".imagenet-setup-", dir=existing(output)) as folder:
        empty = median(_store(Path(folder), target, 0) for _ in range(_TRIALS))
        full = median(_store(Path(folder), target, _IMAGES) for _ in range(_TRIALS))
        more = max(0.0, full - empty)
        if target.one_file_per_image:
            return WriteCost(shard=empty, image=more / _IMAGES)
        return WriteCost(shard=empty, byte=more / _BYTES)
    return WriteCost()


def _store(folder: Path, target: Target, images: int) -> float:
    size = _BYTES // _IMAGES
    stored = StoredImage(jpeg=bytes(size), geometry=geometry(Resize(mode="original"), 1, 1), converted="")
    boxes, record = np.empty((0, 4)), SourceRecord(features={}, box_rows=np.empty(0, np.intp), is_reencoded=False)
    begun = time.perf_counter()
    with target.writer(folder, "train", _TRIAL) as shard:
        for number in range(images):
            name = f"{number}.jpg"
            shard.write(OutputSample(name=name, wnid="", text="", label=0, boxes=boxes, stored=stored, record=record))
        shard.commit()
    write_whole(folder / f"{_TRIAL}.json", b"")
    return time.perf_counter() - begun
