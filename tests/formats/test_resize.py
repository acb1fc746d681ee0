import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.formats.resize import Resize, geometry

SIDES = st.integers(1, 6000)


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
