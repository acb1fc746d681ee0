"""One stored image -> the bytes that stand for it in a shard: a framed tf.train.Example, tar members, or the JPEG."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wizard.engine.targets import Target, key
from wizard.engine.transform import Stored
from wizard.formats import example, tar, tfrecord
from wizard.formats.arrays import Boxes

CONSTANTS: dict[str, example.Feature] = {
    "image/colorspace": b"RGB",
    "image/channels": (3,),
    "image/format": b"JPEG",
}
CORNERS = ("xmin", "ymin", "xmax", "ymax")
_TPU_LACKS = "image/class/text"
"""What imagenet_to_gcs.py does not write, beside the objects."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Entry:
    """An image on its way into a shard.

    Attributes:
        name: in the raw data.
        wnid: its class's name; empty where it has none.
        text: its class in words.
        label: that is stored; -1 where it has none.
        boxes: float64[n, 4] xmin ymin xmax ymax, relative to the stored image.
        stored: the image.
        features: serialised features of the record that it comes from, already true of the stored image; None where it
            does not come from one.
    """

    name: str
    wnid: str
    text: str
    label: int
    boxes: Boxes
    stored: Stored
    features: Mapping[str, bytes] | None = None


def serialised(entry: Entry, target: Target) -> bytes:
    """What is appended to the shard for this image; for targets of image files, the file's content."""
    if target.format == "webdataset":
        return _members(entry)
    if target.of_files:
        return entry.stored.jpeg
    if target.features == "source":
        assert entry.features is not None
        return tfrecord.frame(example.join(entry.features))
    return tfrecord.frame(example.encode(features(entry, objects=target.features == "inception")))


def ending(target: Target) -> bytes:
    """What is appended to a shard after its last image."""
    return tar.END if target.format == "webdataset" else b""


def features(entry: Entry, *, objects: bool) -> dict[str, example.Feature]:
    """The features of `build_imagenet_data.py`; without objects and words, those of `imagenet_to_gcs.py`."""
    way = entry.stored.way
    found = CONSTANTS | {
        "image/height": (way.height,),
        "image/width": (way.width,),
        "image/class/label": (entry.label,),
        "image/class/synset": entry.wnid.encode(),
        "image/filename": entry.name.encode(),
        "image/encoded": entry.stored.jpeg,
    }
    if objects:
        columns = entry.boxes.astype(np.float32).T
        found |= {f"image/object/bbox/{corner}": columns[place] for place, corner in enumerate(CORNERS)}
        found |= {"image/object/bbox/label": (entry.label,) * len(entry.boxes), _TPU_LACKS: entry.text.encode()}
    return found


def described(entry: Entry) -> bytes:
    """A WebDataset sample's json: what is known of the image beside its pixels and label."""
    return json.dumps(
        {
            "filename": entry.name,
            "label": entry.label,
            "class": entry.wnid,
            "text": entry.text,
            "height": entry.stored.way.height,
            "width": entry.stored.way.width,
            "boxes": entry.boxes.tolist(),
        },
        ensure_ascii=False,
    ).encode()


def _members(entry: Entry) -> bytes:
    """A sample of a WebDataset: members that follow each other and share the name before the first dot."""
    stem = key(entry.name)
    return b"".join(
        tar.member(f"{stem}.{field}", content)
        for field, content in (
            ("cls", str(entry.label).encode()),
            ("jpg", entry.stored.jpeg),
            ("json", described(entry)),
        )
    )
