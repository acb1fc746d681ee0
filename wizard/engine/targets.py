"""What a dataset can be written as: which file holds what, and where in the output folder it lies. Pure names."""

import posixpath
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

Format = Literal["tfrecord", "folders", "flat", "webdataset"]
Features = Literal["inception", "tpu", "source"]

STATE_FOLDER = ".imagenet-setup"
INDEX_FOLDER = "idx"
"""Index files carry their shard's name in a folder of their own: a glob of train-* must not find them."""
RECORDS = f"{STATE_FOLDER}/shards"
"""The commit records: a JSON file for each shard that is done."""

_SHORT = {"train": "train", "validation": "val", "test": "test"}
"""The splits' folders, as PyTorch code has them."""
_JPEG = (".jpg", ".jpeg")
_VERSIONS = {
    "tfrecord": "tf.train.Example with the 15 features of build_imagenet_data.py, version 1",
    "folders": "image files in folders of classes, version 1",
    "flat": "image files in one folder a split, version 1",
    "webdataset": "WebDataset tars with jpg, cls and json, version 1",
}
_FEATURES = {
    "tpu": "tf.train.Example with the 9 features of imagenet_to_gcs.py, version 1",
    "source": "tf.train.Example with the features of its source, version 1",
}


@dataclass(frozen=True, kw_only=True)
class Target:
    """How a dataset is written.

    Attributes:
        format: TFRecords, image files in class folders, image files flat, or WebDataset tars.
        features: those of TFRecords: build_imagenet_data.py's, imagenet_to_gcs.py's, or what the source's records have.
        split_folders: whether TFRecords lie in a folder a split instead of beside each other.
        index: whether TFRecords get index files.
    """

    format: Format = "tfrecord"
    features: Features = "inception"
    split_folders: bool = False
    index: bool = True

    @property
    def version(self) -> str:
        """Changes whenever the same images and answers would give other bytes."""
        if self.format == "tfrecord" and self.features in _FEATURES:
            return _FEATURES[self.features]
        return _VERSIONS[self.format]

    @property
    def of_files(self) -> bool:
        """Whether a shard is many image files rather than one file."""
        return self.format in ("folders", "flat")

    @property
    def with_boxes(self) -> bool:
        """Whether what is written for an image has a place for its boxes."""
        return self.format == "webdataset" or (self.format == "tfrecord" and self.features != "tpu")

    @property
    def indexed(self) -> bool:
        """Whether each shard has an index file."""
        return self.format == "tfrecord" and self.index

    def shard(self, split: str, index: int, shards: int) -> str:
        """The name of a shard.

        >>> Target().shard("train", 7, 1024), Target(format="webdataset").shard("train", 7, 1024)
        ('train-00007-of-01024', 'train-000007.tar')
        """
        if self.format == "webdataset":
            return f"{split}-{index:06d}.tar"
        return f"{split}-{index:05d}-of-{shards:05d}"

    def file(self, shard: str) -> str:
        """The file that a shard is, below the output folder; of image files, the commit record that lists them.

        >>> Target(split_folders=True).file("validation-00000-of-00128")
        'tfrecord_val/validation-00000-of-00128'
        """
        if self.of_files:
            return f"{RECORDS}/{shard}.json"
        return f"tfrecord_{_SHORT[shard.partition('-')[0]]}/{shard}" if self.split_folders else shard

    @property
    def places(self) -> tuple[str, ...]:
        """Folders below the output folder that shards are written to; "" is that folder itself."""
        if self.of_files:
            return (RECORDS,)
        return tuple(f"tfrecord_{short}" for short in _SHORT.values()) if self.split_folders else ("",)

    def image_folder(self, split: str) -> str:
        """The folder of a split's image files, below the output folder."""
        return f"{_SHORT[split]}_flatten" if self.format == "flat" else _SHORT[split]

    def image(self, split: str, name: str, wnid: str) -> str:
        """The file of an image, below the output folder; its name says that it is a JPEG, which all stored images are.

        Args:
            split: of the image.
            name: in the raw data, with / between its parts.
            wnid: its class; empty where it has none.

        >>> Target(format="flat").image("validation", "ILSVRC2012_val_00030987.JPEG", "n04548280")
        'val_flatten/n04548280_ILSVRC2012_val_00030987.JPEG'
        >>> Target(format="folders").image("train", "cats/old/1.png", "cats")
        'train/cats/old/1.png.jpg'
        """
        name = posixpath.normpath(name)  # those of records may be ./a.jpg
        below = name.removeprefix(f"{wnid}/") if wnid else name
        if PurePosixPath(below).suffix.lower() not in _JPEG:
            below += ".jpg"
        folder = self.image_folder(split)
        if self.format == "folders":
            return f"{folder}/{wnid}/{below}" if wnid else f"{folder}/{below}"
        flat = below.replace("/", "_")
        return f"{folder}/{flat}" if not wnid or flat.startswith(f"{wnid}_") else f"{folder}/{wnid}_{flat}"


TFRECORDS = Target()
"""What the older scripts write."""


def key(name: str) -> str:
    """What a WebDataset calls a sample: no dots, for what follows the first one is a field's name.

    >>> key("n01440764_10026.JPEG"), key("cats/a.b.png")
    ('n01440764_10026', 'cats/a_b_png')
    """
    path = PurePosixPath(name)
    stem = name[: -len(path.suffix)] if path.suffix.lower() in _JPEG else name
    return stem.replace(".", "_")
