import pytest

from wizard.show.rate import RateMeter


def test_a_rate_is_not_shown_before_it_has_settled() -> None:
    pace = RateMeter(10)
    assert pace.rate(0) is None
    pace.add(0, 0)
    pace.add(2, 200)
    assert pace.rate(2) is None
    assert pace.rate(4) == 50


def test_the_initial_amount_does_not_count_for_the_rate() -> None:
    pace = RateMeter(10)
    pace.add(0, 1_000_000)
    pace.add(5, 1_000_050)
    assert pace.rate(5) == 10


def test_a_rate_is_of_the_window_alone() -> None:
    pace = RateMeter(10)
    for second in range(100):
        pace.add(second, second * 100 if second < 50 else 5000 + second - 50)
    assert pace.rate(99) == pytest.approx(1)


def test_a_standstill_lowers_the_rate() -> None:
    pace = RateMeter(10)
    pace.add(0, 0)
    pace.add(5, 100)
    assert pace.rate(20) == 5


def test_a_total_that_shrinks_is_no_negative_rate() -> None:
    pace = RateMeter(10)
    pace.add(0, 100)
    pace.add(5, 50)
    assert pace.rate(5) == 0
