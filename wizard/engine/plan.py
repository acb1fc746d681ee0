"""Which image goes to which shard: pure, seeded, and named by a hash of all that decides a byte of the result."""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from wizard.engine.ingredients import Ingredients, SplitIngredients
from wizard.engine.transform import Check, Recipe
from wizard.formats import encoding
from wizard.sources.classes import Classes
from wizard.sources.names import hash_order
from wizard.sources.samples import SampleTable
from wizard.targets.target import Target

_ROWS = 1 << 16
"""How many images are digested at a time, so that a million of them need little memory."""


@dataclass(frozen=True, kw_only=True, eq=False)
class ShardTask:
    """All that a worker needs to build one shard, small enough to cross a network.

    Attributes:
        name: the shard's.
        folder: the dataset's.
        samples: its images, in the order in which they are written.
        label_base: stored label of rank 0.
        skip_bad: whether an image that cannot be decoded is left out instead of stopping the run.
        crashing: images left out because they crash workers: the reason, by row in `samples`.
        memory: bytes that a worker has for one image; None if there is no limit.
    """

    split: str
    name: str
    folder: str
    samples: SampleTable
    recipe: Recipe
    label_base: int
    skip_bad: bool
    target: Target
    crashing: Mapping[int, str] = field(default_factory=dict)
    memory: int | None = None
    plan_id: str = ""

    @property
    def file(self) -> str:
        """The file that the shard becomes, below the output folder; empty where it becomes none or many."""
        return "" if self.target.one_file_per_image else self.target.file(self.name)

    @property
    def title(self) -> str:
        """What a person calls it: its file, if it has one."""
        return self.file or self.name


