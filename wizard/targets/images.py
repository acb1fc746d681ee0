"""What every target stores: an image that trainers decode, the size that is stated of it, and boxes within it."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from wizard.formats import example, image_codec
from wizard.formats.decoding import Undecodable


def wrong(data: bytes, stated: Mapping[str, object]) -> Iterator[str]:
    """What is wrong with a stored image, judging by its header.

    Its pixels are checked by TensorFlow (`wizard.verify.pixels`): our decoder has already accepted them once.

    `stated` is its "height" and "width" in pixels, as far as they are stated beside it.
    """
    try:
        header = image_codec.read_header(data)
        if header.needs_conversion:
            yield f"its image is {header.needs_conversion}, not an RGB or gray JPEG"
    except Undecodable as error:
        yield f"its image cannot be decoded: {error}"
        return
    for side, found in (("height", header.height), ("width", header.width)):
        if side in stated and stated[side] != found:
            yield f"its {side} is stated as {stated[side]!r}, the image has {header.height} × {header.width}"


def sides(features: Mapping[str, example.Values | bytes]) -> dict[str, object]:
    """Height and width as a record states them, as far as it does: a number, or a list where it is not one number."""
    stated = {side: list(features[f"image/{side}"]) for side in ("height", "width") if f"image/{side}" in features}
    return {side: values[0] if len(values) == 1 else values for side, values in stated.items()}


def wrong_boxes(corners: npt.NDArray[np.floating[Any]]) -> Iterator[str]:
    """What is wrong with an image's boxes: [n, 4], xmin ymin xmax ymax, relative to the image."""
    xmin, ymin, xmax, ymax = corners.T
    inside = (xmin >= 0) & (xmin < xmax) & (xmax <= 1) & (ymin >= 0) & (ymin < ymax) & (ymax <= 1)
    if not inside.all():
        yield f"box {int(np.flatnonzero(~inside)[0])} is not within 0..1, or has swapped corners or no area"
