from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import survey
from tests.sources import making
from tests.sources.counting import counts, letters, official
from wizard.ilsvrc2012.archives import Split
from wizard.sources.class_counts import count_splits
from wizard.sources.classes import imagenet
from wizard.sources.glance import FIRST, LAST, Glance, LabelState, Size, glance, glance_at_raw
from wizard.sources.source import Survey


def labels(found: Glance) -> list[tuple[str, int | None, int | None]]:
    return [(seen.name, seen.label, seen.images) for seen in (*found.first, *found.last)]


def test_the_first_and_last_classes_have_their_labels_and_counts() -> None:
    found = glance(letters(7), 1, [counts("train", [7, 6, 5, 4, 3, 2, 1])])
    assert labels(found) == [("c000", 1, 7), ("c001", 2, 6), ("c002", 3, 5), ("c005", 6, 2), ("c006", 7, 1)]
    assert labels(glance(letters(1), 0, [counts("train", [2])])) == [("c000", 0, 2)]


def test_classes_without_images_are_counted_and_not_shown() -> None:
    found = glance(letters(9), 0, [counts("train", [0, 2, 0, 0, 0, 0, 0, 5, 0])])
    assert labels(found) == [("c001", 1, 2), ("c007", 7, 5)]
    assert found.without_images == 7


def test_the_leading_split_is_train_whichever_is_built_first() -> None:
    found = glance(letters(2), 0, [counts("validation", [1, 2]), counts("train", [3, 0])])
    assert labels(found) == [("c000", 0, 3), ("c001", 1, 0)]
    assert [split.split for split in found.splits] == ["train", "validation"]


def test_a_glance_reports_labels_only_when_they_are_known() -> None:
    undecided: tuple[LabelState, ...] = ("open", "none")
    for how in undecided:
        found = glance(letters(2), 1, [counts("train", [1, 1])], labels=how)
        assert [label for _, label, _ in labels(found)] == [None, None]


def test_the_smallest_and_the_largest_class_are_named_with_how_many_are_alike() -> None:
    (split,) = glance(letters(5), 0, [counts("train", [4, 2, 0, 2, 9])]).splits
    assert split.smallest is not None
    assert split.largest is not None
    assert (split.smallest.images, split.smallest.classes) == (2, 2)
    assert (split.largest.images, split.largest.classes) == (9, 1)
    assert split.smallest.example is not None
    assert split.smallest.example.name == "c001"


def test_an_example_has_the_class_and_label_that_are_stored() -> None:
    (split,) = glance(letters(3), 1, [counts("train", [1, 1, 1], example="c002/1.jpg", rank=2)]).splits
    assert split.example == "c002/1.jpg"
    assert split.example_class is not None
    assert (split.example_class.name, split.example_class.label) == ("c002", 3)


def test_images_without_labels_have_an_example_without_class() -> None:
    found = glance(imagenet(), 1, [counts("test", [0] * 1000, unlabelled=5, example="t.JPEG")])
    assert (found.first, found.last, found.lacking, found.without_images) == ((), (), (), 0)
    (split,) = found.splits
    assert (split.images, split.classes, split.smallest, split.example_class) == (5, 0, None, None)


def test_missing_classes_are_reported_for_the_split_without_them() -> None:
    found = glance(letters(6), 0, [counts("train", [1, 1, 1, 1, 1, 0]), counts("validation", [1, 0, 0, 0, 0, 1])])
    train, validation = found.lacking
    assert (train.split, train.others, train.classes) == ("train", ("validation",), 1)
    assert [seen.name for seen in train.first] == ["c005"]
    assert (validation.split, validation.others, validation.classes) == ("validation", ("train",), 4)
    assert [seen.name for seen in validation.first] == ["c001", "c002", "c003"]


def test_images_without_labels_lack_no_classes() -> None:
    assert not glance(letters(2), 0, [counts("train", [1, 1]), counts("test", [0, 0], unlabelled=4)]).lacking


def test_official_archives_are_reported_as_published() -> None:
    found = glance(imagenet(), 1, [official("train"), official("validation"), official("test")])
    assert labels(found)[0] == ("n01440764", 1, None)
    assert labels(found)[-1] == ("n15075141", 1000, None)
    sizes = {split.split: (split.smallest, split.largest) for split in found.splits}
    assert sizes["train"] == (Size(images=732), Size(images=1300))
    assert sizes["validation"] == (Size(images=50), Size(images=50))
    assert sizes["test"] == (None, None)
    assert not any(split.counted for split in found.splits)
    assert not found.lacking


@pytest.mark.parametrize(
    ("names", "labels"),
    [(["00", "01", "02"], "stored"), (["0", "1", "10"], "stored"), (["1", "2"], "stored"), (["cats", "dogs"], "open")],
)
def test_classes_that_are_numbers_say_their_labels(tmp_path: Path, names: list[str], labels: LabelState) -> None:
    making.write(tmp_path, [f"train/{name}/1.jpg" for name in names])
    surveys: dict[Split, Survey] = {"train": survey(tmp_path, "train")}
    found = glance_at_raw(surveys, count_splits(surveys, tmp_path))
    assert found.labels == labels
    assert [seen.label for seen in found.first] == [int(name) if labels == "stored" else None for name in names]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=12), st.lists(st.integers(0, 3), min_size=1, max_size=12))
def test_every_image_and_class_is_accounted_for(train: list[int], validation: list[int]) -> None:
    size = max(len(train), len(validation))
    train, validation = (each + [0] * (size - len(each)) for each in (train, validation))
    found = glance(letters(size), 0, [counts("train", train), counts("validation", validation)])
    present = [rank for rank in range(size) if train[rank] or validation[rank]]
    shown = [seen.rank for seen in (*found.first, *found.last)]
    assert shown == (present if len(present) <= FIRST + LAST else present[:FIRST] + present[-LAST:])
    assert found.without_images == (size - len(present) if present else 0)
    assert [split.images for split in found.splits] == [sum(train), sum(validation)]
    for split, mine in zip(found.splits, (train, validation), strict=True):
        if split.smallest and split.largest:
            assert split.smallest.images == min(filter(None, mine))
            assert split.largest.images == max(mine)
            lacking = sum(each.classes for each in found.lacking if each.split == split.split)
            assert split.classes + lacking == len(present)
