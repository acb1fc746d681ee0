"""One stored image -> its tf.train.Example: the 15 features of the original `build_imagenet_data.py`."""

import numpy as np

from wizard.engine.transform import Stored
from wizard.formats import example
from wizard.formats.arrays import Boxes
from wizard.ilsvrc2012.synsets import synsets

CONSTANTS: dict[str, example.Feature] = {
    "image/colorspace": b"RGB",
    "image/channels": (3,),
    "image/format": b"JPEG",
}
CORNERS = ("xmin", "ymin", "xmax", "ymax")


def record(name: str, rank: int, label: int, boxes: Boxes, stored: Stored) -> bytes:
    """The serialised Example.

    Args:
        name: file name in the archive.
        rank: of its class, 0..999.
        label: what is stored for that rank.
        boxes: float64[n, 4] xmin ymin xmax ymax, relative to the stored image.
        stored: the image.
    """
    synset = synsets()[rank]
    columns = boxes.astype(np.float32).T
    return example.encode(
        CONSTANTS
        | {
            "image/height": (stored.way.height,),
            "image/width": (stored.way.width,),
            "image/class/label": (label,),
            "image/class/synset": synset.wnid.encode(),
            "image/class/text": synset.words.encode(),
            "image/filename": name.encode(),
            "image/encoded": stored.jpeg,
            "image/object/bbox/label": (label,) * len(boxes),
        }
        | {f"image/object/bbox/{corner}": columns[place] for place, corner in enumerate(CORNERS)}
    )
