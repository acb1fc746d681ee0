"""Makes the records of a schema, says what is wrong with them, and tells TFDS of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from wizard.formats import example, tfrecord
from wizard.targets.dataset import BuiltDataset
from wizard.targets.expected import Planned, Seen
from wizard.targets.sample import OutputSample
from wizard.targets.tfds.describe import describe_named
from wizard.targets.tfds.record import RecordCodec
from wizard.targets.tfrecord import check, tfds
from wizard.targets.tfrecord.features import features_of, updated_features
from wizard.targets.tfrecord.schema import SchemaName


class Codec(Protocol):
    """Makes records with certain features, and checks them."""

    def framed(self, sample: OutputSample) -> bytes:
        """The record of an image as stored in a TFRecord file."""
        return tfrecord.frame(self.encode(sample))

    def encode(self, sample: OutputSample) -> bytes:
        """The record of an image: a serialized tf.train.Example."""

    def seen(self, payload: bytes, planned: Planned) -> Seen:
        """What is wrong with a record."""

    def metadata(self, dataset: BuiltDataset, path: Callable[[str], str]) -> dict[str, bytes]:
        """The files with which TFDS opens the dataset, by path below its folder; `path` gives a shard's file."""


@dataclass(frozen=True)
class MadeOfImages(Codec):
    """The features of `build_imagenet_data.py`, or of `imagenet_to_gcs.py`: those without objects and words."""

    with_objects: bool

    def encode(self, sample: OutputSample) -> bytes:
        return example.encode(features_of(sample, with_objects=self.with_objects))

    def seen(self, payload: bytes, planned: Planned) -> Seen:
        return check.seen(payload, planned, with_objects=self.with_objects)

    def metadata(self, dataset: BuiltDataset, path: Callable[[str], str]) -> dict[str, bytes]:
        return tfds.metadata(dataset, tfds.kinds(self.with_objects), path)


class OfSource(Codec):
    """The features of the source's records, true of the stored image."""

    def encode(self, sample: OutputSample) -> bytes:
        return example.join(updated_features(sample))

    def seen(self, payload: bytes, planned: Planned) -> Seen:
        return check.seen_of_source(payload, planned)

    def metadata(self, dataset: BuiltDataset, path: Callable[[str], str]) -> dict[str, bytes]:
        return tfds.metadata(dataset, tfds.kinds_of_source(dataset, path), path)


class OfTFDS(RecordCodec, Codec):
    """The features of TFDS's imagenet2012."""

    def metadata(self, dataset: BuiltDataset, path: Callable[[str], str]) -> dict[str, bytes]:
        return describe_named(dataset, "tfrecord")


CODECS: Mapping[SchemaName, Codec] = {
    "inception": MadeOfImages(with_objects=True),
    "tpu": MadeOfImages(with_objects=False),
    "source": OfSource(),
    "imagenet2012": OfTFDS(),
}
