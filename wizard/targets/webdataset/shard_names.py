"""Names of shards as trainers have them: this program's own, timm's, and those of webdataset's examples."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.targets.option import Allowed, Option

Names = Literal["plain", "timm", "webdataset"]


@dataclass(frozen=True, kw_only=True)
class ShardNames:
    """How the shards of a dataset are named.

    Attributes:
        dataset: what the names begin with if the classes are those of ILSVRC2012; empty for nothing.
        words: what a split is called.
        digits: of a shard's number, at least.
        few: digits at least, where a split has a hundred shards or fewer and its name is not train.
        usual: how many shards each split has, unless the profile says so.
    """

    dataset: str
    words: Mapping[str, str]
    digits: int
    few: int
    usual: Mapping[Split, int]

    def number(self, split: str, index: int, shards: int) -> str:
        """A shard's number, with zeros in front, so that all of a split have as many digits as the last one needs.

        >>> NAMES["timm"].number("train", 7, 1024), NAMES["timm"].number("train", 7, 20_000)
        ('0007', '00007')
        >>> NAMES["timm"].number("validation", 7, 64), NAMES["timm"].number("validation", 7, 512)
        ('07', '0007')
        """
        least = self.few if split != "train" and shards <= _FEW else self.digits
        digits = max(least, len(str(shards - 1)))
        return f"{index:0{digits}d}"


_FEW = 100
_AS_THEY_ARE: dict[str, str] = {split: split for split in SPLITS}

# timm's published sets have four digits (1k, 12k, 22k and w21 train, 12k and 22k validation), except for the 64 shards
# of ImageNet-1k's validation split, which have two. Source: the files of timm/imagenet-1k-wds and -12k-wds.
# webdataset's examples read imagenet-train-{000000..001281}.tar and imagenet-val-{000000..000049}.tar
# (`train-resnet50-multiray-wds.ipynb`, webdataset 1.0).
NAMES: Mapping[Names, ShardNames] = {
    "plain": ShardNames(
        dataset="",
        words=_AS_THEY_ARE,
        digits=6,
        few=6,
        usual={"train": 1024, "validation": 128, "test": 128},
    ),
    "timm": ShardNames(
        dataset="imagenet1k",
        words=_AS_THEY_ARE,
        digits=4,
        few=2,
        usual={"train": 1024, "validation": 64, "test": 128},
    ),
    "webdataset": ShardNames(
        dataset="imagenet",
        words={**_AS_THEY_ARE, "validation": "val"},
        digits=6,
        few=6,
        usual={"train": 1282, "validation": 50, "test": 100},
    ),
}
NAMES_OPTION = Option(
    allowed=(
        Allowed("plain", "train-000000.tar", "the split and a number alone"),
        Allowed("timm", "imagenet1k-train-0000.tar", "as timm's shards", review="shards named as timm's"),
        Allowed(
            "webdataset",
            "imagenet-train-000000.tar",
            "as in webdataset's examples",
            review="shards named as in webdataset's examples",
        ),
    ),
    description="how shards are named; imagenet1k- and imagenet- only if the classes are ILSVRC2012's",
    text="How are the shards named?",
    label="Shard names",
    help="Training scripts with fixed shard names find those of timm or webdataset unchanged. The number of shards "
    "follows, unless it is given. Names say imagenet only if the classes are the 1,000 of ILSVRC2012.",
)


def patterns() -> Iterator[str]:
    """Globs of the shards that may be in a folder, whatever their names: a reader of tars finds those of any kind."""
    datasets = sorted({names.dataset for names in NAMES.values()})
    words = sorted({word for names in NAMES.values() for word in names.words.values()})
    for dataset in datasets:
        yield from ("-".join(filter(None, (dataset, word, "*.tar"))) for word in words)
