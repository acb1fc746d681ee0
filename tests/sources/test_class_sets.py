from pathlib import Path

import pytest

from tests.sources.making import nothing, write
from wizard.errors import InputError
from wizard.ilsvrc2012.archives import Split
from wizard.sources.class_sets import class_set_notes, of_first_classes
from wizard.sources.opening import open_source
from wizard.sources.options import Labels
from wizard.sources.samples import SampleTable

WRONG = "10 would come before 2 and class 2 would get label 3"


def tables(folder: Path, files: list[str], labels: Labels = "auto") -> dict[Split, SampleTable]:
    raw = open_source(write(folder, files), "folders", labels)
    return {
        part.split: raw.table(part.split, folder, nothing) for part in raw.parts if part.sound and part.kind == "images"
    }


def reported(found: dict[Split, SampleTable], *, in_folders: bool = False, base: int = 0) -> list[tuple[str, bool]]:
    return list(class_set_notes(found, in_folders=in_folders, base=base))


def test_splits_of_the_same_classes_cause_no_remark(tmp_path: Path) -> None:
    assert not reported(tables(tmp_path, ["train/a/1.jpg", "val/a/1.jpg", "test/x.jpg"]))


def test_classes_that_train_does_not_have_are_warned_of(tmp_path: Path) -> None:
    found = tables(tmp_path, ["train/a/1.jpg", "train/b/1.jpg", "val/b/1.jpg", "val/c/1.jpg"])
    assert reported(found) == [
        ("validation has 1 class that train does not have: c; it has no images of 1 class of train", True)
    ]


def test_classes_only_in_train_are_reported(tmp_path: Path) -> None:
    found = tables(tmp_path, ["train/a/1.jpg", "train/b/1.jpg", "val/b/1.jpg"])
    assert reported(found) == [("validation has no images of 1 class of train", False)]


@pytest.mark.parametrize("names", [["0", "1"], ["00", "01", "02"]])
def test_numbers_in_the_order_of_their_text_need_no_word(tmp_path: Path, names: list[str]) -> None:
    assert not reported(tables(tmp_path, [f"train/{name}/1.jpg" for name in names]))


@pytest.mark.parametrize(
    ("labels", "in_folders", "begins"),
    [
        ("auto", False, "Class folders are numbers, and these are the labels; sorted as text"),
        ("folders", False, "Class folders are numbers, but the labels are not these numbers: sorted as text"),
        (
            "numbers",
            True,
            "Class folders are numbers, but readers of image folders number them on their own: sorted as text",
        ),
    ],
)
def test_what_text_makes_of_numbers_is_warned_of(tmp_path: Path, labels: Labels, in_folders: bool, begins: str) -> None:
    found = tables(tmp_path, [f"train/{name}/1.jpg" for name in ("0", "1", "2", "10")], labels)
    ((text, warning),) = reported(found, in_folders=in_folders)
    assert warning
    assert text.startswith(begins)
    assert text.endswith(WRONG)


def test_numbers_that_something_is_added_to_are_warned_of(tmp_path: Path) -> None:
    ((text, _),) = reported(tables(tmp_path, ["train/0/1.jpg", "train/1/1.jpg"]), base=1)
    assert "labels from 1 add 1 to each: class 0 has label 1" in text
    assert text.endswith("(--set output.label_base=0)")


@pytest.mark.parametrize(
    ("names", "because"),
    [
        (["2", "10", "11", "background"], "background is not one"),
        (["5", "40000"], "40000 is more than"),
        (["cat", "dog", "10"], ""),
        (["1", "2", "background"], ""),
    ],
)
def test_names_that_keep_numbers_from_being_labels_are_warned_of(
    tmp_path: Path, names: list[str], because: str
) -> None:
    found = reported(tables(tmp_path, [f"train/{name}/1.jpg" for name in names]))
    assert len(found) == bool(because)
    assert all(because in text and warning for text, warning in found)


def test_as_many_classes_are_advised_as_are_enough(tmp_path: Path) -> None:
    train = [f"train/{name}/{number}.jpg" for name in "abc" for number in range(2)]
    with pytest.raises(InputError) as raised:
        of_first_classes(tables(tmp_path, [*train, "val/c/1.jpg"]), 2)
    assert raised.value.hint == "Use more classes (--set source.classes=3), or leave validation out of source.splits"
