"""Lists of image files and classes that public trainers read beside them."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wizard.sources.classes import Classes
from wizard.targets.names import SPLIT_FOLDERS

if TYPE_CHECKING:
    from wizard.targets.image_files.listing import Listing
    from wizard.targets.written import Content

CLASSES = "classes.json"


def mmpretrain(split: str, listed: "Listing") -> "dict[str, Content]":
    """meta/train.txt and the like: a line "path label" an image, its path below the split's folder, labels from 0.

    mmpretrain 1.2 (mmpretrain/datasets/imagenet.py and custom.py) takes meta/<split>.txt if it is there, and splits a
    line at its last space. A split without labels, as test, has paths alone: its class reads test's lines so.
    """
    form = "{path} {rank}\n" if listed.has_labels else "{path}\n"
    return {f"meta/{SPLIT_FOLDERS[split]}.txt": _lines(listed, form)}


def why_not_mmpretrain(path: str, wnid: str) -> str:
    """Why mmpretrain would not find the image at a path, as a clause; empty if it does."""
    return "mmpretrain strips the blanks that a path begins with" if wnid and path[:1].isspace() else ""


def swin(split: str, listed: "Listing") -> "dict[str, Content]":
    """train_map.txt and val_map.txt: a line "path<TAB>label" an image, paths and labels as for mmpretrain.

    Swin-Transformer at f82860b (data/build.py and cached_image_folder.py) reads them with --zip, beside train.zip and
    val.zip, which hold what is in train/ and val/; it has no test split.
    """
    return {} if split == "test" else {f"{SPLIT_FOLDERS[split]}_map.txt": _lines(listed, "{path}\t{rank}\n")}


def classes_json(classes: Classes) -> bytes:
    """classes.json: {"0": ["n01440764", "tench"], …}, a class's name and its first words by its label from 0.

    No public trainer wants a file of this name; the form is that of Keras' imagenet_class_index.json
    (keras/src/applications/imagenet_utils.py in Keras 3.15, `decode_predictions`); for ImageNet, it holds the same.
    """
    pairs = zip(classes.names, classes.first_words, strict=True)
    listed = {str(rank): [name, words.replace(" ", "_")] for rank, (name, words) in enumerate(pairs)}
    return json.dumps(listed, ensure_ascii=False).encode()


def _lines(listed: "Listing", form: str) -> Iterator[bytes]:
    for paths, ranks in listed.pieces():
        pairs = zip(paths, ranks.tolist(), strict=True)
        yield "".join(form.format(path=path, rank=rank) for path, rank in pairs).encode()
