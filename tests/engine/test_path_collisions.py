from dataclasses import replace

import numpy as np
import pytest

from tests.engine.test_plan import KEPT
from wizard.engine.path_collisions import require_distinct_paths
from wizard.engine.plan import Plan, shuffled
from wizard.errors import InputError
from wizard.sources.classes import Classes
from wizard.sources.samples import in_one_file
from wizard.targets.registry import TARGETS as TARGETS_BY_NAME

ALL: tuple[str, ...] = ("tfrecord", "folders", "flat", "webdataset")


def plan(form: str, images: dict[str, int], classes: tuple[str, ...] = ("a", "b")) -> Plan:
    """Of these images, each with its rank."""
    table = in_one_file(
        "raw",
        name=np.array([name.encode() for name in images], np.bytes_),
        offset=np.arange(len(images)),
        size=np.ones(len(images), np.int64),
        label=np.array(list(images.values()), np.int16),
    )
    table = replace(table, classes=Classes(names=classes, words=classes))
    split = shuffled("train", table, KEPT, shards=1, seed=1)
    return Plan(splits=(split,), label_base=1, seed=1, target=TARGETS_BY_NAME[form]())


def test_places_of_their_own_pass() -> None:
    images = {"a/1.jpg": 0, "b/1.jpg": 1, "a/1.jpeg": 0, "a/2.png": 0, "unlabelled.jpg": -1, "b/1.jpg.jpg": -1}
    for form in ("tfrecord", "folders", "flat"):
        require_distinct_paths(plan(form, images))


@pytest.mark.parametrize(
    ("form", "one", "other", "place"),
    [
        ("folders", ("a/1.jpg", 0), ("1.jpg", 0), "train/a/1.jpg"),
        ("folders", ("a/1", 0), ("a/1.jpg", 0), "train/a/1.jpg"),
        ("folders", ("a/1.jpg", 0), ("a/./1.jpg", 0), "train/a/1.jpg"),
        ("folders", ("a/1.jpg", 0), ("a//1.jpg", 0), "train/a/1.jpg"),
        ("flat", ("a/x/1.jpg", 0), ("a/x_1.jpg", 0), "train_flatten/a_x_1.jpg"),
        ("flat", ("a/1.jpg", 0), ("a/a_1.jpg", 0), "train_flatten/a_1.jpg"),
        ("webdataset", ("a/1.jpg", 0), ("a/1.jpeg", 0), "a/1"),
        ("webdataset", ("a/x.y", 0), ("a/x_y.jpg", 0), "a/x_y"),
    ],
)
def test_two_images_that_would_become_one_are_named(
    form: str, one: tuple[str, int], other: tuple[str, int], place: str
) -> None:
    made = plan(form, dict((one, other)))
    with pytest.raises(InputError) as error:
        require_distinct_paths(made)
    assert error.value.what == f"train: {one[0]} and {other[0]} would both become {place}."
    assert error.value.hint == "Rename one of them in the raw data"


def test_in_records_images_may_be_named_as_they_like() -> None:
    require_distinct_paths(plan("tfrecord", {"a/1.jpg": 0, "a/./1.jpg": 0, "1.jpg": 0}))


@pytest.mark.parametrize("form", ALL)
@pytest.mark.parametrize(("name", "why"), [("..", "has .. in it"), ("a/b", "has / in it"), ("", "is empty")])
def test_a_class_that_could_be_no_folder_is_refused(form: str, name: str, why: str) -> None:
    with pytest.raises(InputError, match=f"The name of the class {name!r} {why}"):
        require_distinct_paths(plan(form, {"1.jpg": 0}, (name, "b")))


@pytest.mark.parametrize("form", ["folders", "flat"])
def test_a_name_that_becomes_longer_than_a_files_may_be_is_refused(form: str) -> None:
    """In the raw data it just fits; as a JPEG's it does not."""
    require_distinct_paths(plan(form, {"ü" * 120 + ".webp": 0}))
    with pytest.raises(InputError, match=r"longer than the 255 bytes of a file's name") as error:
        require_distinct_paths(plan(form, {"a/" + "ü" * 125 + ".webp": 0}))
    assert "Rename" in error.value.hint


def test_in_archives_and_records_a_name_may_be_of_any_length() -> None:
    for form in ("tfrecord", "webdataset"):
        require_distinct_paths(plan(form, {"ü" * 300: 0}))
