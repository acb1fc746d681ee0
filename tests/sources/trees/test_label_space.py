import itertools
from pathlib import Path
from typing import get_args

import pytest

from wizard.errors import InputError
from wizard.ilsvrc2012.archives import Split
from wizard.ilsvrc2012.synsets import synsets
from wizard.sources.options import Labels
from wizard.sources.trees.label_space import RULES, Amount, Outcome, Seen, decide, label_space
from wizard.sources.trees.split_dirs import SplitDir

ALL = tuple(synset.wnid for synset in synsets())


def place(
    *folders: str, split: Split = "train", images: tuple[str, ...] = (), archives: tuple[str, ...] = ()
) -> SplitDir:
    return SplitDir(path=Path("raw") / split, folders=folders, archives=archives, images=images)


def test_all_synsets_are_imagenet() -> None:
    assert label_space({"train": place(*ALL)}, "auto").imagenet


def test_some_synsets_are_not() -> None:
    decided = label_space({"train": place(*ALL[:999])}, "auto")
    assert not decided.imagenet
    assert decided.classes.names == ALL[:999]


def test_flat_validation_or_class_archives_make_some_synsets_imagenet() -> None:
    flat = place(split="validation", images=("ILSVRC2012_val_00000001.JPEG",))
    assert label_space({"train": place(*ALL[:3]), "validation": flat}, "auto").imagenet
    assert label_space({"train": place(*ALL[:3], archives=(ALL[5],))}, "auto").imagenet


def test_a_folder_that_is_no_synset_among_all_synsets_is_refused_with_a_hint() -> None:
    with pytest.raises(InputError, match=r"All 1,000 synsets .* but raw/train/junk is not named after one") as refused:
        label_space({"train": place(*ALL, "junk")}, "auto")
    assert "--set source.labels=folders" in refused.value.hint
    assert len(label_space({"train": place(*ALL, "junk")}, "folders").classes) == 1001


def test_imagenets_labels_for_folders_that_are_no_synsets_are_refused() -> None:
    with pytest.raises(InputError, match="raw/train/cat is not named after one of ImageNet's synsets, nor are 1 more"):
        label_space({"train": place("cat", "dog", ALL[0])}, "ilsvrc2012")


def test_more_classes_than_labels_count_to_are_refused() -> None:
    with pytest.raises(InputError, match="32,768 class folders"):
        label_space({"train": place(*map(str, range(32_768)))}, "auto")


def test_labels_of_folders_need_folders() -> None:
    flat = place(split="validation", images=("ILSVRC2012_val_00000001.JPEG",))
    with pytest.raises(InputError, match="holds no folders of classes, as source"):
        label_space({"validation": flat}, "folders")


def test_images_that_no_folder_and_no_name_gives_a_class_are_refused() -> None:
    with pytest.raises(InputError, match=r"names say no class\. It holds cat\.jpg"):
        label_space({"train": place(images=("cat.jpg",))}, "auto")


def test_numbers_are_the_labels_where_all_class_folders_are_numbers() -> None:
    decided = label_space({"train": place("0", "2", "10")}, "auto")
    assert decided.classes.names == tuple(map(str, range(11)))
    assert "labels are these numbers, 0 to 10, 8 of which have no folder" in decided.why[0]
    assert "10 would come before 2" in decided.why[1]


def test_numbers_can_be_sorted_as_text_where_that_is_asked_for() -> None:
    decided = label_space({"train": place("0", "2", "10")}, "folders")
    assert decided.classes.names == ("0", "10", "2")
    assert "--set source.labels=numbers" in decided.why[0]


def test_one_folder_that_is_no_number_makes_all_of_them_names_and_is_refused_where_numbers_are_asked_for() -> None:
    assert label_space({"train": place("0", "10", "2", "x")}, "auto").classes.names == ("0", "10", "2", "x")
    with pytest.raises(InputError, match="raw/train/x is not a number from 0 to"):
        label_space({"train": place("0", "x")}, "numbers")


@pytest.mark.parametrize(
    ("seen", "outcome"),
    [
        (Seen("auto", official=True, unknown=False, classes="some", numbers=False, ids=False), "imagenet"),
        (Seen("auto", official=True, unknown=False, classes="none", numbers=False, ids=False), "imagenet"),
        (Seen("auto", official=True, unknown=True, classes="some", numbers=False, ids=False), "unknown"),
        (Seen("auto", official=True, unknown=False, classes="some", numbers=False, ids=True), "imagenet"),
        (Seen("auto", official=False, unknown=False, classes="some", numbers=False, ids=False), "synsets"),
        (Seen("auto", official=False, unknown=True, classes="some", numbers=False, ids=False), "names"),
        (Seen("auto", official=False, unknown=True, classes="some", numbers=True, ids=False), "numbers"),
        (Seen("auto", official=False, unknown=True, classes="some", numbers=True, ids=True), "ids"),
        (Seen("auto", official=False, unknown=False, classes="none", numbers=False, ids=False), "no classes"),
        (Seen("auto", official=False, unknown=True, classes="too many", numbers=True, ids=True), "too many"),
        (Seen("ilsvrc2012", official=False, unknown=False, classes="some", numbers=False, ids=True), "imagenet"),
        (Seen("ilsvrc2012", official=True, unknown=True, classes="some", numbers=False, ids=False), "unknown"),
        (Seen("folders", official=True, unknown=False, classes="some", numbers=False, ids=False), "synsets"),
        (Seen("folders", official=False, unknown=True, classes="some", numbers=True, ids=True), "text"),
        (Seen("folders", official=True, unknown=True, classes="some", numbers=False, ids=True), "names"),
        (Seen("numbers", official=True, unknown=True, classes="some", numbers=True, ids=False), "numbers"),
        (Seen("numbers", official=False, unknown=False, classes="some", numbers=False, ids=False), "no number"),
        (Seen("numbers", official=False, unknown=False, classes="none", numbers=False, ids=False), "no classes"),
    ],
)
def test_each_row_of_the_decision_table_decides(seen: Seen, outcome: Outcome) -> None:
    assert decide(seen) == outcome


def test_every_combination_of_what_may_be_seen_is_decided_and_every_row_is_needed() -> None:
    flags = (False, True)
    every = [Seen(*seen) for seen in itertools.product(get_args(Labels), flags, flags, get_args(Amount), flags, flags)]
    decided = {decide(seen) for seen in every}
    assert decided == {rule[-1] for rule in RULES} == set(get_args(Outcome))


def test_wnids_that_are_mostly_not_ilsvrc2012s_are_a_dataset_of_their_own() -> None:
    others = tuple(f"n{number:08d}" for number in range(1001))
    decided = label_space({"train": place(archives=(*others, *ALL))}, "auto")
    assert (decided.imagenet, len(decided.classes)) == (False, 2001)
    assert label_space({"train": place(*others[:2], ALL[0])}, "auto").classes.names == (*others[:2], ALL[0])


def test_a_few_unknown_wnids_among_ilsvrc2012s_are_refused() -> None:
    with pytest.raises(InputError, match="n99999999 is not named after one of ImageNet's synsets"):
        label_space({"train": place(archives=(*ALL[:2], "n99999999"))}, "auto")
