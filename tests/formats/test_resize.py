import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import noise
from wizard.formats.resize import Geometry, Resize, geometry, move_boxes, resample

SIDES = st.integers(1, 6000)
SMALL = st.integers(1, 40)


@pytest.mark.parametrize(
    ("resize", "before", "scaled", "after"),
    [
        (Resize(mode="original"), (375, 500), (375, 500), (375, 500)),
        (Resize(mode="shortest", size=256), (375, 500), (256, 341), (256, 341)),  # 341.33 down
        (Resize(mode="shortest", size=256), (500, 374), (342, 256), (342, 256)),  # 342.25
        (Resize(mode="shortest", size=2), (4, 5), (2, 3), (2, 3)),  # 2.5 up
        (Resize(mode="shortest", size=480), (375, 500), (375, 500), (375, 500)),  # shrinks only
        (Resize(mode="shortest", size=480, upscale=True), (375, 500), (480, 640), (480, 640)),
        (Resize(mode="exact", height=352, width=300), (10, 2000), (352, 300), (352, 300)),
        (Resize(mode="crop", height=224, width=224), (375, 500), (224, 299), (224, 224)),
        (Resize(mode="crop", height=224, width=224), (500, 375), (299, 224), (224, 224)),
        (Resize(mode="crop", height=100, width=50), (10, 10), (100, 100), (100, 50)),
    ],
)
def test_the_geometry_of_each_resize_mode(
    resize: Resize, before: tuple[int, int], scaled: tuple[int, int], after: tuple[int, int]
) -> None:
    way = geometry(resize, *before)
    assert (way.scaled, (way.height, way.width)) == (scaled, after)


@given(SIDES, SIDES, SIDES, st.booleans())
def test_shortest_is_exact_and_keeps_the_aspect_ratio_to_half_a_pixel(h: int, w: int, size: int, upscale: bool) -> None:
    way = geometry(Resize(mode="shortest", size=size, upscale=upscale), h, w)
    assert min(way.height, way.width) == (size if upscale else min(size, h, w))
    scale = min(way.height, way.width) / min(h, w)
    assert abs(max(way.height, way.width) - max(h, w) * scale) <= 0.5 + 1e-9


@given(SIDES, SIDES, SIDES, SIDES)
def test_crop_covers_exactly_and_is_centered(h: int, w: int, height: int, width: int) -> None:
    way = geometry(Resize(mode="crop", height=height, width=width), h, w)
    assert (way.height, way.width) == (height, width)
    assert way.scaled[0] == height or way.scaled[1] == width
    for side, cut, start in ((way.scaled[0], height, way.top), (way.scaled[1], width, way.left)):
        assert 0 <= side - cut - 2 * start <= 1


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
