"""The official archives: names, sizes, MD5s and contents.

Sizes come from `checksums.tsv` of tensorflow-datasets 4.9.10, which does not list the test archive. MD5s come from
image-net.org's download page; torchvision's `datasets/imagenet.py` has the same for train and validation. Bytes of
images come from Hugging Face's imagenet-1k card. For boxes and development kit, image-net.org states rounded sizes.
"""

from dataclasses import dataclass
from typing import Literal

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")

CLASSES = 1000


@dataclass(frozen=True, kw_only=True)
class ImageArchive:
    """A tar of images, as distributed by image-net.org.

    Attributes:
        md5s: of the file under each of its known names, in hex; the first is the current official one.
        bytes: exact size of the file; 0 if no source states it.
        image_bytes: total size of the images.
    """

    md5s: dict[str, str]
    bytes: int
    images: int
    image_bytes: int

    @property
    def name(self) -> str:
        """The current official file name."""
        return next(iter(self.md5s))


@dataclass(frozen=True, kw_only=True)
class SmallArchive:
    """A gzipped tar of annotations or metadata.

    Attributes:
        names: its known file names; the first is the official one, the others are what browsers save it as.
        about: approximate size of the official file in bytes; no source states the exact one.
        md5: of the official file, in hex.
    """

    names: tuple[str, ...]
    about: int
    md5: str

    @property
    def name(self) -> str:
        """The official file name."""
        return self.names[0]


IMAGES: dict[Split, ImageArchive] = {
    "train": ImageArchive(
        md5s={"ILSVRC2012_img_train.tar": "1d675b47d978889d74fa0da5fadfb00e"},
        bytes=147_897_477_120,
        images=1_281_167,
        image_bytes=146_956_944_242,
    ),
    "validation": ImageArchive(
        md5s={"ILSVRC2012_img_val.tar": "29b22e2961454d5413ddabcf34fc5622"},
        bytes=6_744_924_160,
        images=50_000,
        image_bytes=6_709_003_386,
    ),
    "test": ImageArchive(
        md5s={
            "ILSVRC2012_img_test_v10102019.tar": "e1b8681fff3d63731c599df9b4b6fc02",
            "ILSVRC2012_img_test.tar": "fe64ceb247e473635708aed23ab6d839",
        },
        bytes=0,
        images=100_000,
        image_bytes=13_613_661_561,
    ),
}

# Annotations in Pascal VOC's format.
BOXES: dict[Split, SmallArchive] = {
    "train": SmallArchive(
        names=("ILSVRC2012_bbox_train_v2.tar.gz", "ILSVRC2012_bbox_train_v2.tar"),
        about=20_000_000,
        md5="9271167e2176350e65cfe4e546f14b17",
    ),
    "validation": SmallArchive(
        names=("ILSVRC2012_bbox_val_v3.tgz", "ILSVRC2012_bbox_val_v3.tar"),
        about=2_200_000,
        md5="f4cd18b5ea29fe6bbea62ec9c20d80f0",
    ),
}

# The metadata that torchvision's `ImageNet` requires; nothing in this package does.
DEVKIT = SmallArchive(names=("ILSVRC2012_devkit_t12.tar.gz",), about=2_500_000, md5="fa75699e90414af021442c21a62c3abf")

IMAGE_ARCHIVES = frozenset(name for archive in IMAGES.values() for name in archive.md5s)
BOX_ARCHIVES = frozenset(name for archive in BOXES.values() for name in archive.names)
ARCHIVE_NAMES = IMAGE_ARCHIVES | BOX_ARCHIVES
