"""The target: ArrayRecord shards of tf.train.Example, for Grain and TFDS."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from wizard.errors import MachineError, UsageError
from wizard.formats.array_record import INSTALL, ArrayRecordDamage, ArrayRecordFile, installed_version
from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.sources.classes import Classes
from wizard.targets.arrayrecord.trainers import TRAINERS
from wizard.targets.dataset import BuiltDataset, Encoded
from wizard.targets.expected import Check, Expectation, Planned, Seen, ShardDamage
from wizard.targets.one_file import OneFileShards
from wizard.targets.option import Option
from wizard.targets.target import Offer
from wizard.targets.tfds import imagenet2012
from wizard.targets.tfds.option import TFDS, TFDS_OPTION
from wizard.targets.trainer import Trainer

if TYPE_CHECKING:
    from wizard.sources.readers import Form
    from wizard.targets.tfds.metadata import FileFormat
    from wizard.targets.writer import Encoder, Writer

_FORM: "FileFormat" = "array_record"
_NAMED = imagenet2012.NamedFiles(form=_FORM)


@dataclass(frozen=True, kw_only=True)
class ArrayRecords(OneFileShards):
    """ArrayRecord shards, whose records are those of TFDS's imagenet2012.

    Attributes:
        tfds: whether there is metadata for `tfds.builder_from_directory`, or the name by which TFDS finds the dataset.
    """

    tfds: TFDS = False

    format: ClassVar[str] = "arrayrecord"
    offer: ClassVar[Offer] = Offer(
        title="ArrayRecord shards",
        about="for Grain, JAX and TFDS without TensorFlow",
        help="ArrayRecord shards are a few large files whose images can be read in any order.",
        short="ArrayRecord",
        folder="arrayrecords",
    )
    what: ClassVar[str] = "ArrayRecord shards of tf.train.Example"
    unit: ClassVar[str] = "records"
    writing: ClassVar[int] = 26 << 20  # measured, with records of 110 kB: the package itself, zstd, and its buffers
    options: ClassVar[Mapping[str, Option]] = {"tfds": TFDS_OPTION}
    trainers: ClassVar[tuple[Trainer, ...]] = TRAINERS

    @classmethod
    def lacking(cls) -> str:
        return "" if installed_version() else INSTALL

    @classmethod
    def require_installed(cls) -> None:
        if cls.lacking():
            raise UsageError(
                f'output.format = "{cls.format}" needs the package array_record, which is not installed.',
                f"Install it: {INSTALL} (there are wheels for Linux and macOS)",
            )

    @classmethod
    def from_profile(cls, output: Mapping[str, Any], form: "Form") -> Self:
        """Of a source's records, only what has a place here is kept.

        Raises:
            UsageError: the profile contradicts itself.
        """
        if output.get("tfds") == imagenet2012.NAME:
            imagenet2012.require_labels_from_0(output.get("label_base"))
        return super().from_profile(output, form)

    @classmethod
    def usual_shards(cls, output: Mapping[str, Any]) -> Mapping[Split, int]:
        """As of TFDS, whose records they are."""
        return imagenet2012.USUAL_SHARDS

    @classmethod
    def variants(cls) -> tuple[Self, ...]:
        return (cls(), cls(tfds=imagenet2012.NAME))

    def for_classes(self, classes: Classes) -> Self:
        if self.is_named:
            imagenet2012.require_imagenet(classes)
        return self

    @property
    def is_named(self) -> bool:
        """Whether it is the dataset that TFDS knows by name."""
        return self.tfds == imagenet2012.NAME

    @property
    def ingredients(self) -> dict[str, str]:
        # Another version of the package may compress otherwise, as another encoder may write another JPEG.
        named = {"format": f"{imagenet2012.WHAT} in ArrayRecord, version 1, by array_record {installed_version()}"}
        return named | (imagenet2012.INGREDIENT if self.is_named else {})

    @property
    def places(self) -> tuple[str, ...]:
        return (imagenet2012.FOLDER,) if self.is_named else ("",)

    def file(self, shard: str) -> str:
        """A shard's file.

        >>> ArrayRecords().file("train-00007-of-01024")
        'train.array_record-00007-of-01024'
        """
        if self.is_named:
            return _NAMED.file(shard)
        split, _, number = shard.partition("-")
        return f"{split}.{_FORM}-{number}"

    def encoder(self) -> "Encoder":
        from wizard.targets.tfds.record import CODEC

        return CODEC.encode

    def writer(self, folder: Path, split: str, shard: str) -> "Writer":
        from wizard.targets.arrayrecord.writer import ArrayRecordShard

        return ArrayRecordShard(folder, shard, self)

    def sidecars(self, dataset: BuiltDataset) -> dict[str, bytes]:
        from wizard.targets.tfds.describe import describe, describe_named
        from wizard.targets.tfds.metadata import Shape

        if self.is_named:
            return describe_named(dataset, _FORM)
        if not self.tfds:
            return {}
        template = "{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}"
        shape = Shape(form=_FORM, template=template, path=self.file, supervised=imagenet2012.SUPERVISED)
        return describe(dataset, shape)

    def listing(self, folder: Path) -> Iterator[str]:
        if self.is_named:
            yield from _NAMED.listing(folder)
            return
        for split in SPLITS:
            yield from sorted(file.name for file in folder.glob(f"{split}.{_FORM}-*"))

    def stored(self, expected: Expectation) -> Iterator[Check]:
        """The records; raises MachineError, too, if the package that reads them is not installed."""
        if not installed_version():
            raise MachineError(
                "array_record, which reads ArrayRecord files, is not installed.", f"Install it: {INSTALL}"
            )
        from wizard.targets.tfds.record import CODEC

        try:
            for payload in ArrayRecordFile(expected.path).records():
                yield partial(CODEC.seen, payload)
        except ArrayRecordDamage as damage:
            raise ShardDamage(f"it is a damaged ArrayRecord: {damage}") from damage

    def seen(self, item: Check, planned: Planned, expected: Expectation) -> Seen:
        return item(planned)

    def items(self, files: Sequence[str]) -> Iterator[bytes]:
        from wizard.targets.arrayrecord import reading

        return reading.payloads(files)

    def encoded(self, item: bytes) -> Encoded:
        from wizard.targets.tfds.record import CODEC

        return CODEC.encoded(item)
