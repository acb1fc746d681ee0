"""An image on its way into a shard."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wizard.formats.arrays import Boxes
from wizard.formats.resize import Geometry


@dataclass(frozen=True, kw_only=True)
class StoredImage:
    """An image as it is stored.

    Attributes:
        jpeg: encoded bytes.
        geometry: from the source's pixels to these.
        converted: PNG, CMYK or another format that it had to be converted from; else empty.
    """

    jpeg: bytes
    geometry: Geometry
    converted: str


@dataclass(frozen=True, kw_only=True, eq=False)
class SourceRecord:
    """The record of a source that an image comes from.

    Attributes:
        features: serialized, by name.
        box_rows: intp[n], which of the record's boxes the sample's boxes are.
        is_reencoded: whether the stored image has other bytes than the record's.
    """

    features: Mapping[str, bytes]
    box_rows: npt.NDArray[np.intp]
    is_reencoded: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class OutputSample:
    """An image on its way into a shard, with all that a target may store beside it.

    Attributes:
        name: in the raw data.
        wnid: its class's name; empty where it has none.
        text: its class in words.
        label: that is stored; -1 where it has none.
        boxes: float64[n, 4] xmin ymin xmax ymax, relative to the stored image.
        stored: the image.
        record: that it comes from; None where it comes from none, or the target keeps no source's features.
    """

    name: str
    wnid: str
    text: str
    label: int
    boxes: Boxes
    stored: StoredImage
    record: SourceRecord | None = None
