"""How long it takes to put shards in place where they will lie: each one, and each byte."""

import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from wizard.engine.writers import TFRecordWriter
from wizard.folders import existing

_TRIALS = 3
_BYTES = 4_000_000
"""Of a trial shard; written like any other, and removed again."""


@dataclass(frozen=True, kw_only=True)
class Storing:
    """Seconds that one worker spends: for a shard of whatever size, and for each of its bytes."""

    shard: float = 0.0
    byte: float = 0.0


def time_storing(output: Path) -> Storing:
    """Puts a few trial shards in place on the output's file system, and leaves nothing behind.

    Args:
        output: the dataset's folder, which need not exist; where nothing can be written, no time is counted.
    """
    with suppress(OSError), tempfile.TemporaryDirectory(prefix=".imagenet-setup-", dir=existing(output)) as folder:
        empty = median(_store(Path(folder), b"") for _ in range(_TRIALS))
        full = median(_store(Path(folder), bytes(_BYTES)) for _ in range(_TRIALS))
        return Storing(shard=empty, byte=max(0.0, full - empty) / _BYTES)
    return Storing()


def _store(folder: Path, payload: bytes) -> float:
    begun = time.perf_counter()
    with TFRecordWriter(folder, "trial") as writer:
        writer.write(payload)
        writer.commit()
    return time.perf_counter() - begun
