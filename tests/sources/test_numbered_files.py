from pathlib import Path

import pytest

from wizard.sources.numbered_files import set_problem


def problem(*names: str) -> str:
    found = set_problem([Path("raw") / name for name in names], "train")
    return found.problem if found else ""


@pytest.mark.parametrize("first", [0, 1])
def test_a_whole_set_from_0_or_from_1_has_no_problem(first: int) -> None:
    assert problem(*(f"train-{number:05}-of-00012.parquet" for number in range(first, first + 12))) == ""


def test_files_that_are_not_numbered_have_no_problem() -> None:
    assert problem("train.parquet", "more.parquet") == ""


def test_names_the_first_five_missing_files_and_counts_the_others() -> None:
    assert problem("t-00001-of-00009.parquet", "t-00003-of-00009.parquet") == (
        "7 of the 9 files of train are missing in raw: t-00000-of-00009.parquet, t-00002-of-00009.parquet, "
        "t-00004-of-00009.parquet, t-00005-of-00009.parquet, t-00006-of-00009.parquet and 2 more."
    )


def test_one_number_twice_names_both_files() -> None:
    assert problem("a-0-of-2", "b-0-of-2") == "raw/a-0-of-2 and raw/b-0-of-2 are both number 0 of train."


@pytest.mark.parametrize("other", ["a-0-of-3", "a"])
def test_two_sets_and_a_set_beside_an_unnumbered_file_name_one_of_each(other: str) -> None:
    assert (
        problem("a-0-of-1", other) == f"The files of train belong to more than one set: raw/a-0-of-1 and raw/{other}."
    )


def test_a_number_beyond_the_count_is_named() -> None:
    assert problem("a-0-of-2", "a-5-of-2") == "raw/a-5-of-2 is number 5 of 2 files of train."
