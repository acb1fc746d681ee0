"""Selection: small classes are left out, and part of train becomes validation, with notes on both."""

from dataclasses import replace

import numpy as np
import pytest

from wizard.errors import InputError
from wizard.sources.classes import Classes, by_number, imagenet, of_folders
from wizard.sources.holdout import parse_holdout
from wizard.sources.samples import SampleTable, in_one_file
from wizard.sources.subsets import frequent_classes, split_train


def train(sizes: dict[str, int], classes: Classes | None = None) -> SampleTable:
    """A table of so many images of each class."""
    classes = classes or of_folders(tuple(sorted(sizes)))
    names = [(f"{name}/{number}", classes.names.index(name)) for name, size in sizes.items() for number in range(size)]
    made = in_one_file(
        "train.tar",
        name=np.array([name.encode() for name, _ in names], np.bytes_),
        offset=np.arange(len(names), dtype=np.int64),
        size=np.ones(len(names), np.int64),
        label=np.array([label for _, label in names], np.int16),
    )
    return replace(made, classes=classes)


def counts(found: SampleTable) -> dict[str, int]:
    sizes = np.bincount(found.label, minlength=len(found.classes)).tolist()
    return dict(zip(found.classes.names, sizes, strict=True))


def test_the_remaining_classes_are_labeled_without_gaps() -> None:
    made = train({"cat": 5, "dog": 2, "eel": 3})
    chosen, note = frequent_classes(made, 3)
    assert counts(chosen.apply(made)) == {"cat": 5, "eel": 3}
    assert note.text == (
        "1 class with fewer than 3 images is left out, 2 images in all (dog); labels count the other 2"
    )


def test_other_splits_lose_the_same_classes_and_keep_images_without_one() -> None:
    chosen, _ = frequent_classes(train({"cat": 5, "dog": 2, "eel": 3}), 3)
    other = train({"cat": 1, "dog": 9, "eel": 1})
    other = replace(other, label=np.array([-1, *other.label[1:]], np.int16))
    assert chosen.apply(other).label.tolist() == [-1, 1]


@pytest.mark.parametrize(
    "classes", [imagenet(), by_number(["0", "1", "2"])], ids=["those of ImageNet", "numbers of folders"]
)
def test_labels_that_mean_something_elsewhere_stay(classes: Classes) -> None:
    first, second = classes.names[1:3]
    made = train({first: 2, second: 5}, classes)
    chosen, note = frequent_classes(made, 3)
    found = chosen.apply(made)
    assert (found.classes, set(found.label.tolist())) == (classes, {2})
    assert "the others keep their labels" in note.text


def test_more_images_than_any_class_has_are_refused() -> None:
    with pytest.raises(InputError, match="the largest is cat with 5"):
        frequent_classes(train({"cat": 5, "dog": 2}), 6)


def test_held_out_images_and_the_others_are_all_images_of_train() -> None:
    made = train({"cat": 9, "dog": 4})
    rest, held = split_train(made, parse_holdout(3))
    assert (counts(rest), counts(held)) == ({"cat": 6, "dog": 1}, {"cat": 3, "dog": 3})
    assert sorted([*rest.name, *held.name]) == sorted(made.name)
    assert rest.selection[0].text == (
        "6 images of 2 classes are held out for validation: 3 of each class, by the hashes of their names"
    )
    assert held.selection[0].text == "6 images of 2 classes, held out of train"


def test_classes_with_too_few_images_are_told() -> None:
    rest, held = split_train(train({"cat": 9, "dog": 3, "eel": 1}), parse_holdout(3))
    assert (counts(rest), counts(held)) == ({"cat": 6, "dog": 1, "eel": 1}, {"cat": 3, "dog": 2, "eel": 0})
    few, single = rest.selection[1:]
    assert few.text == "1 class is too small to hold out 3 images: one image of each stays in train (dog)"
    assert single.text == "1 class is too small to hold out any image (eel)"
    assert "source.min_images" in few.hint


def test_a_rule_that_would_take_every_class_whole_is_refused() -> None:
    with pytest.raises(InputError, match="none of train has more than 3 images"):
        split_train(train({"cat": 3, "dog": 2}), parse_holdout(3))


def test_the_counts_of_imagenet_21k_p_follow_from_the_rule() -> None:
    sizes = np.random.default_rng(21).integers(1, 1200, 300)
    made = train({f"n{number:08d}": int(size) for number, size in enumerate(sizes)})
    chosen, _ = frequent_classes(made, 500)
    rest, held = split_train(chosen.apply(made), parse_holdout(50))
    large = sizes[sizes >= 500]
    assert (len(rest), len(held)) == (large.sum() - 50 * len(large), 50 * len(large))
    assert (rest.label.max(), len(rest.classes)) == (len(large) - 1, len(large))
