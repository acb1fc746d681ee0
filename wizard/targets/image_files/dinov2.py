"""What DINOv2's ImageNet class asks of image files: names and numbers; `dinov2_extra` has what it reads beside them.

By facebookresearch/dinov2 at b8931f7 (dinov2/data/datasets/image_net.py): the class builds an image's path from its
class and its number, so it opens no image with a name of another kind.
"""

from collections.abc import Iterator, Mapping

EXTRA = "extra"
"""The folder of arrays, below the output folder; DINOv2 takes any."""
LENGTHS = {"train": 1_281_167, "validation": 50_000, "test": 100_000}
"""The numbers of images that `len` of DINOv2's class asserts."""
SPLITS = {"train": "TRAIN", "validation": "VAL", "test": "TEST"}
"""The names of its splits, `ImageNet.Split`, which those of the arrays end with."""
SUFFIX = ".JPEG"
_HIGHEST = 2**32 - 1
"""The highest number of an image, which is a uint32."""


def number_of(split: str, path: str, wnid: str) -> int | None:
    """An image's number, from its path below the split's folder; None if DINOv2 would look for it elsewhere.

    >>> number_of("train", "n01440764/n01440764_10026.JPEG", "n01440764")
    10026
    >>> number_of("train", "cats/1.jpg", "cats") is number_of("test", "cats/1.jpg", "cats") is None
    True
    """
    if bool(wnid) == (split == "test"):
        return None
    begin, padded = _pattern(split, wnid)
    digits = path.removeprefix(begin).removesuffix(SUFFIX)
    if not (digits.isascii() and digits.isdecimal()) or int(digits) > _HIGHEST:
        return None
    number = int(digits)
    return number if path == f"{begin}{number:0{padded}}{SUFFIX}" else None


def why_not(split: str, path: str, wnid: str) -> str:
    """Why DINOv2 cannot open the image at a path below its split's folder, as a clause; empty if it can."""
    if number_of(split, path, wnid) is not None:
        return ""
    if split == "test" and wnid:
        return "it has a class, and DINOv2's test images have none"
    if split != "test" and not wnid:
        return "it has no class, and DINOv2 wants one for each image but those of test"
    begin, padded = _pattern(split, wnid)
    return f"DINOv2 looks for {begin}{1:0{padded}}{SUFFIX} and the like there"


def remarks(images: Mapping[str, int]) -> Iterator[str]:
    """What a person should know of DINOv2, given how many images each split has."""
    other = [
        f"{count:,} instead of {LENGTHS[split]:,} in {split}"
        for split, count in images.items()
        if count != LENGTHS[split]
    ]
    if other:
        yield (
            f"len() of DINOv2's ImageNet class fails where there are not as many images as in ILSVRC2012, as here "
            f"({', '.join(other)}): they open by index, and training needs a subclass with a __len__ of its own"
        )


def _pattern(split: str, wnid: str) -> tuple[str, int]:
    """What an image's path below the split's folder is but for its number, and how many digits that has at least.

    `_Split.get_image_relpath` in DINOv2.
    """
    if split == "train":
        return f"{wnid}/{wnid}_", 1
    folder = f"{wnid}/" if wnid else ""
    return f"{folder}ILSVRC2012_{SPLITS[split].lower()}_", 8
