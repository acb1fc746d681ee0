"""What DINOv2's ImageNet class reads beside image files: labels.txt and the "extra" folder.

By facebookresearch/dinov2 at b8931f7 (dinov2/data/datasets/image_net.py): ROOT/labels.txt has a CSV row of class id and
class name for each class, and the arrays in EXTRA are those that `ImageNet.dump_extra` saves. The class builds an
image's path from its class and its number, so it opens no image with a name of another kind.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from wizard.formats import npy
from wizard.sources.classes import Classes
from wizard.targets.image_files.listing import Listing
from wizard.targets.written import Content

EXTRA = "extra"
"""The folder of arrays, below the output folder; DINOv2 takes any."""
LENGTHS = {"train": 1_281_167, "validation": 50_000, "test": 100_000}
"""The numbers of images that `len` of DINOv2's class asserts."""
SPLITS = {"train": "TRAIN", "validation": "VAL", "test": "TEST"}
"""The names of its splits, `ImageNet.Split`, which those of the arrays end with."""
_SUFFIX = ".JPEG"
_UNLABELED = _HIGHEST = 2**32 - 1
"""The class index of test images, `np.uint32(-1)`; and the highest number of an image, which is a uint32 too."""


def labels(classes: Classes) -> bytes:
    """labels.txt, with a name of a word or two for each class (issue 233 of dinov2 says what the original holds)."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(zip(classes.names, classes.first_words, strict=True))
    return text.getvalue().encode()


def arrays(split: str, listed: Listing, classes: Classes) -> dict[str, Content]:
    """The files of a split in the "extra" folder, by their paths below the output folder.

    entries has a row for each image, in the order of torchvision's ImageFolder: its number, its class's rank, id and
    name. class-ids and class-names have those of each rank; test, whose images have no class, has none.
    """
    ids, names = _strings(classes.names), _strings(classes.first_words)
    text = ("<U0", "<U0") if split == "test" else (ids.dtype, names.dtype)
    rows = np.dtype([("actual_index", "<u4"), ("class_index", "<u4"), ("class_id", text[0]), ("class_name", text[1])])
    parts = _entries(split, listed, rows, ids, names)
    made: dict[str, Content] = {_path("entries", split): npy.pieces(rows, len(listed), parts)}
    if split != "test":
        made[_path("class-ids", split)] = b"".join(npy.pieces(ids.dtype, len(ids), [ids]))
        made[_path("class-names", split)] = b"".join(npy.pieces(names.dtype, len(names), [names]))
    return made


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
    digits = path.removeprefix(begin).removesuffix(_SUFFIX)
    if not (digits.isascii() and digits.isdecimal()) or int(digits) > _HIGHEST:
        return None
    number = int(digits)
    return number if path == f"{begin}{number:0{padded}}{_SUFFIX}" else None


def why_not(split: str, path: str, wnid: str) -> str:
    """Why DINOv2 cannot open the image at a path below its split's folder, as a clause; empty if it can."""
    if number_of(split, path, wnid) is not None:
        return ""
    if split == "test" and wnid:
        return "it has a class, and DINOv2's test images have none"
    if split != "test" and not wnid:
        return "it has no class, and DINOv2 wants one for each image but those of test"
    begin, padded = _pattern(split, wnid)
    return f"DINOv2 looks for {begin}{1:0{padded}}{_SUFFIX} and the like there"


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


def _path(kind: str, split: str) -> str:
    return f"{EXTRA}/{kind}-{SPLITS[split]}.npy"


def _strings(values: Sequence[str]) -> npt.NDArray[np.str_]:
    """Strings, each as wide as the longest; little-endian on every machine."""
    array = np.array(values, np.str_)
    return array.astype(array.dtype.newbyteorder("<"))


def _entries(
    split: str, listed: Listing, rows: np.dtype[Any], ids: npt.NDArray[np.str_], names: npt.NDArray[np.str_]
) -> Iterator[npt.NDArray[Any]]:
    for paths, ranks in listed.pieces():
        part = np.empty(len(paths), rows)
        part["actual_index"] = [int(path.rpartition("_")[2].removesuffix(_SUFFIX)) for path in paths]
        if split == "test":
            part["class_index"] = _UNLABELED
        else:
            part["class_index"], part["class_id"], part["class_name"] = ranks, ids[ranks], names[ranks]
        yield part
