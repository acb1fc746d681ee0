"""The official archives: names, sizes, sums and what they hold.

Sizes are those in `checksums.tsv` of tensorflow-datasets 4.9.10, MD5s those of image-net.org's download page, as
torchvision's `datasets/imagenet.py` repeats them. Image bytes are those of Hugging Face's imagenet-1k card.
"""

from dataclasses import dataclass
from typing import Literal

Split = Literal["train", "validation"]
SPLITS: tuple[Split, ...] = ("train", "validation")

CLASSES = 1000


@dataclass(frozen=True, kw_only=True)
class ImageArchive:
    """A tar of images, as image-net.org hands it out.

    Attributes:
        split: which split it holds.
        name: file name.
        bytes: exact size of the file.
        md5: of the file, in hex.
        images: how many it holds.
        image_bytes: what they come to together, in bytes.
    """

    split: Split
    name: str
    bytes: int
    md5: str
    images: int
    image_bytes: int


@dataclass(frozen=True, kw_only=True)
class BoxArchive:
    """A gzipped tar of Pascal-VOC annotations.

    Attributes:
        split: whose images are annotated.
        names: file names it is met under; the first is the official one, the others what browsers make of it.
        md5: of the official file, in hex.
    """

    split: Split
    names: tuple[str, ...]
    md5: str


IMAGES: dict[Split, ImageArchive] = {
    "train": ImageArchive(
        split="train",
        name="ILSVRC2012_img_train.tar",
        bytes=147_897_477_120,
        md5="1d675b47d978889d74fa0da5fadfb00e",
        images=1_281_167,
        image_bytes=146_956_944_242,
    ),
    "validation": ImageArchive(
        split="validation",
        name="ILSVRC2012_img_val.tar",
        bytes=6_744_924_160,
        md5="29b22e2961454d5413ddabcf34fc5622",
        images=50_000,
        image_bytes=6_709_003_386,
    ),
}

BOXES: dict[Split, BoxArchive] = {
    "train": BoxArchive(
        split="train",
        names=("ILSVRC2012_bbox_train_v2.tar.gz", "ILSVRC2012_bbox_train_v2.tar"),
        md5="9271167e2176350e65cfe4e546f14b17",
    ),
    "validation": BoxArchive(
        split="validation",
        names=("ILSVRC2012_bbox_val_v3.tgz", "ILSVRC2012_bbox_val_v3.tar"),
        md5="f4cd18b5ea29fe6bbea62ec9c20d80f0",
    ),
}
