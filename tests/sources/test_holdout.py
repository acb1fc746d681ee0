"""The rule of a hold-out, as a profile states it."""

from fractions import Fraction

import pytest

from wizard.sources.holdout import ALLOWED, parse_holdout


@pytest.mark.parametrize(
    "value", [0, -1, True, 1_000_001, 10.5, "0%", "100%", "120%", "-5%", "10", "ten", "", "%", "1e1%", "0.00001%"]
)
def test_any_other_value_is_refused(value: int | str) -> None:
    with pytest.raises(ValueError, match="a whole number of images per class, 1 or more") as error:
        parse_holdout(value)
    assert str(error.value) == ALLOWED


def test_a_percentage_may_have_a_space_and_decimals() -> None:
    assert parse_holdout("12.5 %").share == Fraction(1, 8)
