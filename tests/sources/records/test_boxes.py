import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.formats.arrays import Boxes
from wizard.sources.records.boxes import fit

ANY = st.floats(width=32) | st.floats(-2, 3, width=32) | st.integers(-5, 500).map(float)
ROWS = st.lists(st.tuples(ANY, ANY, ANY, ANY), max_size=6)
SIDES = st.none() | st.tuples(st.integers(0, 600), st.integers(0, 600))


def sides_of(count: int, sides: tuple[int, int] | None) -> "np.ndarray[tuple[int, int], np.dtype[np.int64]] | None":
    return None if sides is None else np.full((count, 2), sides, np.int64)


def boxes(*rows: tuple[float, ...]) -> Boxes:
    return np.array(rows, np.float64).reshape(-1, 4)


@given(ROWS, SIDES)
def test_sound_boxes_are_inside_their_image_in_order_and_have_area_as_float32(
    rows: list[tuple[float, ...]], sides: tuple[int, int] | None
) -> None:
    fitted = fit(boxes(*rows), sides_of(len(rows), sides))
    sound = fitted.boxes[fitted.sound].astype(np.float32)
    assert ((sound >= 0) & (sound <= 1)).all()
    assert (sound[:, :2] < sound[:, 2:]).all()
    assert len(fitted.sound) == len(fitted.swapped) == len(fitted.beyond) == len(rows)


@given(st.lists(st.tuples(*[st.floats(0, 1, width=32)] * 4), max_size=6))
def test_relative_boxes_that_are_good_stay_as_they_are_to_the_last_bit(rows: list[tuple[float, ...]]) -> None:
    before = boxes(*[(min(a, c), min(b, d), max(a, c), max(b, d)) for a, b, c, d in rows])
    good = (before[:, :2] < before[:, 2:]).all(axis=1)
    fitted = fit(before, None)
    assert fitted.sound.tolist() == good.tolist()
    assert fitted.boxes[good].tobytes() == before[good].tobytes()
    assert not (fitted.swapped | (fitted.beyond > 0)).any()


@pytest.mark.parametrize(
    ("box", "expected", "swapped", "clipped"),
    [
        ((0.75, 0.5, 0.25, 1.0), (0.25, 0.5, 0.75, 1.0), True, False),
        ((0.25, 1.0, 0.75, 0.5), (0.25, 0.5, 0.75, 1.0), True, False),
        ((-0.25, 0.0, 1.25, 1.0), (0.0, 0.0, 1.0, 1.0), False, True),
        ((1.25, 0.5, 0.25, 1.0), (0.25, 0.5, 1.0, 1.0), True, True),
    ],
)
def test_swapped_corners_are_put_in_order_and_what_is_outside_is_cut_off(
    box: tuple[float, ...], expected: tuple[float, ...], *, swapped: bool, clipped: bool
) -> None:
    fitted = fit(boxes(box), None)
    assert (*fitted.boxes.tolist(), fitted.sound.all()) == (list(expected), True)
    assert [fitted.swapped.tolist(), (fitted.beyond > 0).tolist()] == [[swapped], [clipped]]


@pytest.mark.parametrize(
    "box",
    [
        (0.5, 0.0, 0.5, 1.0),
        (0.0, 0.5, 1.0, 0.5),
        (1.125, 0.0, 1.25, 1.0),
        (np.nan, 0.0, 1.0, 1.0),
        (0.0, 0.0, np.inf, 1.0),
        (-np.inf, 0.0, 1.0, 1.0),
    ],
)
def test_a_box_without_area_in_its_image_or_with_no_number_is_not_sound(box: tuple[float, ...]) -> None:
    assert fit(boxes(box, (0, 0, 1, 1)), None).sound.tolist() == [False, True]


def test_pixels_are_divided_by_their_images_width_and_height() -> None:
    sides = np.array([[200, 160], [50, 20]])
    fitted = fit(boxes((10, 12, 190, 140), (0, 5, 60, 25)), sides)
    assert fitted.boxes.astype(np.float32).tolist() == [
        np.array([0.05, 0.075, 0.95, 0.875], np.float32).tolist(),
        [0.0, 0.25, 1.0, 1.0],
    ]
    assert fitted.beyond.tolist() == pytest.approx([0.0, 0.25])


def test_pixels_of_an_image_of_unknown_size_are_not_sound() -> None:
    assert fit(boxes((10, 12, 190, 140)), np.array([[0, 0]])).sound.tolist() == [False]
