import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import noise
from wizard.formats.resample import move_boxes, resample
from wizard.formats.resize import Geometry, Resize, geometry

SMALL = st.integers(1, 40)


@given(SMALL, SMALL, SMALL, SMALL, st.sampled_from(["exact", "crop"]))
def test_pixels_have_the_size_of_the_geometry(h: int, w: int, height: int, width: int, mode: str) -> None:
    way = geometry(Resize(mode="exact" if mode == "exact" else "crop", height=height, width=width), h, w)
    result = resample(noise(h, w), way)
    assert result.shape == (height, width, 3)
    assert result.dtype == np.uint8
    assert result.flags["C_CONTIGUOUS"]


def test_an_image_of_the_requested_size_is_returned_unchanged() -> None:
    before = noise(30, 20)
    assert resample(before, geometry(Resize(mode="shortest", size=99), 30, 20)) is before


def way_of_crop() -> Geometry:
    return geometry(Resize(mode="crop", height=100, width=100), 100, 200)


def test_boxes_are_moved_clipped_and_dropped_by_a_crop() -> None:
    boxes = np.array([[0.5, 0.25, 0.625, 0.75], [0.0, 0.0, 0.5, 1.0], [0.0, 0.0, 0.25, 1.0], [0.9, 0.1, 1.0, 0.2]])
    moved, rows = move_boxes(boxes, way_of_crop())
    assert moved.tolist() == [[0.5, 0.25, 0.75, 0.75], [0.0, 0.0, 0.5, 1.0]]
    assert rows.tolist() == [0, 1]


@given(st.lists(st.tuples(*[st.floats(0, 1)] * 4), max_size=5))
def test_moved_boxes_are_always_within_the_image_with_area(corners: list[tuple[float, ...]]) -> None:
    boxes = np.array([[min(a, c), min(b, d), max(a, c), max(b, d)] for a, b, c, d in corners]).reshape(-1, 4)
    moved, rows = move_boxes(boxes, way_of_crop())
    assert len(rows) == len(moved)
    assert ((moved >= 0) & (moved <= 1)).all()
    assert (moved[:, :2] < moved[:, 2:]).all()


def test_a_box_without_area_in_float32_after_a_crop_is_dropped() -> None:
    boxes = np.array([[0.75 - 1e-12, 0.0, 0.9, 1.0], [0.5, 0.0, 0.75, 1.0]])
    assert move_boxes(boxes, way_of_crop())[1].tolist() == [1]


def test_scaling_does_not_change_relative_boxes() -> None:
    boxes = np.array([[0.1, 0.2, 0.3, 0.4]])
    moved, rows = move_boxes(boxes, geometry(Resize(mode="exact", height=9, width=9), 100, 200))
    assert moved is boxes
    assert rows.tolist() == [0]
