import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.ilsvrc2012.boxes import BadAnnotation, parse, relative_boxes

WNID, OTHER = "n01440764", "n01443537"


def annotation(*boxes: tuple[str, object, object, object, object], width: object = 200, height: object = 100) -> bytes:
    objects = "".join(
        f"<object><name>{name}</name><bndbox><xmin>{x0}</xmin><ymin>{y0}</ymin><xmax>{x1}</xmax><ymax>{y1}</ymax>"
        "</bndbox></object>"
        for name, x0, y0, x1, y1 in boxes
    )
    return (
        f"<annotation><filename>%s</filename><size><width>{width}</width><height>{height}</height></size>"
        f"{objects}</annotation>"
    ).encode()


@pytest.mark.parametrize(
    ("corners", "expected"),
    [
        ((20, 10, 100, 60), [0.1, 0.1, 0.5, 0.6]),
        ((100, 60, 20, 10), [0.1, 0.1, 0.5, 0.6]),  # swapped
        ((-8, -1, 260, 130), [0.0, 0.0, 1.0, 1.0]),  # outside, clamped
        (("20.6", "10.9", "100.4", "60.2"), [0.1, 0.1, 0.5, 0.6]),  # cut to whole pixels
        ((1, 1, 3, 2), [0.005, 0.01, 0.015, 0.02]),  # no rounding to four decimals
    ],
)
def test_a_box_is_made_relative_to_the_annotations_size(corners: tuple[object, ...], expected: list[float]) -> None:
    found = parse(annotation((WNID, *corners)), WNID)  # type: ignore[arg-type]
    assert found.boxes.tolist() == [pytest.approx(expected, abs=1e-15)]
    assert found.rejected == 0


@pytest.mark.parametrize("corners", [(50, 10, 50, 20), (10, 50, 20, 50), (201, 1, 300, 9), (0, -9, 10, -1)])
def test_a_box_without_area_is_rejected(corners: tuple[int, int, int, int]) -> None:
    found = parse(annotation((WNID, *corners), (WNID, 0, 0, 200, 100)), WNID)
    assert found.boxes.tolist() == [[0, 0, 1, 1]]
    assert found.rejected == 1


def test_the_first_objects_name_decides_for_all_boxes() -> None:
    box = (0, 0, 10, 10)
    assert parse(annotation((OTHER, *box), (WNID, *box)), WNID).rejected == 2
    assert parse(annotation((WNID, *box), (OTHER, *box)), WNID).rejected == 0


def test_a_name_that_is_not_a_synset_is_accepted() -> None:
    assert parse(annotation(("Scottish_deerhound", 0, 0, 10, 10)), WNID).rejected == 0


def test_an_annotation_without_objects_or_size_has_no_boxes() -> None:
    assert parse(annotation(), WNID).boxes.shape == (0, 4)
    assert parse(annotation((WNID, 0, 0, 9, 9), width=0), WNID).boxes.shape == (0, 4)


@pytest.mark.parametrize(
    "xml",
    [b"", b"<annotation>", b"<annotation/>", annotation((WNID, "a", 0, 1, 1)), annotation((WNID, "inf", 0, 1, 1))],
)
def test_an_invalid_annotation_is_refused(xml: bytes) -> None:
    with pytest.raises(BadAnnotation):
        parse(xml, WNID)


@pytest.mark.parametrize("corner", ["nan", "-inf", "1e999", "", "9" * 4400])
def test_a_corner_that_is_not_a_number_is_refused(corner: str) -> None:
    with pytest.raises(BadAnnotation):
        parse(annotation((WNID, 0, 0, corner, 9)), WNID)


def test_huge_sizes_and_corners_give_boxes_with_area_or_are_rejected() -> None:
    with pytest.raises(BadAnnotation):
        parse(annotation((WNID, 0, 0, 9, 9), width="9" * 400), WNID)
    found = parse(annotation((WNID, "1e300", 0, 0, 9), width=10**30), WNID)
    assert found.boxes.dtype == np.float64
    assert found.boxes.tolist() == [[0.0, 0.0, 1.0, 0.09]]
    assert parse(annotation((WNID, 10**9 - 2, 0, 10**9 - 1, 9), width=10**9), WNID).rejected == 1


@given(st.lists(st.tuples(*[st.integers(-50, 300)] * 4), max_size=6))
def test_boxes_are_always_within_the_image_with_area(corners: list[tuple[int, int, int, int]]) -> None:
    found = parse(annotation(*[(WNID, *box) for box in corners]), WNID)
    assert len(found.boxes) + found.rejected == len(corners)
    assert ((found.boxes >= 0) & (found.boxes <= 1)).all()
    assert np.all(found.boxes[:, :2] < found.boxes[:, 2:])


Pixels = tuple[int, int, int, int]
PIXELS = st.tuples(*[st.integers(-50, 300)] * 4)
SIDES = st.integers(1, 300)


@given(st.lists(st.tuples(PIXELS, SIDES, SIDES), min_size=1))
def test_boxes_of_many_images_at_once_are_those_of_each(images: list[tuple[Pixels, int, int]]) -> None:
    corners = np.array([corners for corners, _, _ in images], np.float64)
    boxes, kept = relative_boxes(corners, np.array([size for _, *size in images], np.float64))
    for box, is_kept, (pixels, width, height) in zip(boxes, kept, images, strict=True):
        alone = parse(annotation((WNID, *pixels), width=width, height=height), WNID)
        assert alone.boxes.tobytes() == (box.tobytes() if is_kept else b"")
