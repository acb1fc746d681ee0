import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.errors import InputError
from wizard.sources.numbered import HIGHEST, are_numbers, as_text, by_number, numbered

NUMBERS = st.sets(st.integers(0, 2000), min_size=1, max_size=50)


@given(NUMBERS, st.sampled_from([1, 5]))
def test_each_class_has_its_number_as_its_rank(numbers: set[int], width: int) -> None:
    names = [f"{number:0{width}}" for number in numbers]
    classes = by_number(names)
    assert numbered(classes)
    assert len(classes) == max(numbers) + 1
    assert all(classes.names[int(name)] == name for name in names)


@given(NUMBERS)
def test_nothing_is_told_of_text_where_it_gives_each_class_its_number(numbers: set[int]) -> None:
    names = [str(number) for number in numbers]
    same = all(int(name) == rank for rank, name in enumerate(sorted(names)))
    assert (as_text(names) == "") == same


def test_sorting_a_thousand_numbers_as_text_is_told_by_the_first_that_goes_wrong() -> None:
    told = as_text([str(number) for number in range(1000)])
    assert told == "sorted as text, as ImageFolder does, 10 would come before 2 and class 2 would get label 112"


@pytest.mark.parametrize("name", ["", "1.0", "-1", "x1", "²", "\u0661", str(HIGHEST + 1)])
def test_other_names_are_no_numbers(name: str) -> None:
    assert not are_numbers(["0", name])


def test_two_folders_of_one_number_are_refused() -> None:
    with pytest.raises(InputError, match="class folders 01 and 1 are the same number"):
        by_number(["1", "01"])
