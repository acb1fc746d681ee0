"""What DINOv2's ImageNet class reads beside image files: labels.txt and the "extra" folder.

By facebookresearch/dinov2 at b8931f7 (dinov2/data/datasets/image_net.py): ROOT/labels.txt has a CSV row of class id and
class name for each class, and the arrays in EXTRA are those that `ImageNet.dump_extra` saves.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from wizard.formats import npy
from wizard.sources.classes import Classes
from wizard.targets.image_files.dinov2 import EXTRA, SPLITS, SUFFIX
from wizard.targets.image_files.listing import Listing
from wizard.targets.written import Content

_UNLABELED = 2**32 - 1
"""The class index of test images, `np.uint32(-1)`."""


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
        part["actual_index"] = [int(path.rpartition("_")[2].removesuffix(SUFFIX)) for path in paths]
        if split == "test":
            part["class_index"] = _UNLABELED
        else:
            part["class_index"], part["class_id"], part["class_name"] = ranks, ids[ranks], names[ranks]
        yield part
