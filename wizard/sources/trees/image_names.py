"""What a file's name says of an ImageNet image: its official name, split and class."""

import re
from typing import NamedTuple

from wizard.ilsvrc2012.archives import Split
from wizard.ilsvrc2012.synsets import TEST_IMAGES, VALIDATION_IMAGES, is_test_image, rank_of_image, synsets
from wizard.sources.clutter import of_folder

_SPOKEN = re.compile(
    r"(?:(?P<train>(?P<wnid>n\d{8})_\d+)|(?P<val>ILSVRC2012_val_\d{8}))(?:_(?P<stated>n\d{8}))?(?i:\.jpe?g)"
    r"|(?P<test>ILSVRC2012_test_\d{8})(?:_\w+)?(?i:\.jpe?g)",
    re.ASCII,
)
_WNID = re.compile(r"n\d{8}", re.ASCII)
_SUFFIXES = (
    *(".jpeg", ".jpg", ".png", ".jpe", ".jfif", ".bmp", ".gif", ".webp", ".tif", ".tiff"),
    *(".ppm", ".pgm", ".pnm", ".avif"),
)


class ImageName(NamedTuple):
    """What a name says.

    Attributes:
        name: the official one.
        wnid: its class; empty for a test image, and where there is a problem.
        suffixed: whether the class stood at the end too, as in Hugging Face's archives.
        problem: why it cannot be so named, as the end of a sentence; usually empty.
    """

    name: str
    split: Split
    wnid: str
    suffixed: bool = False
    problem: str = ""


def parse_image_name(name: str) -> ImageName | None:
    """What the name of a file says; None where it is not made as those of ILSVRC2012.

    Suffixes in any case and spelling are understood, as is a class at the end, which Hugging Face's archives add.

    >>> parse_image_name("ILSVRC2012_val_00000001_n01751748.jpeg")
    ImageName(name='ILSVRC2012_val_00000001.JPEG', split='validation', wnid='n01751748', suffixed=True, problem='')
    >>> parse_image_name("cat.jpg")
    """
    match = _SPOKEN.fullmatch(name)
    if match is None:
        return None
    stem, stated = match["train"] or match["val"] or match["test"], match["stated"] or ""
    official = f"{stem}.JPEG"
    if match["test"]:
        return ImageName(official, "test", "", problem="" if is_test_image(official) else _outside(TEST_IMAGES))
    rank = rank_of_image(official)
    wnid = match["wnid"] or ("" if rank is None else synsets()[rank].wnid)
    problem = "" if wnid else _outside(VALIDATION_IMAGES)
    if wnid and stated and wnid != stated:
        problem, wnid = f"says {stated} at its end, but {stem} is an image of {wnid}", ""
    return ImageName(official, "train" if match["train"] else "validation", wnid, bool(stated), problem)


def is_wnid(name: str) -> bool:
    """Whether a name is made as those of synsets are, of the 1,000 or not.

    >>> is_wnid("n01440764"), is_wnid("tench")
    (True, False)
    """
    return _WNID.fullmatch(name) is not None


def is_image(name: str) -> bool:
    """Whether a file is named as an image; one without a suffix, or with another suffix, may still be an image.

    >>> is_image("a.JPG"), is_image("a.txt")
    (True, False)
    """
    return name.lower().endswith(_SUFFIXES)


def passed_over(name: str) -> bool:
    """Whether a file or folder is hidden, or named like a clutter folder: never a class or an image.

    >>> passed_over("._n01440764_1.JPEG"), passed_over("@eaDir"), passed_over("n01440764")
    (True, True, False)
    """
    return bool(of_folder(name))


def _outside(last: int) -> str:
    return f"has a number outside of 1 to {last:,}"
