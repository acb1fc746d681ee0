"""The dataset that TFDS knows by name: where its files lie, what its records hold, and what it cannot be.

`tfds.load("imagenet2012", data_dir=…)` takes the features from its own code, and the splits, the form of the files and
their names from dataset_info.json. Every label must mean what it means there, or it refuses label.labels.txt.
Source: tensorflow-datasets 4.9.10, `imagenet2012_dataset_builder.py`, `core/naming.py`, `core/dataset_info.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from wizard.errors import Hint, UsageError
from wizard.ilsvrc2012.archives import Split
from wizard.sources.classes import Classes

if TYPE_CHECKING:
    from wizard.targets.tfds.metadata import FileFormat

NAME: Literal["imagenet2012"] = "imagenet2012"
VERSION = "5.1.0"
FOLDER = f"{NAME}/{VERSION}"
"""Below the folder that is TFDS's data_dir."""
USUAL_SHARDS: dict[Split, int] = {"train": 1024, "validation": 64, "test": 128}
"""What TFDS comes to for the sizes of the splits (`core/utils/shard_utils.py`)."""
INGREDIENT = {"shards lie": f"in {FOLDER}, as TFDS names them"}
ASKED = f'output.tfds = "{NAME}"'
IMAGE, LABEL, FILE_NAME = "image", "label", "file_name"
"""The features of a record."""
WHAT = f"tf.train.Example with {IMAGE}, {LABEL} and {FILE_NAME}"
SUPERVISED = (IMAGE, LABEL)


@dataclass(frozen=True, kw_only=True)
class NamedFiles:
    """Where the files of the dataset lie, below the output folder; `form` is the container of its records."""

    form: "FileFormat"

    def file(self, shard: str) -> str:
        """A shard's file.

        >>> NamedFiles(form="array_record").file("train-00007-of-01024")
        'imagenet2012/5.1.0/imagenet2012-train.array_record-00007-of-01024'
        """
        split, _, number = shard.partition("-")
        return f"{FOLDER}/{NAME}-{split}.{self.form}-{number}"

    def listing(self, folder: Path) -> Iterator[str]:
        """Files that TFDS may take for shards, of any split and form."""
        for file in sorted((folder / FOLDER).glob(f"{NAME}-*")):
            yield f"{FOLDER}/{file.name}"


def require_labels_from_0(label_base: int | None) -> None:
    """Raises UsageError if a profile asks for labels from 1."""
    if label_base:
        raise UsageError(
            f"{ASKED} has labels from 0, as TFDS's own dataset has, and output.label_base is {label_base}.",
            Hint("Leave output.label_base out, or say {}", "output.label_base=0"),
        )


def require_imagenet(classes: Classes) -> None:
    """Raises UsageError if the classes are not ImageNet's 1,000, which TFDS takes the labels for."""
    if not classes.whole_imagenet:
        raise UsageError(
            f"{ASKED} is TFDS's own dataset of ImageNet's 1,000 classes, and the images have "
            f"{len(classes):,} classes of their own, beginning with {classes.names[0]}.",
            Hint(
                "tfds.builder_from_directory takes any classes: say {}; the trainers for it are tfds-folder and "
                "tfds-data-source-folder",
                "output.tfds=true",
            ),
        )
