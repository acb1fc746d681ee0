"""The key output.tfds, which the formats share whose records TFDS reads."""

from typing import Literal

from wizard.targets.option import Allowed, Option

TFDS = Literal[False, True, "imagenet2012"]
"""Its values: nothing, metadata for `tfds.builder_from_directory`, or the dataset that TFDS knows by name."""

TFDS_OPTION = Option(
    allowed=(
        Allowed(False, "No"),
        Allowed(True, "Metadata beside the shards", "for tfds.builder_from_directory", "TFDS metadata"),
        Allowed(
            "imagenet2012",
            "The dataset that TFDS knows by name",
            'for tfds.load("imagenet2012"): image, label from 0 and file_name, in imagenet2012/5.1.0/',
            "imagenet2012 of TFDS",
        ),
    ),
    description="metadata for tfds.builder_from_directory, or the dataset that tfds.load finds by its name",
    text="For TensorFlow Datasets?",
    label="TFDS",
)
