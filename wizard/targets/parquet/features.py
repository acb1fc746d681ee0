"""The columns of a Parquet file of images, and what `datasets` reads about them in the schema's metadata.

The columns, their types and the names of the classes are those of ILSVRC/imagenet-1k on Hugging Face's hub (its
imagenet-1k.py and classes.py in huggingface/datasets, until 2.5), the metadata that of datasets 5.2: a JSON under the
key `huggingface`, {"info": {"features": {"image": {"_type": "Image"}, "label": {"names": […], "_type":
"ClassLabel"}}}} (features.py, `Features.arrow_schema`).
"""

import importlib
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from wizard.sources.trees.image_names import is_wnid, parse_image_name
from wizard.targets.labels import StoredLabels, from_zero

IMAGE, LABEL = "image", "label"
BYTES, PATH = f"{IMAGE}.bytes", f"{IMAGE}.path"
METADATA = b"huggingface"


def schema(labels: StoredLabels | None) -> Any:
    """The `pyarrow.Schema`: image: struct<bytes: binary, path: string>, label: int64, and their metadata.

    Raises:
        ImportError: pyarrow is not installed.
    """
    arrow = importlib.import_module("pyarrow")
    image = arrow.struct([("bytes", arrow.binary()), ("path", arrow.string())])
    return arrow.schema([(IMAGE, image), (LABEL, arrow.int64())], {METADATA: metadata(labels)})


def metadata(labels: StoredLabels | None) -> str:
    """What the schema says to `datasets`."""
    features = {IMAGE: {"_type": "Image"}, LABEL: _label(class_names(labels))}
    return json.dumps({"info": {"features": features}})


def class_names(labels: StoredLabels | None) -> tuple[str, ...]:
    """The names of labels 0, 1, …: of ImageNet's classes their words, as on the hub, of any others their own names."""
    if labels is None:
        return ()
    classes = labels.classes
    return from_zero(_distinct(classes.words) if classes.whole_imagenet else classes.names, labels.base)


def stored_path(name: str, wnid: str) -> str:
    """The path that is stored with an image: an official name gets its class at the end, as in the hub's files.

    >>> stored_path("ILSVRC2012_val_00000001.JPEG", "n01751748"), stored_path("cats/1.jpg", "cats")
    ('ILSVRC2012_val_00000001_n01751748.JPEG', 'cats/1.jpg')
    """
    said = parse_image_name(name)
    # An image that someone has put into another class keeps its name, which would contradict itself with that class.
    if said is None or said.name != name or said.wnid != wnid or not is_wnid(wnid):
        return name
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}_{wnid}{dot}{suffix}"


def _label(names: Sequence[str]) -> dict[str, Any]:
    # ClassLabel needs a name at least.
    return {"names": list(names), "_type": "ClassLabel"} if names else {"dtype": "int64", "_type": "Value"}


def _distinct(words: Sequence[str]) -> list[str]:
    """ClassLabel refuses two classes of one name: the hub calls ImageNet's second crane crane2."""
    seen: Counter[str] = Counter()
    found = []
    for each in words:
        seen[each] += 1
        found.append(each if seen[each] == 1 else f"{each}{seen[each]}")
    return found
