import pytest

from wizard.sources.image_formats import added, become_jpeg


@pytest.mark.parametrize(
    ("counts", "said"),
    [({"WEBP": 1023, "PNG": 22}, "1,023 WebP and 22 PNG become JPEG"), ({"GIF": 1}, "1 GIF becomes JPEG")],
)
def test_what_becomes_jpeg_is_said_in_words(counts: dict[str, int], said: str) -> None:
    assert become_jpeg(counts) == said


def test_counts_of_several_splits_are_added() -> None:
    assert added([{"PNG": 2}, {"PNG": 1, "BMP": 4}]) == {"BMP": 4, "PNG": 3}
