"""The target: WebDataset tars, a sample of jpg, cls and json for each image."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from wizard.formats.padding import END
from wizard.ilsvrc2012.archives import Split
from wizard.sources.classes import Classes
from wizard.targets.dataset import BuiltDataset, Encoded
from wizard.targets.expected import Expectation, Planned, Seen, ShardDamage
from wizard.targets.one_file import OneFileShards
from wizard.targets.option import Option
from wizard.targets.shared_options import INDEX
from wizard.targets.target import Offer
from wizard.targets.trainer import Trainer
from wizard.targets.webdataset import dali_index
from wizard.targets.webdataset.members import KINDS, OLDER_KINDS, older_key, parsed, sample_key
from wizard.targets.webdataset.shard_names import NAMES, NAMES_OPTION, Names, ShardNames, patterns
from wizard.targets.webdataset.trainers import TRAINERS

if TYPE_CHECKING:
    from wizard.commit_record import CommitRecord
    from wizard.sources.readers import Form
    from wizard.targets.webdataset.check import StoredSample
    from wizard.targets.writer import Encoder, Writer

_VERSION = 2
_SIDES = ("height", "width")


@dataclass(frozen=True, kw_only=True)
class WebDataset(OneFileShards):
    """WebDataset tars.

    Attributes:
        names: whose names the shards have.
        dataset: what the names begin with; empty for nothing.
        index: whether shards get index files for DALI.
        version: of the samples. In version 1, the boxes of the json were a list, keys could have any characters, and
            there were no lists of the shards.
    """

    names: Names = "plain"
    dataset: str = ""
    index: bool = True
    version: int = _VERSION

    format: ClassVar[str] = "webdataset"
    offer: ClassVar[Offer] = Offer(
        title="WebDataset tars",
        about="train-000000.tar, read in sequence over a network too",
        help="WebDataset tars are a few large files, read in sequence by PyTorch code.",
        short="WebDataset",
        folder="webdataset",
    )
    what: ClassVar[str] = "WebDataset tars"
    unit: ClassVar[str] = "samples"
    options: ClassVar[Mapping[str, Option]] = {"names": NAMES_OPTION, "index": INDEX}
    trainers: ClassVar[tuple[Trainer, ...]] = TRAINERS
    has_distinct_places: ClassVar[bool] = True
    trailer: ClassVar[bytes] = END
    beside: ClassVar[tuple[str, ...]] = (f"{dali_index.INDEX_FOLDER}/*{dali_index.SUFFIX}",)

    @classmethod
    def from_profile(cls, output: Mapping[str, Any], form: "Form") -> Self:
        """Shards are named as those of ImageNet; see `for_classes`."""
        target = super().from_profile(output, form)
        return replace(target, dataset=NAMES[target.names].dataset)

    @classmethod
    def usual_shards(cls, output: Mapping[str, Any]) -> Mapping[Split, int]:
        """As many as the datasets have whose names the shards get."""
        return NAMES[output.get("names") or "plain"].usual

    @classmethod
    def from_manifest(cls, options: Mapping[str, Any]) -> Self:
        """The manifests of version 1 state no options."""
        older = {} if "version" in options else {"index": False, "version": 1}
        return cls(**{**older, **options})

    def for_classes(self, classes: Classes) -> Self:
        """Shards of other classes than ImageNet's thousand are not named imagenet1k."""
        return self if classes.whole_imagenet else replace(self, dataset="")

    @property
    def ingredients(self) -> dict[str, str]:
        named = {"format": f"WebDataset tars with jpg, cls and json, version {self.version}"}
        if self.names != "plain":
            named["shards are named"] = f"as {self.names} names them, {self.dataset or 'without the name of a dataset'}"
        return named

    @property
    def has_boxes(self) -> bool:
        return True

    def shard(self, split: str, index: int, shards: int) -> str:
        """The name of a shard.

        >>> WebDataset().shard("train", 7, 1024), WebDataset(names="timm").shard("validation", 7, 64)
        ('train-000007.tar', 'validation-07.tar')
        """
        return f"{split}-{self._shard_names.number(split, index, shards)}.tar"

    def file(self, shard: str) -> str:
        """A shard's file.

        >>> WebDataset(names="webdataset", dataset="imagenet").file("validation-000007.tar")
        'imagenet-val-000007.tar'
        """
        split, _, number = shard.partition("-")
        words = (self.dataset, self._shard_names.words[split], number)
        return "-".join(filter(None, words))

    def place(self, split: str, name: str, wnid: str) -> str:
        return sample_key(name) if self.version == _VERSION else older_key(name)

    def encoder(self) -> "Encoder":
        from wizard.targets.webdataset.writer import archived_sample

        return archived_sample

    def writer(self, folder: Path, split: str, shard: str) -> "Writer":
        if not self.index:
            return super().writer(folder, split, shard)
        from wizard.targets.webdataset.writer import IndexedShardFile

        return IndexedShardFile(folder, shard, self)

    def listing(self, folder: Path) -> Iterator[str]:
        named = {file.name for pattern in patterns() for file in folder.glob(pattern)}
        yield from sorted(named.union(super().listing(folder)))

    def sidecars(self, dataset: BuiltDataset) -> dict[str, bytes]:
        if self.version != _VERSION:
            return {}
        from wizard.targets.webdataset import lists

        splits = {split: [*shards] for split, shards in groupby(dataset.shards, key=lambda shard: shard.split)}
        name = self.dataset or ("imagenet1k" if dataset.classes.whole_imagenet else "images")
        indexes = {
            f"{dali_index.INDEX_FOLDER}/{split}.json": lists.wids_index(
                f"{name}-{self._shard_names.words[split]}", shards, lambda shard: f"../{self.file(shard)}"
            )
            for split, shards in splits.items()
        }
        return {lists.INFO: lists.timm_info(name, splits, self.file), **indexes}

    def wrong_beside(self, folder: Path, result: "CommitRecord") -> str:
        return dali_index.FILES.wrong(folder, self._index(result.shard), result.bytes_out, asked=self.index)

    def restore_beside(self, folder: Path, shard: str) -> None:
        dali_index.FILES.restore(folder, self._index(shard), folder / self.file(shard), asked=self.index)

    def wrong_bytes(self, expected: Expectation) -> Iterator[str]:
        yield from super().wrong_bytes(expected)
        if self.index:
            name = self._index(expected.result.shard)
            yield from dali_index.FILES.differs(Path(expected.folder), name, expected.path)

    def stored(self, expected: Expectation) -> "Iterator[StoredSample]":
        from wizard.formats import tar
        from wizard.targets.webdataset import check

        try:
            with expected.path.open("rb") as file:
                yield from check.samples(file)
        except tar.TarDamage as damage:
            raise ShardDamage(str(damage)) from damage

    def seen(self, item: "StoredSample", planned: Planned, expected: Expectation) -> Seen:
        kinds = KINDS if self.version == _VERSION else OLDER_KINDS
        return item.seen(planned, self.place(expected.result.split, planned.name, planned.wnid), kinds)

    def strays(self, folder: Path, expectations: Sequence[Expectation]) -> Iterator[tuple[str, str]]:
        yield from super().strays(folder, expectations)
        results = [expected.result for expected in expectations]
        known = {f"{result.split}.json" for result in results} if self.version == _VERSION else set()
        known |= {self._index(result.shard) for result in results} if self.index else set()
        yield from dali_index.FILES.strays(folder, known)

    def as_trained(self, files: Sequence[str]) -> Iterator[Encoded]:
        for item in self.items(files):
            yield self.encoded(item)._replace(label=int(item["cls"]))

    def items(self, files: Sequence[str]) -> Iterator[dict[str, bytes]]:
        """The samples' fields: consecutive members with the same name up to the first dot.

        Raises:
            tarfile.TarError: a tar cannot be read.
        """
        import tarfile

        for file in files:
            with tarfile.open(file, "r:") as archive:
                for _, members in groupby(archive, key=lambda member: member.name.partition(".")[0]):
                    fields: dict[str, bytes] = {}
                    for member in members:
                        content = archive.extractfile(member)
                        fields[member.name.partition(".")[2]] = content.read() if content else b""
                    yield fields

    def encoded(self, item: dict[str, bytes]) -> Encoded:
        described = parsed(item.get("json", b""))
        stated = described if isinstance(described, dict) else {}
        return Encoded(item["jpg"], None, {side: stated[side] for side in _SIDES if side in stated})

    @property
    def _shard_names(self) -> ShardNames:
        return NAMES[self.names]

    def _index(self, shard: str) -> str:
        return dali_index.index_name(self.file(shard))
