from collections.abc import Sequence

import numpy as np
import pytest

from wizard.formats import example
from wizard.ilsvrc2012.feature_names import CORNERS, ENCODED
from wizard.sources.records.features import Features, InvalidRecord, Row


def row_with(corners: Sequence[example.Feature]) -> Row:
    features = {ENCODED: b"jpeg"} | dict(zip(CORNERS, corners, strict=True))
    data = example.encode(features)
    return Features().row(data, 0, len(data))


def test_corners_that_are_all_empty_are_no_boxes() -> None:
    assert row_with([np.empty(0, np.float32), (), (), ()]).boxes is None


ONE, TWO = np.array([0.5], np.float32), np.array([0.5, 1], np.float32)


@pytest.mark.parametrize(
    ("corners", "reported"),
    [
        ([ONE, ONE, ONE, ()], "1 floats in .*xmin.*, none in .*ymax"),
        ([ONE, ONE, TWO, ONE], "2 floats in .*xmax"),
        ([ONE, (1,), ONE, ONE], "1 integers in .*ymin"),
        ([b"1"] * 4, "1 values in .*xmin"),
    ],
)
def test_box_lists_of_different_lengths_are_reported_with_each_length(
    corners: list[example.Feature], reported: str
) -> None:
    with pytest.raises(InvalidRecord, match=reported):
        row_with(corners)


def test_boxes_of_whole_numbers_are_read_unchanged() -> None:
    found = row_with([(10, 1), (12, 2), (190, 3), (140, 4)])
    assert found.boxes is not None
    assert (found.boxes.tolist(), found.whole) == ([[10, 12, 190, 140], [1, 2, 3, 4]], True)
