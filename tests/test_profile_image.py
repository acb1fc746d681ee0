"""What a profile's images become, and what is said where that does not fit together."""

from itertools import chain, combinations

import pytest

from wizard.errors import ProfileError
from wizard.profile import check
from wizard.profile_image import settings_to_fix
from wizard.profile_override import check_with

VALUES = {"size": 256, "height": 224, "width": 224, "quality": 90}
SOME = [*chain.from_iterable(combinations(VALUES, count) for count in range(len(VALUES) + 1))]


@pytest.mark.parametrize("resize", ["original", "shortest", "exact", "crop"])
@pytest.mark.parametrize("given", SOME, ids="+".join)
def test_the_settings_that_an_error_names_are_enough(resize: str, given: tuple[str, ...]) -> None:
    image = {"resize": resize, **{key: VALUES[key] for key in given}}
    table = {"source": {"path": "/raw"}, "output": {"path": "/out"}, "image": image}
    settings = settings_to_fix(image)
    if settings:
        with pytest.raises(ProfileError) as raised:
            check(table, "p.toml")
        assert all(setting in raised.value.hint for setting in settings)
    check_with(table, [setting.replace("PIXELS", "64") for setting in settings], "p.toml")
