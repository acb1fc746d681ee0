"""Makes the bounding boxes of annotations relative to their images.

The rules are those of `process_bounding_boxes.py` in tensorflow/models (research/inception), which all older systems
use, without its rounding to four decimals.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wizard.ilsvrc2012.annotation_xml import Annotation, parse_annotation
from wizard.ilsvrc2012.annotation_xml import BadAnnotation as BadAnnotation
from wizard.ilsvrc2012.synsets import ranks

Boxes = npt.NDArray[np.float64]


class ImageBoxes(NamedTuple):
    """The boxes of one image.

    Attributes:
        boxes: float64[n, 4], xmin ymin xmax ymax in 0..1, in the file's order.
        rejected: number of boxes that the rules reject.
    """

    boxes: Boxes
    rejected: int


def parse(xml: bytes, wnid: str) -> ImageBoxes:
    """The boxes in the annotation of an image of class `wnid`: those that `is_valid` and `relative_boxes` accept.

    Raises:
        BadAnnotation: it cannot be read; the message says why.
    """
    annotation = parse_annotation(xml)
    corners = np.array(annotation.corners, np.float64).reshape(-1, 4)
    if not is_valid(annotation, wnid):
        return ImageBoxes(np.empty((0, 4)), len(corners))
    sizes = np.broadcast_to([annotation.width, annotation.height], (len(corners), 2))
    boxes, kept = relative_boxes(corners, sizes)
    return ImageBoxes(boxes[kept], len(boxes) - int(kept.sum()))


def is_valid(annotation: Annotation, wnid: str) -> bool:
    """Whether any box of an annotation may stand for an image of class `wnid`.

    The name of the first object stands for all: if it is another of the 1,000 synsets, every box is rejected. Any other
    name is accepted: some dogs are named by breed. Without a size, there is nothing to be relative to.
    """
    if annotation.width <= 0 or annotation.height <= 0:
        return False
    return annotation.name == wnid or annotation.name not in ranks()


def relative_boxes(
    corners: npt.NDArray[np.float64], sizes: npt.NDArray[np.float64]
) -> tuple[Boxes, npt.NDArray[np.bool_]]:
    """Divides corners by the annotation's own width and height, puts them in order, and clips them to the image.

    Args:
        corners: float64[n, 4], xmin ymin xmax ymax in pixels.
        sizes: float64[n, 2], width and height of each box's image in pixels, above zero.

    Returns:
        The boxes, and bool[n]: which of them have an area left; the others are rejected.
    """
    # Some annotations have swapped corners, or boxes partly or wholly outside the image (n03127925_147.xml).
    first, second = corners[:, :2] / sizes, corners[:, 2:] / sizes
    low = np.clip(np.minimum(first, second), 0.0, 1.0)
    high = np.clip(np.maximum(first, second), 0.0, 1.0)
    # In float32, as stored in records, two corners of a box in an absurdly large image may be equal.
    wide, tall = (low.astype(np.float32) < high.astype(np.float32)).T
    return np.hstack([low, high]), wide & tall
