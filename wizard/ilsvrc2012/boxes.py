"""Parses one bounding-box annotation into boxes relative to the image.

The rules are those of `process_bounding_boxes.py` in tensorflow/models (research/inception), which all older systems
use, without its rounding to four decimals.
"""

from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt

from wizard.ilsvrc2012.synsets import ranks

Boxes = npt.NDArray[np.float64]

_CORNERS = ("xmin", "ymin", "xmax", "ymax")


class BadAnnotation(ValueError):
    """An annotation is not XML, or has no size, or a box without one of its corners."""


class Annotation(NamedTuple):
    """The boxes of one image.

    Attributes:
        boxes: float64[n, 4], xmin ymin xmax ymax in 0..1, in the file's order.
        rejected: number of boxes that the rules reject.
    """

    boxes: Boxes
    rejected: int


def parse(xml: bytes, wnid: str) -> Annotation:
    """The boxes in the annotation of an image of class `wnid`.

    Coordinates are truncated to whole pixels, divided by the annotation's own width and height, put in order and
    clipped to the image; boxes with no area left are rejected. The name of the first object stands for all: if it is
    another of the 1,000 synsets, every box is rejected. Any other name is accepted: some dogs are named by breed.

    Raises:
        BadAnnotation: it cannot be read; the message says why.
    """
    try:
        root = ElementTree.fromstring(xml)
        width, height = int(_text(root, "size/width")), int(_text(root, "size/height"))
        objects = list(root.iter("object"))
        name = _text(objects[0], "name") if objects else wnid
        size = np.array([width, height] * 2, np.float64)
        corners = [[int(float(_text(item, f"bndbox/{corner}"))) for corner in _CORNERS] for item in objects]
    except (ElementTree.ParseError, ValueError, OverflowError) as error:
        raise BadAnnotation(str(error)) from error
    if width <= 0 or height <= 0 or (name != wnid and name in ranks()):
        return Annotation(np.empty((0, 4)), len(objects))
    # Some annotations have swapped corners, or boxes partly or wholly outside the image (n03127925_147.xml).
    boxes = np.array(corners, dtype=np.float64).reshape(-1, 4) / size
    low = np.clip(np.minimum(boxes[:, :2], boxes[:, 2:]), 0.0, 1.0)
    high = np.clip(np.maximum(boxes[:, :2], boxes[:, 2:]), 0.0, 1.0)
    # In float32, as stored in records, two corners of a box in an absurdly large image may be equal.
    kept = np.hstack([low, high])[(low.astype(np.float32) < high.astype(np.float32)).all(axis=1)]
    return Annotation(kept, len(objects) - len(kept))


def _text(element: ElementTree.Element, path: str) -> str:
    text = element.findtext(path)
    if text is None:
        raise ValueError(f"no {path}")
    return text.strip()
