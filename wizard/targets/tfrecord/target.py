"""The target: TFRecord shards of tf.train.Example."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from wizard.commit_record import CommitRecord
from wizard.errors import UsageError
from wizard.formats import example, tfrecord
from wizard.ilsvrc2012.archives import SPLITS
from wizard.sources.readers import Form
from wizard.targets.dataset import BuiltDataset, Encoded
from wizard.targets.expected import Expectation, Planned, Seen, ShardDamage
from wizard.targets.names import SPLIT_FOLDERS
from wizard.targets.one_file import OneFileShards, ShardFile
from wizard.targets.option import Allowed, Option, given, switch
from wizard.targets.sample import OutputSample
from wizard.targets.shared_options import INDEX
from wizard.targets.target import Offer
from wizard.targets.tfrecord import check, index, tfds, with_tensorflow
from wizard.targets.tfrecord.features import features_of, updated_features
from wizard.targets.tfrecord.trainers import TRAINERS
from wizard.targets.trainer import Trainer
from wizard.targets.writer import Committed, Writer

Features = Literal["inception", "tpu", "source"]

_VERSIONS: dict[Features, str] = {
    "inception": "tf.train.Example with the 15 features of build_imagenet_data.py, version 1",
    "tpu": "tf.train.Example with the 9 features of imagenet_to_gcs.py, version 1",
    "source": "tf.train.Example with the features of its source, version 1",
}

_OPTIONS = {
    "features": Option(
        allowed=(
            Allowed("inception", "15 features a record"),
            Allowed("tpu", "9 features", review="the 9 features of imagenet_to_gcs.py"),
        ),
        description="15 features a record, or the 9 of imagenet_to_gcs.py",
    ),
    "split_folders": switch(
        default=False,
        description="tfrecord_train/, tfrecord_val/, tfrecord_test/ instead of one folder",
        text="A folder for each split?",
        label="Split folders",
        review="a folder a split",
    ),
    "index": INDEX,
    "tfds": switch(
        default=False,
        description="metadata for tfds.builder_from_directory",
        text="Metadata for TensorFlow Datasets?",
        label="TFDS metadata",
        review="TFDS metadata",
    ),
}


@dataclass(frozen=True, kw_only=True)
class TFRecords(OneFileShards):
    """TFRecord shards.

    Attributes:
        features: build_imagenet_data.py's, imagenet_to_gcs.py's, or what the source's records have.
        split_folders: whether shards lie in a folder for each split instead of beside each other.
        index: whether shards get index files.
        tfds: whether there is metadata for `tfds.builder_from_directory`.
    """

    features: Features = "inception"
    split_folders: bool = False
    index: bool = True
    tfds: bool = False

    format: ClassVar[str] = "tfrecord"
    offer: ClassVar[Offer] = Offer(
        title="TFRecord shards",
        about="for tf.data, DALI and the older trainers",
        help="TFRecord shards are few large files, read fast from any disk or network.",
        short="TFRecord",
        folder="tfrecords",
    )
    what: ClassVar[str] = "TFRecord shards of tf.train.Example"
    unit: ClassVar[str] = "records"
    options: ClassVar[Mapping[str, Option]] = _OPTIONS
    trainers: ClassVar[tuple[Trainer, ...]] = TRAINERS
    beside: ClassVar[tuple[str, ...]] = tuple(f"{index.INDEX_FOLDER}/{split}-*-of-*" for split in SPLITS)

    @classmethod
    def from_profile(cls, output: Mapping[str, Any], form: Form) -> Self:
        """Records of a source keep the features that they have.

        Raises:
            UsageError: the profile asks for others.
        """
        asked = given(cls.options, output)
        if form == "example":
            if asked.get("features", "inception") != "inception":
                raise UsageError(
                    f"output.features = {asked['features']!r} is for images; records keep the features that they have.",
                    "Leave output.features out",
                )
            asked["features"] = "source"
        return cls(**asked)

    @classmethod
    def first_label(cls, output: Mapping[str, Any]) -> int:
        """As the older scripts do."""
        return 1

    @classmethod
    def variants(cls) -> tuple[Self, ...]:
        return (cls(), cls(split_folders=True))

    @property
    def ingredients(self) -> dict[str, str]:
        named = {"format": _VERSIONS[self.features]}
        if self.split_folders:
            named["shards lie"] = "in a folder a split"
        return named

    @property
    def has_boxes(self) -> bool:
        return self.features != "tpu"

    @property
    def keeps_features(self) -> bool:
        return self.features == "source"

    @property
    def places(self) -> tuple[str, ...]:
        return tuple(f"tfrecord_{folder}" for folder in SPLIT_FOLDERS.values()) if self.split_folders else ("",)

    def file(self, shard: str) -> str:
        """A shard's file.

        >>> TFRecords(split_folders=True).file("validation-00000-of-00128")
        'tfrecord_val/validation-00000-of-00128'
        """
        return f"tfrecord_{SPLIT_FOLDERS[shard.partition('-')[0]]}/{shard}" if self.split_folders else shard

    def encode(self, sample: OutputSample) -> bytes:
        if self.keeps_features:
            return tfrecord.frame(example.join(updated_features(sample)))
        return tfrecord.frame(example.encode(features_of(sample, with_objects=self.has_boxes)))

    def writer(self, folder: Path, split: str, shard: str) -> Writer:
        return _IndexedShardFile(folder, shard, self) if self.index else ShardFile(folder, shard, self)

    def sidecars(self, dataset: BuiltDataset) -> dict[str, bytes]:
        if not self.tfds:
            return {}
        kinds = tfds.kinds_of_source(dataset, self.file) if self.keeps_features else tfds.kinds(self.has_boxes)
        return tfds.metadata(dataset, kinds, self.file)

    def wrong_beside(self, folder: Path, result: CommitRecord) -> str:
        return index.FILES.wrong(folder, result.shard, result.bytes_out, asked=self.index)

    def restore_beside(self, folder: Path, shard: str) -> None:
        path = folder / self.file(shard)
        if not self.index or not path.is_file():
            index.FILES.remove(folder, shard)
            return
        try:
            lines = index.FILES.of_shard(path)
        except (tfrecord.RecordDamage, OSError) as damage:
            raise ShardDamage(str(damage)) from damage
        index.FILES.write(folder, shard, lines)

    def wrong_bytes(self, expected: Expectation) -> Iterator[str]:
        yield from super().wrong_bytes(expected)
        if self.index:
            yield from index.FILES.differs(Path(expected.folder), expected.result.shard, expected.path)

    def stored(self, expected: Expectation) -> Iterator[bytes]:
        try:
            with expected.path.open("rb") as file:
                for record in tfrecord.records(file):
                    yield record.payload
        except tfrecord.RecordDamage as damage:
            raise ShardDamage(str(damage)) from damage

    def seen(self, item: bytes, planned: Planned, expected: Expectation) -> Seen:
        if self.keeps_features:
            return check.seen_of_source(item, planned)
        return check.seen(item, planned, with_objects=self.has_boxes)

    def strays(self, folder: Path, expectations: Sequence[Expectation]) -> Iterator[tuple[str, str]]:
        yield from super().strays(folder, expectations)
        shards = {expected.result.shard for expected in expectations} if self.index else set()
        yield from index.FILES.strays(folder, shards)

    def first_features(self, file: Path) -> Mapping[str, example.Values]:
        return {name: example.values(feature) for name, feature in tfds.first_record(file).items()}

    def as_trained(self, files: Sequence[str]) -> Iterator[Encoded]:
        return with_tensorflow.as_trained(files, any_features=self.keeps_features)

    def items(self, files: Sequence[str]) -> Iterator[bytes]:
        return with_tensorflow.payloads(files)

    def encoded(self, item: bytes) -> Encoded:
        return with_tensorflow.encoded(item)


class _IndexedShardFile(ShardFile):
    def __init__(self, folder: Path, shard: str, target: TFRecords) -> None:
        super().__init__(folder, shard, target)
        self._folder, self._shard = folder, shard
        self._lines: list[str] = []

    def append(self, content: bytes) -> None:
        if content:
            self._lines.append(index.line(self.size, len(content)))
        super().append(content)

    def commit(self) -> Committed:
        """Puts the index in place first: a shard that is there has one."""
        index.FILES.write(self._folder, self._shard, "".join(self._lines))
        return super().commit()
