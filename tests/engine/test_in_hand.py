from collections.abc import Iterator
from ctypes import c_int64

import pytest

from wizard.engine import in_hand
from wizard.engine.in_hand import NOTHING, each


@pytest.fixture
def place() -> Iterator[c_int64]:
    shared = c_int64(NOTHING)
    in_hand.install(shared)
    yield shared
    in_hand.install(c_int64(NOTHING))


def test_the_place_says_which_item_is_in_hand_while_it_is_made_and_used(place: c_int64) -> None:
    made: list[int] = []

    def items() -> Iterator[str]:
        for item in "abc":
            made.append(place.value)
            yield item

    assert [(item, place.value) for item in each(items())] == [("a", 0), ("b", 1), ("c", 2)]
    assert made == [0, 1, 2]
    assert place.value == NOTHING


def test_after_an_error_nothing_is_in_hand(place: c_int64) -> None:
    def broken() -> Iterator[str]:
        yield "a"
        raise OSError

    with pytest.raises(OSError, match=r"^$"):
        list(each(broken()))
    assert place.value == NOTHING
