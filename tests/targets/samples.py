"""Entries for tests: what a worker hands to a writer, without an image having been decoded."""

from collections.abc import Mapping

import numpy as np

from wizard.formats.arrays import Boxes
from wizard.formats.resize import Resize, geometry
from wizard.targets.sample import OutputSample, SourceRecord, StoredImage


def sample(
    name: str = "n01440764_10026.JPEG",
    jpeg: bytes = b"jpeg",
    *,
    wnid: str = "n01440764",
    text: str = "tench, Tinca tinca",
    label: int = 1,
    boxes: Boxes | None = None,
    features: Mapping[str, bytes] | None = None,
) -> OutputSample:
    """An image of 30 x 40 pixels."""
    stored = StoredImage(jpeg=jpeg, geometry=geometry(Resize(mode="original"), 30, 40), converted="")
    record = None
    if features is not None:
        record = SourceRecord(features=features, box_rows=np.empty(0, np.intp), is_reencoded=False)
    found = np.empty((0, 4)) if boxes is None else boxes
    return OutputSample(name=name, wnid=wnid, text=text, label=label, boxes=found, stored=stored, record=record)
