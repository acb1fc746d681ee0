"""The features of a record that is made from an image."""

import numpy as np

from wizard.formats.example import Feature
from wizard.ilsvrc2012.feature_names import BOX_LABEL, CORNERS, ENCODED, FILENAME, SYNSET, TEXT
from wizard.targets.sample import OutputSample

CONSTANTS: dict[str, Feature] = {
    "image/colorspace": b"RGB",
    "image/channels": (3,),
    "image/format": b"JPEG",
}


def features_of(sample: OutputSample, *, with_objects: bool) -> dict[str, Feature]:
    """The features of `build_imagenet_data.py`; without objects and words, those of `imagenet_to_gcs.py`."""
    geometry = sample.stored.geometry
    found = CONSTANTS | {
        "image/height": (geometry.height,),
        "image/width": (geometry.width,),
        "image/class/label": (sample.label,),
        SYNSET: sample.wnid.encode(),
        FILENAME: sample.name.encode(),
        ENCODED: sample.stored.jpeg,
    }
    if with_objects:
        columns = sample.boxes.astype(np.float32).T
        found |= dict(zip(CORNERS, columns, strict=True))
        found |= {BOX_LABEL: (sample.label,) * len(sample.boxes), TEXT: sample.text.encode()}
    return found
