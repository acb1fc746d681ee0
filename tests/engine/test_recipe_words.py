"""What a person reads of a recipe, whose own text goes into plan ids."""

import pytest

from wizard.engine.recipe_words import Kept, kept, readable
from wizard.engine.transform import Recipe
from wizard.formats.resize import Resize

ORIGINAL = Recipe(resize=Resize(mode="original"), quality=None)
STRUCTURE = Recipe(resize=Resize(mode="original"), quality=None, check="structure")
SMALL = Recipe(resize=Resize(mode="shortest", size=64), quality=80, keep_small=True)
CROP = Recipe(resize=Resize(mode="crop", height=224, width=192), quality=85)


@pytest.mark.parametrize(
    ("recipe", "some", "text"),
    [
        (ORIGINAL, "all", "original size, bytes kept"),
        (ORIGINAL, "some", "original size · JPEGs keep their bytes"),
        (ORIGINAL, "none", "original size"),
        (STRUCTURE, "some", "original size · JPEGs keep their bytes, only their structure checked"),
        (STRUCTURE, "none", "original size"),
        (SMALL, "some", "shortest side 64, JPEG quality 80, bytes kept where the size stays"),
        (SMALL, "none", "shortest side 64, JPEG quality 80"),
        (CROP, "none", "scaled and cropped to 224 × 192, JPEG quality 85"),
    ],
)
def test_bytes_are_said_to_be_kept_only_where_some_are(recipe: Recipe, some: Kept, text: str) -> None:
    assert readable(str(recipe), some) == text


def test_the_text_that_plan_ids_are_hashes_of_stays() -> None:
    assert str(ORIGINAL) == "original size, bytes kept"
    assert str(CROP) == "scaled and cropped to 224 x 192, JPEG quality 85"


@pytest.mark.parametrize(("converted", "some"), [(0, "all"), (3, "some"), (10, "none"), (11, "none")])
def test_what_is_not_converted_can_keep_its_bytes(converted: float, some: Kept) -> None:
    assert kept(10, converted) == some
