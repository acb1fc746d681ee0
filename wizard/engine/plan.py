"""Which image goes to which shard: pure, seeded, and named by a hash of all that decides a byte of the result."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wizard.engine.transform import Recipe
from wizard.formats.jpeg import CODECS
from wizard.sources.samples import SampleTable

FORMAT = "tf.train.Example with the 15 features of build_imagenet_data.py, version 1"
"""Changes whenever the same images and answers would give other bytes."""

_ROWS = 1 << 16
"""How many images are digested at a time, so that a million of them need little memory."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ShardTask:
    """All that a worker needs to build one shard, small enough to cross a network.

    Attributes:
        split: train or validation.
        index: place among the split's shards, from 0.
        shards: how many shards the split has.
        folder: where the shard goes.
        samples: its images, in the order in which they are written.
        recipe: what becomes of them.
        label_base: stored label of rank 0.
        skip_bad: whether an image that cannot be decoded is left out instead of stopping the run.
    """

    split: str
    index: int
    shards: int
    folder: str
    samples: SampleTable
    recipe: Recipe
    label_base: int
    skip_bad: bool

    @property
    def name(self) -> str:
        """The shard's file name."""
        return shard_name(self.split, self.index, self.shards)


@dataclass(frozen=True, kw_only=True, eq=False)
class SplitPlan:
    """One split's share of a plan.

    Attributes:
        split: train or validation.
        table: its images, in any order.
        order: intp[n], the rows of `table` in the order in which they are written.
        shards: how many files they are spread over.
        recipe: what becomes of the images.
    """

    split: str
    table: SampleTable
    order: npt.NDArray[np.intp]
    shards: int
    recipe: Recipe

    def rows(self, index: int) -> npt.NDArray[np.intp]:
        """The rows of `table` that shard `index` holds, in order."""
        count = len(self.order)
        return self.order[index * count // self.shards : (index + 1) * count // self.shards]


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """Everything that decides the result's bytes.

    Attributes:
        splits: in the order in which they are built.
        label_base: stored label of rank 0.
        seed: of the shuffle.
    """

    splits: tuple[SplitPlan, ...]
    label_base: int
    seed: int

    @property
    def ingredients(self) -> dict[str, str]:
        """What `plan_id` is a hash of, by name, so that a difference can be told."""
        named = settings(self.label_base, self.seed, {each.split: (each.shards, each.recipe) for each in self.splits})
        for split in self.splits:
            named[f"{split.split} images"] = f"{len(split.table):,}"
            named[f"{split.split} boxes"] = f"{len(split.table.boxes):,}"
            named[f"{split.split} contents"] = _digest(split.table)
        return named

    @property
    def shard_names(self) -> list[str]:
        """The file names of all shards, split by split."""
        return [shard_name(split.split, index, split.shards) for split in self.splits for index in range(split.shards)]

    def tasks(self, folder: str, *, skip_bad: bool, without: Collection[str] = ()) -> Iterator[ShardTask]:
        """Every shard's task, split by split, but for the shards named in `without`."""
        for split in self.splits:
            for index in range(split.shards):
                if shard_name(split.split, index, split.shards) in without:
                    continue
                yield ShardTask(
                    split=split.split,
                    index=index,
                    shards=split.shards,
                    folder=folder,
                    samples=split.table.take(split.rows(index)),
                    recipe=split.recipe,
                    label_base=self.label_base,
                    skip_bad=skip_bad,
                )


def settings(label_base: int, seed: int, splits: Mapping[str, tuple[int, Recipe]]) -> dict[str, str]:
    """The ingredients that are known before any image is: those of the answers and of this program."""
    named = {"format": FORMAT, "codecs": CODECS, "label base": str(label_base), "seed": str(seed)}
    for split, (shards, recipe) in splits.items():
        named |= {f"{split} shards": str(shards), f"{split} recipe": str(recipe)}
    return named


def shard_name(split: str, index: int, shards: int) -> str:
    """The file name of a shard.

    >>> shard_name("train", 7, 1024)
    'train-00007-of-01024'
    """
    return f"{split}-{index:05d}-of-{shards:05d}"


def shuffle(names: npt.NDArray[np.bytes_], seed: int) -> npt.NDArray[np.intp]:
    """The order of the names' keyed hashes: a fixed shuffle that knows nothing of the order they come in.

    Args:
        names: bytes[n].
        seed: 0 to 2**63 - 1.

    Returns:
        intp[n], a permutation.
    """
    key = seed.to_bytes(8, "little")
    hashes = (int.from_bytes(hashlib.blake2b(name, digest_size=8, key=key).digest()) for name in names)
    return np.lexsort((names, np.fromiter(hashes, dtype=np.uint64, count=len(names))))


def plan_id(ingredients: Mapping[str, str]) -> str:
    """A short name for a plan: 16 hex digits."""
    return hashlib.sha256(json.dumps(ingredients, sort_keys=True).encode()).hexdigest()[:16]


def _digest(table: SampleTable) -> str:
    """Of names, sizes, labels and boxes, whatever order the images come in."""
    order = np.argsort(table.name, kind="stable")
    digest = hashlib.sha256()
    for start in range(0, len(order), _ROWS):
        rows = table.take(order[start : start + _ROWS])
        digest.update(b"\n".join(rows.name.tolist()))
        for column in (rows.size, rows.label, np.diff(rows.first_box), rows.boxes):
            digest.update(np.ascontiguousarray(column).astype(column.dtype.newbyteorder("<")).tobytes())
    return digest.hexdigest()[:16]
