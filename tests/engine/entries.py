"""Entries for tests: what a worker hands to a writer, without an image having been decoded."""

from collections.abc import Mapping

import numpy as np

from wizard.engine.records import Entry
from wizard.engine.transform import Stored
from wizard.formats.arrays import Boxes
from wizard.formats.resize import Resize, geometry


def entry(
    name: str = "n01440764_10026.JPEG",
    jpeg: bytes = b"jpeg",
    *,
    wnid: str = "n01440764",
    text: str = "tench, Tinca tinca",
    label: int = 1,
    boxes: Boxes | None = None,
    features: Mapping[str, bytes] | None = None,
) -> Entry:
    """An image of 30 x 40 pixels."""
    stored = Stored(jpeg=jpeg, way=geometry(Resize(mode="original"), 30, 40), converted="")
    found = np.empty((0, 4)) if boxes is None else boxes
    return Entry(name=name, wnid=wnid, text=text, label=label, boxes=found, stored=stored, features=features)
