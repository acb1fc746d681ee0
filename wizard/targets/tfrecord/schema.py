"""What a record holds of an image, and who reads it; `codec` makes such records."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from wizard.ilsvrc2012.feature_names import ENCODED, LABELS
from wizard.targets.tfds import imagenet2012

Features = Literal["inception", "tpu", "source"]
SchemaName = Features | Literal["imagenet2012"]


@dataclass(frozen=True, kw_only=True)
class Schema:
    """The features of a record.

    Attributes:
        what: they are, in words, with a version, which changes whenever the same image would give other bytes.
        image: the feature that holds the encoded image.
        label: the feature that holds its label.
        has_boxes: whether there is a place for boxes.
        for_resnet: whether TensorFlow's official ResNet reads these records.
    """

    what: str
    image: str = ENCODED
    label: str = LABELS[0]
    has_boxes: bool = False
    for_resnet: bool = False


SCHEMAS: Mapping[SchemaName, Schema] = {
    "inception": Schema(
        what="tf.train.Example with the 15 features of build_imagenet_data.py, version 1",
        has_boxes=True,
        for_resnet=True,
    ),
    "tpu": Schema(
        what="tf.train.Example with the 9 features of imagenet_to_gcs.py, version 1",
        for_resnet=True,  # it takes words and boxes that are not there for empty
    ),
    "source": Schema(what="tf.train.Example with the features of its source, version 1", has_boxes=True),
    "imagenet2012": Schema(what=f"{imagenet2012.WHAT}, version 1", image=imagenet2012.IMAGE, label=imagenet2012.LABEL),
}
"""By the features of a target, or the name of the dataset that it is."""
