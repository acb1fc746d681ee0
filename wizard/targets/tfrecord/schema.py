"""What a record holds of an image: its features, how they are checked, and how TFDS is told of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from wizard.formats import example
from wizard.ilsvrc2012.feature_names import ENCODED, LABELS
from wizard.targets.dataset import BuiltDataset
from wizard.targets.expected import Planned, Seen
from wizard.targets.sample import OutputSample
from wizard.targets.tfds import imagenet2012, record
from wizard.targets.tfrecord import check, tfds
from wizard.targets.tfrecord.features import features_of, updated_features

Features = Literal["inception", "tpu", "source"]


class Schema(Protocol):
    """The features of a record."""

    @property
    def what(self) -> str:
        """In words, with a version, which changes whenever the same image would give other bytes."""

    @property
    def image(self) -> str:
        """The feature that holds the encoded image."""
        return ENCODED

    @property
    def label(self) -> str:
        """The feature that holds its label."""
        return LABELS[0]

    @property
    def has_boxes(self) -> bool:
        """Whether there is a place for boxes."""
        return False

    @property
    def for_resnet(self) -> bool:
        """Whether TensorFlow's official ResNet reads these records."""
        return False

    def encode(self, sample: OutputSample) -> bytes:
        """The record of an image: a serialized tf.train.Example."""

    def seen(self, payload: bytes, planned: Planned) -> Seen:
        """What is wrong with a record."""

    def metadata(self, dataset: BuiltDataset, path: Callable[[str], str]) -> dict[str, bytes]:
        """The files with which TFDS opens the dataset, by path below its folder; `path` gives a shard's file."""


@dataclass(frozen=True)
class MadeOfImages(Schema):
    """The features of `build_imagenet_data.py`, or of `imagenet_to_gcs.py`: those without objects and words."""

    with_objects: bool

    @property
    def what(self) -> str:
        if self.with_objects:
            return "tf.train.Example with the 15 features of build_imagenet_data.py, version 1"
        return "tf.train.Example with the 9 features of imagenet_to_gcs.py, version 1"

    @property
    def has_boxes(self) -> bool:
        return self.with_objects

    @property
    def for_resnet(self) -> bool:
        return True  # the 9 features too: it takes words and boxes that are not there for empty

    def encode(self, sample: OutputSample) -> bytes:
        return example.encode(features_of(sample, with_objects=self.with_objects))

    def seen(self, payload: bytes, planned: Planned) -> Seen:
        return check.seen(payload, planned, with_objects=self.with_objects)

    def metadata(self, dataset: BuiltDataset, path: Callable[[str], str]) -> dict[str, bytes]:
        return tfds.metadata(dataset, tfds.kinds(self.with_objects), path)


class OfSource(Schema):
    """The features of the source's records, true of the stored image."""

    @property
    def what(self) -> str:
        return "tf.train.Example with the features of its source, version 1"

    @property
    def has_boxes(self) -> bool:
        return True

    def encode(self, sample: OutputSample) -> bytes:
        return example.join(updated_features(sample))

    def seen(self, payload: bytes, planned: Planned) -> Seen:
        return check.seen_of_source(payload, planned)

    def metadata(self, dataset: BuiltDataset, path: Callable[[str], str]) -> dict[str, bytes]:
        return tfds.metadata(dataset, tfds.kinds_of_source(dataset, path), path)


class OfTFDS(Schema):
    """The features of TFDS's imagenet2012."""

    @property
    def what(self) -> str:
        return f"{record.WHAT}, version 1"

    @property
    def image(self) -> str:
        return record.IMAGE

    @property
    def label(self) -> str:
        return record.LABEL

    def encode(self, sample: OutputSample) -> bytes:
        return record.encode(sample)

    def seen(self, payload: bytes, planned: Planned) -> Seen:
        return record.seen(payload, planned)

    def metadata(self, dataset: BuiltDataset, path: Callable[[str], str]) -> dict[str, bytes]:
        return imagenet2012.NamedFiles(form="tfrecord").metadata(dataset)


SCHEMAS: dict[Features, Schema] = {
    "inception": MadeOfImages(with_objects=True),
    "tpu": MadeOfImages(with_objects=False),
    "source": OfSource(),
}
"""By the features of a target."""
