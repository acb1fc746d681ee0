"""What a file's name says of an ImageNet image: its official name, split and class."""

import re
from typing import NamedTuple

from wizard.ilsvrc2012.archives import Split
from wizard.ilsvrc2012.synsets import TEST_IMAGES, VALIDATION_IMAGES, synsets, validation_ranks
from wizard.sources.clutter import of_folder

_SPOKEN = re.compile(
    r"(?:(?P<train>(?P<wnid>n\d{8})_\d+)|(?P<val>ILSVRC2012_val_\d{8}))(?:_(?P<told>n\d{8}))?(?i:\.jpe?g)"
    r"|(?P<test>ILSVRC2012_test_\d{8})(?:_\w+)?(?i:\.jpe?g)",
    re.ASCII,
)
_WNID = re.compile(r"n\d{8}", re.ASCII)
_SUFFIXES = (
    *(".jpeg", ".jpg", ".png", ".jpe", ".jfif", ".bmp", ".gif", ".webp", ".tif", ".tiff"),
    *(".ppm", ".pgm", ".pnm", ".avif"),
)
_DIGITS = 8


class ImageName(NamedTuple):
    """What a name says.

    Attributes:
        name: the official one.
        split: whose image it is.
        wnid: its class; empty for a test image, and where there is a problem.
        suffixed: whether the class stood at the end too, as in Hugging Face's archives.
        problem: why it cannot be so named, as the end of a sentence; mostly empty.
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
    stem, told = match["train"] or match["val"] or match["test"], match["told"] or ""
    if match["test"]:
        return ImageName(f"{stem}.JPEG", "test", "", problem=_out_of_range(stem, TEST_IMAGES))
    split: Split = "train" if match["train"] else "validation"
    problem = "" if match["train"] else _out_of_range(stem, VALIDATION_IMAGES)
    wnid = "" if problem else match["wnid"] or validation_wnid(stem)
    if wnid and told and wnid != told:
        problem, wnid = f"says {told} at its end, but {stem} is an image of {wnid}", ""
    return ImageName(f"{stem}.JPEG", split, wnid, bool(told), problem)


def validation_wnid(stem: str) -> str:
    """The class of a validation image by its official name without suffix.

    >>> validation_wnid("ILSVRC2012_val_00000001")
    'n01751748'
    """
    return synsets()[int(validation_ranks()[_number(stem) - 1])].wnid


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


def _number(stem: str) -> int:
    return int(stem[-_DIGITS:])


def _out_of_range(stem: str, last: int) -> str:
    return "" if 1 <= _number(stem) <= last else f"has a number outside of 1 to {last:,}"
