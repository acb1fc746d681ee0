import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.errors import UsageError
from wizard.slices import WHOLE, Slice


@given(of=st.integers(1, 40), shards=st.integers(0, 200))
def test_slices_share_all_shards_evenly_and_none_twice(of: int, shards: int) -> None:
    names = [f"train-{number:05d}" for number in range(shards)]
    parts = [Slice(number=number, of=of).among(names) for number in range(1, of + 1)]
    assert sorted(name for part in parts for name in part) == names
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@given(of=st.integers(2, 300), data=st.data())
def test_a_slice_is_read_as_it_is_written(of: int, data: st.DataObject) -> None:
    part = Slice(number=data.draw(st.integers(1, of)), of=of)
    assert Slice.parse(str(part)) == part


def test_one_slice_of_one_is_the_whole() -> None:
    assert Slice.parse("1/1") == WHOLE
    assert WHOLE.is_whole
    assert WHOLE.name == "whole"


def test_names_of_slices_sort_by_number() -> None:
    names = [Slice(number=number, of=120).name for number in range(1, 121)]
    assert sorted(names) == names


@pytest.mark.parametrize("text", ["", "3", "3/", "0/4", "5/4", "-1/4", "1.5/4", "a/b", "1/2/3", "1/1000000"])
def test_what_is_no_slice_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match="--slice 1/16"):
        Slice.parse(text)
