import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.errors import InputError
from wizard.ilsvrc2012.synsets import synsets
from wizard.sources.classes import (
    HIGHEST,
    UNLABELED,
    Classes,
    are_numbers,
    as_text,
    by_number,
    imagenet,
    numbered,
    of_folders,
    stored_label,
)

NUMBERS = st.sets(st.integers(0, 2000), min_size=1, max_size=50)


def test_those_of_imagenet_are_the_thousand_in_the_order_of_their_wnids() -> None:
    assert len(imagenet()) == 1000
    assert imagenet().whole_imagenet
    assert (imagenet().name(0), imagenet().text(0)) == ("n01440764", "tench, Tinca tinca")
    assert list(imagenet().names) == sorted(imagenet().names)


def test_an_image_without_label_has_no_class() -> None:
    assert (imagenet().name(UNLABELED), imagenet().text(UNLABELED)) == ("", "")


def test_a_folder_named_by_a_wnid_has_its_words_and_any_other_its_own_name() -> None:
    classes = of_folders(("cats", "n01440764"))
    assert classes == Classes(names=("cats", "n01440764"), words=("cats", "tench, Tinca tinca"))
    assert not classes.whole_imagenet


def test_fewer_of_the_thousand_are_not_imagenet() -> None:
    names = tuple(synset.wnid for synset in synsets())
    assert of_folders(names).whole_imagenet
    assert not of_folders(names[:999]).whole_imagenet
    assert not of_folders(names[::-1]).whole_imagenet


@pytest.mark.parametrize(("rank", "base", "label"), [(0, 0, 0), (0, 1, 1), (999, 1, 1000), (-1, 0, -1), (-1, 1, -1)])
def test_the_stored_label_counts_from_the_base_but_for_what_has_none(rank: int, base: int, label: int) -> None:
    assert stored_label(rank, base) == label


@pytest.mark.parametrize(
    "classes",
    [imagenet(), of_folders(("a", "b")), Classes(names=imagenet().names, words=imagenet().names)],
    ids=["imagenet", "own", "imagenet in other words"],
)
def test_classes_cross_to_a_worker(classes: Classes) -> None:
    assert pickle.loads(pickle.dumps(classes)) == classes


def test_those_of_imagenet_cross_to_a_worker_by_name_alone() -> None:
    assert len(pickle.dumps(imagenet())) < 100
    assert pickle.loads(pickle.dumps(imagenet())) is imagenet()


@given(NUMBERS, st.sampled_from([1, 5]))
def test_each_class_has_its_number_as_its_rank(numbers: set[int], width: int) -> None:
    names = [f"{number:0{width}}" for number in numbers]
    classes = by_number(names)
    assert numbered(classes)
    assert len(classes) == max(numbers) + 1
    assert all(classes.names[int(name)] == name for name in names)


@given(NUMBERS)
def test_text_order_equal_to_numeric_order_causes_no_remark(numbers: set[int]) -> None:
    names = [str(number) for number in numbers]
    same = all(int(name) == rank for rank, name in enumerate(sorted(names)))
    assert (as_text(names) == "") == same


def test_text_order_is_reported_by_the_first_wrong_class() -> None:
    reported = as_text([str(number) for number in range(1000)])
    assert reported == "sorted as text, as ImageFolder does, 10 would come before 2 and class 2 would get label 112"


@pytest.mark.parametrize("name", ["", "1.0", "-1", "x1", "²", "\u0661", str(HIGHEST + 1)])
def test_names_that_are_not_all_numbers_are_not_numbers(name: str) -> None:
    assert not are_numbers(["0", name])


def test_two_folders_of_one_number_are_refused() -> None:
    with pytest.raises(InputError, match="class folders 01 and 1 are the same number"):
        by_number(["1", "01"])
