"""The target: TFRecord shards of tf.train.Example."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from wizard.errors import Hint, UsageError
from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.sources.classes import Classes
from wizard.targets.dataset import BuiltDataset, Encoded
from wizard.targets.expected import Check, Expectation, Planned, Seen, ShardDamage
from wizard.targets.names import SPLIT_FOLDERS
from wizard.targets.one_file import OneFileShards
from wizard.targets.option import Allowed, Option, given, switch
from wizard.targets.shared_options import INDEX
from wizard.targets.target import Offer
from wizard.targets.tfds import imagenet2012
from wizard.targets.tfds.option import TFDS, TFDS_OPTION
from wizard.targets.tfrecord import index
from wizard.targets.tfrecord.schema import SCHEMAS, Features, Schema, SchemaName
from wizard.targets.tfrecord.trainers import TRAINERS
from wizard.targets.trainer import Trainer

if TYPE_CHECKING:
    from wizard.commit_record import CommitRecord
    from wizard.formats.example import Values
    from wizard.sources.readers import Form
    from wizard.targets.tfrecord.codec import Codec
    from wizard.targets.writer import Encoder, Writer

_NAMED = imagenet2012.NamedFiles(form="tfrecord")
_OPTIONS = {
    "features": Option(
        allowed=(
            Allowed("inception", "15 features per record"),
            Allowed("tpu", "9 features", review="the 9 features of imagenet_to_gcs.py"),
        ),
        description="15 features per record, or the 9 of imagenet_to_gcs.py",
    ),
    "split_folders": switch(
        default=False,
        description="whether each split has a folder of its own: tfrecord_train/, tfrecord_val/, tfrecord_test/",
        text="A folder for each split?",
        label="Split folders",
        review="one folder per split",
    ),
    "index": INDEX,
    "tfds": TFDS_OPTION,
}


@dataclass(frozen=True, kw_only=True)
class TFRecords(OneFileShards):
    """TFRecord shards.

    Attributes:
        features: build_imagenet_data.py's, imagenet_to_gcs.py's, or what the source's records have; unless `tfds`
            names a dataset, whose features these are then.
        split_folders: whether shards lie in a folder for each split instead of beside each other.
        index: whether shards get index files.
        tfds: whether there is metadata for `tfds.builder_from_directory`, or the name by which TFDS finds the dataset.
    """

    features: Features = "inception"
    split_folders: bool = False
    index: bool = True
    tfds: TFDS = False

    format: ClassVar[str] = "tfrecord"
    offer: ClassVar[Offer] = Offer(
        title="TFRecord shards",
        about="for tf.data, DALI and the older trainers",
        help="TFRecord shards are a few large files, read fast from any disk or network.",
        short="TFRecord",
        folder="tfrecords",
    )
    what: ClassVar[str] = "TFRecord shards of tf.train.Example"
    unit: ClassVar[str] = "records"
    boxes_are_usual: ClassVar[bool] = True
    options: ClassVar[Mapping[str, Option]] = _OPTIONS
    trainers: ClassVar[tuple[Trainer, ...]] = TRAINERS
    beside: ClassVar[tuple[str, ...]] = tuple(f"{index.INDEX_FOLDER}/{split}-*-of-*" for split in SPLITS)

    @classmethod
    def from_profile(cls, output: Mapping[str, Any], form: "Form") -> Self:
        """Records of a source keep the features that they have, unless they become those of a dataset of TFDS.

        Raises:
            UsageError: the profile asks for others, or contradicts itself.
        """
        asked = given(cls.options, output)
        if asked.get("tfds") == imagenet2012.NAME:
            imagenet2012.require_labels_from_0(output.get("label_base"))
            _require_tfds_alone(asked)
        elif form == "example":
            if asked.get("features", "inception") != "inception":
                raise UsageError(
                    f"output.features = {asked['features']!r} is for images; records keep the features that they have.",
                    Hint("Leave output.features out, or say {}", "output.features=inception"),
                )
            asked["features"] = "source"
        return cls(**asked)

    @classmethod
    def first_label(cls, output: Mapping[str, Any]) -> int:
        """As build_imagenet_data.py and the scripts after it do."""
        return 0 if output.get("tfds") == imagenet2012.NAME else 1

    @classmethod
    def usual_shards(cls, output: Mapping[str, Any]) -> Mapping[Split, int]:
        usual = super().usual_shards(output)
        return imagenet2012.USUAL_SHARDS if output.get("tfds") == imagenet2012.NAME else usual

    @classmethod
    def variants(cls) -> tuple[Self, ...]:
        return (cls(), cls(split_folders=True), cls(tfds=imagenet2012.NAME))

    def for_classes(self, classes: Classes) -> Self:
        if self.is_named:
            imagenet2012.require_imagenet(classes)
        return self

    @property
    def is_named(self) -> bool:
        """Whether it is the dataset that TFDS knows by name."""
        return self.tfds == imagenet2012.NAME

    @property
    def schema(self) -> Schema:
        """What a record holds."""
        return SCHEMAS[self._schema_name]

    @property
    def ingredients(self) -> dict[str, str]:
        named = {"format": self.schema.what}
        if self.split_folders:
            named["shards lie"] = "in a folder a split"  # hashed into plan ids, so these words stay
        return named | (imagenet2012.INGREDIENT if self.is_named else {})

    @property
    def has_boxes(self) -> bool:
        return self.schema.has_boxes

    @property
    def keeps_features(self) -> bool:
        return self.features == "source" and not self.is_named

    @property
    def places(self) -> tuple[str, ...]:
        if self.is_named:
            return (imagenet2012.FOLDER,)
        return tuple(f"tfrecord_{folder}" for folder in SPLIT_FOLDERS.values()) if self.split_folders else ("",)

    def file(self, shard: str) -> str:
        """A shard's file.

        >>> TFRecords(split_folders=True).file("validation-00000-of-00128")
        'tfrecord_val/validation-00000-of-00128'
        """
        if self.is_named:
            return _NAMED.file(shard)
        return f"tfrecord_{SPLIT_FOLDERS[shard.partition('-')[0]]}/{shard}" if self.split_folders else shard

    def encoder(self) -> "Encoder":
        return self._codec().framed

    def writer(self, folder: Path, split: str, shard: str) -> "Writer":
        if not self.index:
            return super().writer(folder, split, shard)
        from wizard.targets.tfrecord.writer import IndexedShardFile

        return IndexedShardFile(folder, shard, self)

    def sidecars(self, dataset: BuiltDataset) -> dict[str, bytes]:
        return self._codec().metadata(dataset, self.file) if self.tfds else {}

    def listing(self, folder: Path) -> Iterator[str]:
        return _NAMED.listing(folder) if self.is_named else super().listing(folder)

    def wrong_beside(self, folder: Path, result: "CommitRecord") -> str:
        return index.FILES.wrong(folder, result.shard, result.bytes_out, asked=self.index)

    def restore_beside(self, folder: Path, shard: str) -> None:
        index.FILES.restore(folder, shard, folder / self.file(shard), asked=self.index)

    def wrong_bytes(self, expected: Expectation) -> Iterator[str]:
        yield from super().wrong_bytes(expected)
        if self.index:
            yield from index.FILES.differs(Path(expected.folder), expected.result.shard, expected.path)

    def stored(self, expected: Expectation) -> Iterator[Check]:
        from wizard.formats import tfrecord

        codec = self._codec()
        try:
            with expected.path.open("rb") as file:
                for record in tfrecord.records(file):
                    yield partial(codec.seen, record.payload)
        except tfrecord.RecordDamage as damage:
            raise ShardDamage(str(damage)) from damage

    def seen(self, item: Check, planned: Planned, expected: Expectation) -> Seen:
        return item(planned)

    def strays(self, folder: Path, expectations: Sequence[Expectation]) -> Iterator[tuple[str, str]]:
        yield from super().strays(folder, expectations)
        shards = {expected.result.shard for expected in expectations} if self.index else set()
        yield from index.FILES.strays(folder, shards)

    def first_features(self, file: Path) -> "Mapping[str, Values]":
        from wizard.formats import example
        from wizard.targets.tfrecord import tfds

        return {name: example.values(feature) for name, feature in tfds.first_record(file).items()}

    def as_trained(self, files: Sequence[str]) -> Iterator[Encoded]:
        from wizard.targets.tfrecord import with_tensorflow

        schema = self.schema
        return with_tensorflow.as_trained(files, image=schema.image, label=schema.label, for_resnet=schema.for_resnet)

    def items(self, files: Sequence[str]) -> Iterator[bytes]:
        from wizard.targets.tfrecord import with_tensorflow

        return with_tensorflow.payloads(files)

    def encoded(self, item: bytes) -> Encoded:
        from wizard.targets.tfrecord import with_tensorflow

        return with_tensorflow.encoded(item, self.schema.image)

    @property
    def _schema_name(self) -> SchemaName:
        return imagenet2012.NAME if self.is_named else self.features

    def _codec(self) -> "Codec":
        from wizard.targets.tfrecord.codec import CODECS

        return CODECS[self._schema_name]


def _require_tfds_alone(asked: Mapping[str, Any]) -> None:
    """Raises UsageError if options are given that a dataset of TFDS's cannot have."""
    if asked.get("split_folders"):
        raise UsageError(
            f"{imagenet2012.ASKED} puts all shards into {imagenet2012.FOLDER}, and output.split_folders asks for one "
            "folder per split.",
            Hint("Leave output.split_folders out, or say {}", "output.split_folders=false"),
        )
    if asked.get("features", "inception") != "inception":
        raise UsageError(
            f"{imagenet2012.ASKED} has the features of TFDS's own dataset, and output.features = "
            f"{asked['features']!r} asks for others.",
            Hint("Leave output.features out, or say {}", "output.features=inception"),
        )
