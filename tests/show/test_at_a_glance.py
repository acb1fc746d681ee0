import pytest

from tests.sources.counting import counts, letters, official
from wizard.events import Glanced
from wizard.show.at_a_glance import folded, lines, rows
from wizard.show.progress import messages
from wizard.sources.classes import Classes, imagenet, of_folders
from wizard.sources.glance import Glance, glance


def text(found: Glance) -> dict[str, str]:
    return {row.about: row.text for row in rows(found)}


def test_labels_and_counts_of_the_ends_are_one_line() -> None:
    found = glance(imagenet(), 1, [counts("train", [1300] * 1000)])
    assert text(found)["class labels"] == (
        "tench = 1 (1,300 images) · goldfish = 2 (1,300 images) · great white shark = 3 (1,300 images) · … · "
        "ear = 999 (1,300 images) · toilet tissue = 1000 (1,300 images)"
    )
    assert text(found)["class sizes"] == "1,300 images each"


def test_labels_sorted_as_text_show() -> None:
    numbers = of_folders(tuple(sorted(map(str, range(1000)))))
    found = text(glance(numbers, 0, [counts("train", [1] * 1000)]))
    assert found["class labels"].startswith("0 = 0 (1 image) · 1 = 1 (1 image) · 10 = 2 (")


def test_each_count_says_of_which_split_it_is_where_there_are_several() -> None:
    found = text(glance(letters(2), 0, [counts("train", [0, 2]), counts("validation", [3, 0])]))
    assert found["class labels"] == "c000 = 0 (0 in train) · c001 = 1 (2 in train)"


def test_labels_that_follow_from_the_format_are_not_shown_as_numbers() -> None:
    found = text(glance(letters(2), 0, [counts("train", [1, 2], example="c001/1.jpg", rank=1)], labels="open"))
    assert found["class order"] == (
        "c000 (1 image) · c001 (2 images) · (labels follow from what is built: from 1 in TFRecord shards, else from 0)"
    )
    assert "class labels" not in found
    assert found["example of train"] == "c001/1.jpg → c001"


def test_formats_without_labels_show_the_order_alone() -> None:
    found = text(glance(letters(2), 1, [counts("train", [1, 2])], labels="none"))
    assert found["class order"] == "c000 (1 image) · c001 (2 images)"


def test_sizes_are_listed_by_split_and_classes_without_images_counted() -> None:
    found = text(glance(letters(4), 0, [counts("train", [3, 3, 5, 0]), counts("validation", [1, 1, 1, 0])]))
    assert found["class sizes"] == (
        "train 3 (c000 and 1 more) to 5 (c002) images · validation 1 image in each class that has any · "
        "1 of 4 classes without images"
    )


def test_official_counts_are_not_reported_as_counted() -> None:
    found = text(glance(imagenet(), 1, [official("train")]))
    assert found["class labels"].startswith("tench = 1 · goldfish = 2 · ")
    assert found["class sizes"] == "732 to 1,300 images (as published, not counted)"


def test_each_split_has_an_example_with_the_label_that_is_stored() -> None:
    train = counts("train", [1, 1], example="c001/7.jpg", rank=1)
    found = text(glance(letters(2), 1, [train, counts("test", [0, 0], unlabelled=3, example="t.jpg")]))
    assert found["example of train"] == "c001/7.jpg → c001 = 2"
    assert found["example of test"] == "t.jpg → no label"


def test_an_example_that_cannot_be_read_is_a_warning() -> None:
    found = rows(glance(imagenet(), 1, [official("train", "x is torn.")]))
    assert ("example of train", "cannot be read: x is torn.", True) in found


def test_splits_of_other_classes_are_a_warning_that_names_them() -> None:
    found = rows(glance(letters(5), 0, [counts("train", [1, 1, 1, 1, 1]), counts("validation", [1, 0, 0, 0, 0])]))
    assert found[-1].warning
    assert found[-1].text == "validation has no images of 4 classes that train has: c001, c002, c003, …"
    assert lines(glance(letters(2), 0, [counts("train", [1, 1]), counts("validation", [1, 0])]))[-1].startswith("! ")


@pytest.mark.parametrize("name", ["\x1b[31mred", "a\tb", "x" * 200])
def test_a_classs_name_neither_moves_the_cursor_nor_fills_the_screen(name: str) -> None:
    shown = text(glance(Classes(names=(name,), words=(name,)), 0, [counts("train", [1])]))["class labels"]
    assert shown.isprintable()
    assert len(shown) < 60


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_lines_keep_to_a_width(width: int) -> None:
    many = [
        counts("train", [1300] * 999 + [0], example="n01440764_10026.JPEG", rank=0),
        counts("validation", [50] * 1000),
    ]
    printed = "\n".join(lines(glance(imagenet(), 1, many), width)).splitlines()
    assert max(map(len, printed)) <= width
    assert len(printed) <= 15 * 60 // width + 3


def test_a_long_item_is_broken_between_words() -> None:
    assert folded("a · " + "word " * 7 + "end", 30, 2) == "a\n  word word word word word word\n  word end"


def test_the_glance_is_reported_before_the_build() -> None:
    found = glance(letters(2), 1, [counts("train", [1, 1])])
    assert messages(Glanced(glance=found)) == lines(found)
