import pytest

from wizard.formatting import Range, duration, human_bytes, of_which_part, with_range


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 second"),
        (12, "12 seconds"),
        (59.6, "1 minute"),
        (31 * 60 + 10, "31 minutes"),
        (3599, "1 hour"),
        (70 * 60, "1 hour 10 minutes"),
        (2 * 3600, "2 hours"),
        (1500 * 3600, "1,500 hours"),
    ],
)
def test_a_duration_is_rounded_as_a_person_would(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_a_range_names_a_shared_unit_once() -> None:
    assert with_range(Range(low=27 * 60, likely=31 * 60, high=37 * 60), duration) == "31 minutes (27 to 37)"
    assert with_range(Range(low=64e9, likely=66e9, high=69.1e9), human_bytes) == "66.0 GB (64.0 to 69.1)"


def test_a_range_names_different_units_separately() -> None:
    assert with_range(Range(low=990e6, likely=1e9, high=1.1e9), human_bytes) == "1.0 GB (990.0 MB to 1.1 GB)"
    expected = Range(low=3600 + 600, likely=3600 + 1200, high=3600 + 1800)
    assert with_range(expected, duration) == "1 hour 20 minutes (1 hour 10 minutes to 1 hour 30 minutes)"


def test_a_range_that_rounds_to_one_value_is_omitted() -> None:
    assert with_range(Range(low=65.99e9, likely=66e9, high=66.01e9), human_bytes) == "66.0 GB"


@pytest.mark.parametrize(
    ("remaining", "words"),
    [(1.0, ""), (0.999, "the 99 %"), (0.036, "the 4 %"), (0.001, "the less than 1 %"), (0.0, "all images are built")],
)
def test_a_time_says_which_part_it_is_for_unless_it_is_for_all(remaining: float, words: str) -> None:
    said = of_which_part(remaining)
    assert words in said
    assert bool(said) == bool(words)
