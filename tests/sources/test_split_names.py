import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.ilsvrc2012.archives import Split
from wizard.sources.split_names import (
    among,
    are_parts,
    by_number,
    is_filler,
    missing_parts,
    parse_split_name,
    split_in_file_name,
    split_of_dataset,
    split_of_folder,
)

WORDS: dict[str, Split] = {
    **dict.fromkeys(("train", "training", "tr"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev", "eval"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
}
WRAPPED = ["{}", "seg_{}", "{}_set", "{} images", "images-{}", "ILSVRC2012_img_{}", "Final_{}", "tfrecord_{}", "01. {}"]
PARTS = ["{}_1", "{}.X4", "{}-part2", "{}1", "{}.X", "{} (2)"]
CASES = [str.lower, str.upper, str.title]


@pytest.mark.parametrize("name", [*WRAPPED, *PARTS, "tiny-imagenet-{}", "cifar10_{}"])
@given(word=st.sampled_from(sorted(WORDS)), case=st.sampled_from(CASES))
def test_a_word_for_a_split_is_understood_in_any_case_and_wrapping(name: str, word: str, case: type) -> None:
    assert split_of_folder(name.format(case(word))) == WORDS[word]


@pytest.mark.parametrize("name", ["trainset", "trainSet", "TrainImages", "traindata", "ILSVRC2012_img_test_v10102019"])
def test_wrappings_without_a_gap_are_understood(name: str) -> None:
    assert split_of_folder(name) == ("test" if "test" in name else "train")


@pytest.mark.parametrize(
    "name",
    ["bullet_train", "toy train", "freight_train", "test tube", "trainer", "contest", "eval-kit", "train_test", "cat"],
)
def test_a_name_that_says_what_is_on_the_pictures_is_no_split_by_itself(name: str) -> None:
    assert split_of_folder(name) is None
    assert not among([name, "car", "bus"])


def test_unknown_words_are_a_datasets_name_where_folders_of_two_splits_share_them() -> None:
    names = ["flowers_train", "flowers_test", "bullet_train", "notes"]
    assert set(among(names)) == {"flowers_train", "flowers_test"}


def test_folders_beside_those_that_are_splits_by_themselves_are_none() -> None:
    assert set(among(["train", "val", "bbox_train", "bbox_val"])) == {"train", "val"}


@pytest.mark.parametrize(
    ("names", "parts"),
    [
        (["train.X1", "train.X2", "train.X10"], True),
        (["train_1", "train_2"], True),
        (["train", "train_2"], False),
        (["val", "valid"], False),
        (["Train", "train"], False),
        (["train_1", "test_2"], False),
        (["train_images_1", "train_2"], False),
        (["train2014", "train2017"], False),
        (["train_1999_1", "train_2017_2"], False),
        (["train2014_1", "train2014_2"], True),
    ],
)
def test_parts_of_a_split_differ_in_their_numbers_alone(names: list[str], parts: bool) -> None:
    assert are_parts(names) == parts


def test_parts_are_sorted_by_the_value_of_their_numbers() -> None:
    assert sorted(["train.X10", "train.X9", "train.X1"], key=by_number) == ["train.X1", "train.X9", "train.X10"]


@given(st.sets(st.integers(0, 60), min_size=1))
def test_parts_that_are_not_there_are_those_between_the_first_and_the_last(numbers: set[int]) -> None:
    expected = sorted(set(range(min(numbers), max(numbers))) - numbers)
    assert missing_parts(f"train_{number}" for number in numbers) == expected


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("imagenetv2-matched-frequency-format-val", "validation"),
        ("flowers_test", "test"),
        ("train_images", "train"),
        ("test_images0", None),
        ("test_reads_folders12", None),
        ("pets", None),
    ],
)
def test_the_folder_of_a_dataset_is_of_the_split_that_ends_its_name(name: str, split: str | None) -> None:
    assert split_of_dataset(name) == split


@pytest.mark.parametrize(("name", "filler"), [("images", True), ("JPEGImages", True), ("data", True), ("cat", False)])
def test_some_names_say_nothing_of_what_a_folder_holds(name: str, filler: bool) -> None:
    assert is_filler(name) == filler


@pytest.mark.parametrize(
    ("name", "split"),
    [("dev-train-00000", "train"), ("Training-0.tfrecord", "train"), ("eval.tfrecord", "validation"), ("x", None)],
)
def test_a_shorter_word_in_a_file_name_gives_way_to_a_clear_one(name: str, split: str | None) -> None:
    assert split_in_file_name(name) == split


@given(st.text(max_size=30))
def test_any_name_is_understood_or_not(name: str) -> None:
    parsed = parse_split_name(name)
    assert parsed is None or (split_of_folder(name) == parsed.split) == parsed.sure
