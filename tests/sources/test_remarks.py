from pathlib import Path

import pytest

from wizard.sources.remarks import in_words, instead_of_images
from wizard.sources.samples import LeftOut


def of(what: str, count: int) -> LeftOut:
    return LeftOut(what=what, count=count, first=f"/raw/{what}", clutter=False)


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ([], "/raw holds no images."),
        ([of(".npy files", 1)], "/raw holds 1 file, which is not an image: /raw/.npy files."),
        (
            [of(".npy files", 1200), of("hidden files", 1)],
            "/raw holds 1,201 files but no images: 1,200 .npy files, 1 hidden file; the first is /raw/.npy files.",
        ),
    ],
)
def test_a_folder_without_images_is_described_by_its_content(kinds: list[LeftOut], said: str) -> None:
    assert instead_of_images(Path("/raw"), kinds) == said


def test_only_the_first_kinds_are_named() -> None:
    reported = in_words([of(f".x{number} files", 2) for number in range(8)])
    assert reported.endswith("2 .x4 files, 6 of 3 more kinds")
