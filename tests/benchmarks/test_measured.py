import pytest

from tests.benchmarks.measured import Measured, Spread, ratio, spread, stage_ms


def run(seconds: float = 1.0, **stages: float) -> Measured:
    return Measured(images=100, seconds=seconds, whole=2 * seconds, cpu=0.5, stages=stages)


def test_rates_are_images_a_second_of_the_work_and_of_the_whole_command() -> None:
    assert (run(4.0).rate, run(4.0).whole_rate, run(4.0).cpu_ms) == (25.0, 12.5, 5.0)


def test_a_ratio_compares_measurements_of_the_same_round() -> None:
    # A machine that is half as fast in the second round changes neither ratio.
    assert ratio([10.0, 5.0], [20.0, 10.0]) == Spread(median=0.5, low=0.5, high=0.5)


def test_a_ratio_needs_both_measurements_of_every_round() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ratio([1.0, 2.0], [1.0])


def test_stages_are_medians_of_milliseconds_an_image() -> None:
    runs = [run(decode=0.2, write=0.1), run(decode=0.4, write=0.1), run(decode=0.3, write=0.1)]
    assert stage_ms(runs) == pytest.approx({"decode": 3.0, "write": 1.0})


def test_builds_without_clocks_have_no_stages() -> None:
    assert stage_ms([run(), run()]) == {}


def test_a_spread_of_one_value_is_printed_as_that_value() -> None:
    assert str(spread([440.4])) == "440"
    assert str(spread([8700, 9000, 8000])) == "8,700 (8,000 to 9,000)"