@dataclass(frozen=True, kw_only=True, eq=False)
class SplitPlan:
    """One split's share of a plan.

    Attributes:
        table: its images, in any order.
        order: intp[n], the rows of `table` in the order in which they are written.
        ends: intp[shards], how many rows of `order` come before the end of each shard.
        is_shuffled: whether the order is that of `shuffle`; else it is that of the source.
    """

    split: str
    table: SampleTable
    order: npt.NDArray[np.intp]
    ends: npt.NDArray[np.intp]
    recipe: Recipe
    is_shuffled: bool = True

    @property
    def shards(self) -> int:
        """The number of shards."""
        return len(self.ends)

    @property
    def bytes(self) -> npt.NDArray[np.int64]:
        """int64[shards], the bytes of the images that each shard is made from."""
        until = np.concatenate([[0], np.cumsum(self.table.size[self.order])])
        sizes: npt.NDArray[np.int64] = np.diff(until[np.concatenate([[0], self.ends])])
        return sizes

    def rows(self, index: int) -> npt.NDArray[np.intp]:
        """The rows of `table` that shard `index` holds, in order."""
        return self.order[self.ends[index - 1] if index else 0 : self.ends[index]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """Everything that decides the result's bytes; `label_base` is the stored label of rank 0."""

    splits: tuple[SplitPlan, ...]
    label_base: int
    seed: int
    target: Target

    @property
    def classes(self) -> Classes:
        """The classes of the labels; the same for every split."""
        return self.splits[0].table.classes

    @cached_property
    def ingredients(self) -> Ingredients:
        """The ingredients that the plan id is a hash of."""
        return ingredients(
            self.target,
            self.label_base,
            self.seed,
            {split.split: _of_split(split) for split in self.splits},
            [split.recipe for split in self.splits],
            _of_classes(self.classes),
        )

    @property
    def plan_id(self) -> str:
        """A short name for the plan: 16 hex digits."""
        return self.ingredients.plan_id

    @property
    def unlabeled(self) -> tuple[str, ...]:
        """The splits of which no image has a class."""
        return tuple(each.split for each in self.splits if len(each.table) and not (each.table.label >= 0).any())

    @property
    def shard_names(self) -> list[str]:
        """The names of all shards, split by split."""
        name = self.target.shard
        names: list[str] = []
        for each in self.splits:
            names += (name(each.split, index, each.shards) for index in range(each.shards))
        return names

    def tasks(
        self,
        folder: str,
        *,
        skip_bad: bool,
        without: Collection[str] = (),
        memory: int | None = None,
        checks: Mapping[str, Check] | None = None,
        largest_first: bool = False,
    ) -> Iterator[ShardTask]:
        """Every shard's task, but for the shards named in `without`.

        Args:
            folder: the dataset's.
            skip_bad: whether an image that cannot be decoded is left out instead of stopping the run.
            without: names of shards.
            memory: bytes that a worker has for one image; None if there is no limit.
            checks: the splits whose images are checked in another way than their recipe says.
            largest_first: whether shards of more bytes come first, so that no core waits long for the last one; else
                they come split by split.
        """
        shards = [(split, index) for split in self.splits for index in range(split.shards)]
        if largest_first:
            sizes = np.concatenate([split.bytes for split in self.splits])
            order = np.argsort(-sizes, kind="stable")
            shards = [shards[place] for place in order]
        tasks = {
            split.split: self.empty_task(split, folder=folder, skip_bad=skip_bad, memory=memory, checks=checks)
            for split in self.splits
        }
        for split, index in shards:
            name = self.target.shard(split.split, index, split.shards)
            if name not in without:
                yield replace(tasks[split.split], name=name, samples=split.table.take(split.rows(index)))

    def empty_task(
        self,
        split: SplitPlan,
        *,
        folder: str,
        skip_bad: bool,
        memory: int | None = None,
        checks: Mapping[str, Check] | None = None,
    ) -> ShardTask:
        """What all tasks of a split have in common, without a name or images; its arguments are those of `tasks`."""
        return ShardTask(
            split=split.split,
            name="",
            folder=folder,
            samples=split.table.take(np.empty(0, np.intp)),
            recipe=replace(split.recipe, check=(checks or {}).get(split.split, split.recipe.check)),
            label_base=self.label_base,
            skip_bad=skip_bad,
            target=self.target,
            memory=memory,
            plan_id=self.plan_id,
        )


def ingredients(
    target: Target,
    label_base: int,
    seed: int,
    splits: Mapping[str, SplitIngredients],
    recipes: Iterable[Recipe],
    classes: str = "",
) -> Ingredients:
    """The ingredients of a plan that this version of the program makes; `recipes` are those of its splits."""
    return Ingredients(
        target=target.ingredients,
        codecs=encoding.codecs({recipe.encoder for recipe in recipes}),
        seed=seed,
        label_base=label_base if target.stores_labels else None,
        splits=splits,
        classes=classes,
    )


def _of_split(split: SplitPlan) -> SplitIngredients:
    return SplitIngredients(
        shards=split.shards,
        recipe=str(split.recipe),
        images=len(split.table),
        boxes=len(split.table.boxes),
        contents=_digest(split.table),
        order="" if split.is_shuffled else _digest_of_order(split),
    )


def _of_classes(classes: Classes) -> str:
    if classes.whole_imagenet:
        return ""
    digest = hashlib.sha256(json.dumps([classes.names, classes.words]).encode()).hexdigest()
    return f"{len(classes):,} of the source's own, {digest[:16]}"


def shuffled(split: str, table: SampleTable, recipe: Recipe, *, shards: int, seed: int) -> SplitPlan:
    """A split whose images are shuffled and spread evenly: shard i of n gets i*N//n to (i+1)*N//n."""
    order = shuffle(table.name, seed)
    return SplitPlan(split=split, table=table, order=order, ends=_even(len(table), shards), recipe=recipe)


def _even(count: int, shards: int) -> npt.NDArray[np.intp]:
    return np.arange(1, shards + 1, dtype=np.intp) * count // max(1, shards)


def in_source_order(split: str, table: SampleTable, recipe: Recipe, *, shards: int = 0) -> SplitPlan:
    """A split whose images keep the order in which they lie in their files; 0 shards make each file one."""
    order = np.lexsort((table.offset, table.file))
    ends = _even(len(table), shards)
    if not shards:
        ends = np.cumsum(np.bincount(table.file, minlength=len(table.files))).astype(np.intp)
    return SplitPlan(split=split, table=table, order=order, ends=ends, recipe=recipe, is_shuffled=False)


def shuffle(names: npt.NDArray[np.bytes_], seed: int) -> npt.NDArray[np.intp]:
    """The order of the names' keyed hashes: a fixed shuffle that does not depend on the input order.

    Args:
        names: bytes[n].
        seed: 0 to 2**63 - 1.

    Returns:
        intp[n], a permutation.
    """
    return hash_order(names, seed.to_bytes(8, "little"))


def _digest(table: SampleTable) -> str:
    """Digest of names, sizes, labels and boxes; independent of the order of the images."""
    order = np.argsort(table.name, kind="stable")
    digest = hashlib.sha256()
    for start in range(0, len(order), _ROWS):
        rows = table.take(order[start : start + _ROWS])
        digest.update(b"\n".join(rows.name.tolist()))
        # One byte order, so that every machine names the plan alike.
        for column in (rows.size, rows.label, np.diff(rows.first_box), rows.boxes):
            digest.update(np.ascontiguousarray(column).astype(column.dtype.newbyteorder("<")).tobytes())
    return digest.hexdigest()[:16]


def _digest_of_order(split: SplitPlan) -> str:
    digest = hashlib.sha256(split.ends.astype("<i8").tobytes())
    for start in range(0, len(split.order), _ROWS):
        digest.update(b"\n".join(split.table.name[split.order[start : start + _ROWS]].tolist()))
    return digest.hexdigest()[:16]
