"""Counts the images of a finished dataset by class, as its manifest lists them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wizard.engine.manifest import Manifest, PlannedShard, planned
from wizard.sources.class_counts import ClassCounts, counted


def count_planned(folder: Path, manifest: Manifest) -> list[ClassCounts]:
    """Counts each split's images, without those left out; the example is the first image of its first shard.

    Raises:
        VerifyFailed: images.csv.gz is missing or not the one that was written.
    """
    shards = {shard.shard: shard for shard in manifest.shards}
    none = np.zeros(len(manifest.classes), np.int64)
    counts = {split: ClassCounts(split=split, images=0, by_rank=none) for split in manifest.splits}
    for each in planned(folder, manifest):
        shard = shards[each.shard]
        skipped = np.array([image.name.encode() for image in shard.skipped], np.bytes_)
        kept = np.flatnonzero(~np.isin(each.names, skipped))
        counts[shard.split] = _with(counts[shard.split], each, kept)
    return list(counts.values())


def _with(before: ClassCounts, shard: PlannedShard, kept: npt.NDArray[np.intp]) -> ClassCounts:
    assert before.by_rank is not None
    by_rank = before.by_rank + counted(shard.ranks[kept], len(before.by_rank))
    found = replace(before, images=before.images + len(kept), by_rank=by_rank)
    if found.example or not len(kept):
        return found
    first = int(kept[0])
    return replace(found, example=f"{shard.shard}: {shard.names[first].decode()}", rank=int(shard.ranks[first]))
