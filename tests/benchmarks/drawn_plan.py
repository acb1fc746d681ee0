"""The plan of a dataset as large as ILSVRC2012, with drawn sizes, and the work on each of its images."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from tests.benchmarks.simulation import Seconds
from wizard.engine.plan import Plan, SplitPlan, shuffled
from wizard.engine.transform import Recipe
from wizard.formats.resize import Resize
from wizard.ilsvrc2012.archives import IMAGES, Split
from wizard.ilsvrc2012.synsets import synsets
from wizard.sources.samples import SampleTable, in_one_file
from wizard.targets.tfrecord.target import TFRecords

Bytes = npt.NDArray[np.int64]

SPREAD = 0.88
"""Standard deviation of the logarithm of an image's bytes: 300 photos of ImageNet, of 108 kB on average. The mean that
is drawn is that of the official archives, 115 kB."""
_SEED = 2012


def draw(shards: Mapping[Split, int]) -> Plan:
    """A plan of as many images and bytes as the official archives have, in so many shards of each split."""
    splits = tuple(_split(*each) for each in shards.items())
    return Plan(splits=splits, label_base=1, seed=_SEED, target=TFRecords(index=False))


def draw_sizes(images: int, mean: float) -> Bytes:
    """int64[images], log-normal with about this mean."""
    drawn = np.random.default_rng(_SEED).lognormal(sigma=SPREAD, size=images)
    scaled: Bytes = np.maximum(1, drawn * (mean / drawn.mean())).astype(np.int64)
    return scaled


def in_order(plan: Plan, *, largest_first: bool) -> list[Bytes]:
    """The bytes of each image of each shard, in the order in which the shards are built."""
    return [task.samples.size for task in plan.tasks("/out", skip_bad=False, largest_first=largest_first)]


def seconds(shards: Sequence[Bytes], an_image: float) -> list[Seconds]:
    """The work on each image, if `an_image` is its mean in milliseconds.

    Work is taken to be proportional to an image's bytes, so that shards differ as much as they may: of the 300 photos,
    7 % of the time to decode, resize and encode does not depend on the bytes, and 6 % of that to decode.
    """
    a_byte = an_image / 1000 * sum(map(len, shards)) / sum(int(shard.sum()) for shard in shards)
    return [shard.astype(np.float64) * a_byte for shard in shards]


def _split(split: Split, shards: int) -> SplitPlan:
    archive = IMAGES[split]
    rows = _table(archive.name, draw_sizes(archive.images, archive.image_bytes / archive.images))
    recipe = Recipe(resize=Resize(mode="shortest", size=480), quality=85)
    return shuffled(split, rows, recipe, shards=shards, seed=_SEED)


def _table(file: str, size: Bytes) -> SampleTable:
    wnids = [synset.wnid for synset in synsets()]
    label = (np.arange(len(size)) * len(wnids) // len(size)).astype(np.int16)
    names = [f"{wnids[rank]}_{row}.JPEG".encode() for row, rank in enumerate(label.tolist())]
    offset = np.concatenate([[0], np.cumsum(size)[:-1]])
    return in_one_file(f"/data/{file}", name=np.array(names), offset=offset, size=size, label=label)
