from collections.abc import Sequence

import numpy as np
import pytest

from wizard.errors import InputError
from wizard.sources.records.boxes import StatedBoxes, unclear, unit_of

Row = tuple[float, float, float, float]
RELATIVE: Row = (0.125, 0.25, 0.875, 0.75)
PIXELS: Row = (10, 12, 190, 140)
UNIT: Row = (0, 0, 1, 1)
NAN = float("nan")


def stated(
    *rows: Row,
    sides: Sequence[tuple[int, int]] = (),
    stated: Sequence[tuple[int, int]] = (),
    whole: bool = False,
) -> StatedBoxes:
    """Boxes of a record each, of images of 200 × 160 pixels where nothing else is said."""
    count = len(rows)
    return StatedBoxes(
        boxes=np.array(rows, np.float64).reshape(-1, 4),
        whole=np.full(count, whole),
        sides=np.array(sides or [(200, 160)] * count, np.int64).reshape(-1, 2),
        stated=np.array(stated or [(0, 0)] * count, np.int64).reshape(-1, 2),
        record=np.arange(count),
        where=lambda record: f"train.tfrecord: record {record}",
    )


def refusal(found: StatedBoxes) -> str:
    with pytest.raises(InputError) as error:
        unit_of(found)
    assert error.value.hint
    return error.value.what


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [RELATIVE],
        [UNIT],
        [RELATIVE, UNIT],
        [RELATIVE, (0.0, -0.002, 1.0001, 1.0)],
        [(0.25, 0.25, 1.5, 1.0)],
        [(NAN, 0, 300, 300), (300, 300, 300, 300), (-1, -1, -1, -1)],
    ],
)
def test_boxes_around_0_to_1_are_relative(rows: list[Row]) -> None:
    assert unit_of(stated(*rows)) == "relative"


@pytest.mark.parametrize(
    "rows",
    [
        [PIXELS],
        [PIXELS, UNIT],
        [UNIT, PIXELS, (0, 0, 0, 0)],
        [(190, 140, 10, 12)],
        [(0.5, 0.5, 1.6, 1.2)],
        [(0, 0, 2, 2)],
        [(-10, 0, 205, 150)] * 3,
        [PIXELS] * 9 + [(0, 0, 280, 100)],
    ],
)
def test_boxes_far_beyond_1_beside_one_of_one_pixel_are_in_pixels(rows: list[Row]) -> None:
    assert unit_of(stated(*rows)) == "pixels"


def test_whole_numbers_are_pixels_unless_all_are_0_or_1() -> None:
    assert unit_of(stated(PIXELS, UNIT, whole=True)) == "pixels"
    assert "one pixel or the whole image" in refusal(stated(UNIT, UNIT, whole=True))


@pytest.mark.parametrize(
    ("rows", "reported"),
    [
        (
            [RELATIVE, RELATIVE, PIXELS],
            "record 2 has the box 10, 12, 190, 140 in an image of 200 × 160 pixels, which",
        ),
        (
            [PIXELS, RELATIVE, PIXELS],
            "record 1 has the box 0.125, 0.25, 0.875, 0.75 .*in 0..1, but 2 others are in",
        ),
        ([RELATIVE, PIXELS], r"but 1 other is in .* of train\.tfrecord: record"),
    ],
)
def test_records_of_both_units_are_refused_by_the_first_of_the_fewer(rows: list[Row], reported: str) -> None:
    with pytest.raises(InputError, match=reported):
        unit_of(stated(*rows))


def test_boxes_in_neither_unit_are_refused() -> None:
    assert "record 1 has the box 10, 12, 950, 900 in an image of 200 × 160 pixels, which is neither" in refusal(
        stated(PIXELS, (10, 12, 950, 900))
    )
    assert "neither" in refusal(stated(PIXELS, (-150, 0, 100, 100)))


def test_many_boxes_that_leave_their_images_are_those_of_another_size() -> None:
    larger: Row = (10, 12, 230, 150)
    found = stated(PIXELS, larger, larger, PIXELS, larger)
    assert "as 3 of 5 boxes do: they may be for images of another size" in refusal(found)
    assert unit_of(stated(PIXELS, larger, larger)) == "pixels"


def test_swapped_x_and_y_are_refused() -> None:
    assert "another size" in refusal(stated(*[(12, 10, 140, 190)] * 3))


@pytest.mark.parametrize("scale", [100, 1000])
def test_boxes_that_never_leave_a_scale_that_images_are_larger_than_may_be_counted_in_it(scale: int) -> None:
    box: Row = (0.05 * scale, 0.1 * scale, 0.95 * scale, 0.9 * scale)
    sides = [(2 * scale, 3 * scale)]
    assert f"no box exceeds {scale:,}" in refusal(stated(*[box] * 2, sides=sides * 2))
    beyond: Row = (0, 0, 1.5 * scale, 1.5 * scale)
    assert unit_of(stated(*[box] * 20, beyond, sides=sides * 21)) == "pixels"


def test_thousandths_of_images_that_are_smaller_are_refused() -> None:
    assert "neither" in refusal(stated(*[(50, 80, 960, 900)] * 6))


def test_one_small_box_in_a_corner_of_its_image_is_in_pixels() -> None:
    assert unit_of(stated((10, 12, 90, 80))) == "pixels"


@pytest.mark.parametrize("size", [(400, 320), (160, 200), (200, 0), (0, 170)])
def test_a_stated_size_that_is_not_the_images_leaves_pixels_open(size: tuple[int, int]) -> None:
    if size == (200, 0):
        assert unit_of(stated(PIXELS, stated=[size])) == "pixels"
    else:
        assert "the box may be in pixels of either size" in refusal(stated(PIXELS, stated=[size]))


def test_a_stated_size_matters_to_pixels_alone() -> None:
    assert unit_of(stated(RELATIVE, UNIT, stated=[(9, 9), (9, 9)])) == "relative"


def test_an_image_of_unknown_size_says_nothing_against_pixels() -> None:
    assert unit_of(stated(PIXELS, (0, 0, 900, 900), sides=[(200, 160), (0, 0)])) == "pixels"


@pytest.mark.parametrize("scale", [1, 1000])
def test_widths_and_heights_in_place_of_corners_are_refused(scale: int) -> None:
    random = np.random.default_rng(0)
    start, size = random.uniform(0, 1, (2, 40, 2))
    rows = [tuple(row) for row in (np.hstack([start, size * (1 - start)]) * scale).tolist()]
    sides = [(scale, scale)] * 40
    assert "xmax and ymax look like a width and a height" in refusal(stated(*rows, sides=sides))


def test_a_few_swapped_corners_among_many_are_no_widths() -> None:
    random = np.random.default_rng(0)
    start, end = np.sort(random.uniform(0, 1, (2, 40, 2)), axis=0)
    rows = np.hstack([start, end])
    rows[3] = rows[3, [2, 1, 0, 3]]
    assert unit_of(stated(*[tuple(row) for row in rows.tolist()])) == "relative"


@pytest.mark.parametrize(
    ("row", "expected"), [(RELATIVE, False), ((0.5, 0.5, 0.5, 0.5), False), (UNIT, True), (PIXELS, True)]
)
def test_only_boxes_that_may_be_in_pixels_are_unclear(row: Row, *, expected: bool) -> None:
    assert unclear(np.array([RELATIVE, row])) is expected
