"""Each row of the table that decides which folders are classes, by a tree that it decides."""

from pathlib import Path

import pytest

from tests.sources.making import GOLDFISH, TENCH, write
from wizard.errors import InputError
from wizard.sources.options import DoubtfulFolders, FolderRole
from wizard.sources.trees.class_level import at_class_level
from wizard.sources.trees.listing import Bounds
from wizard.sources.trees.split_dirs import Glimpses, SplitDir, look_into

HIERARCHY = ["animals/cat/1.jpg", "animals/dog/1.jpg", "vehicles/car/1.jpg"]
VOC = ["VOC2012/JPEGImages/1.jpg", "VOC2012/Annotations/1.xml", "VOC2007/JPEGImages/1.jpg"]
DIVIDED = ["flowers/train/rose/1.jpg", "flowers/val/rose/1.jpg"]
MIXED = ["cat/1.jpg", "dogs/pug/1.jpg", "dogs/corgi/1.jpg"]


def decided(folder: Path, role: FolderRole) -> SplitDir:
    return at_class_level(look_into(folder), Glimpses(), Bounds.of(folder, follow=False), role)


@pytest.mark.parametrize(
    ("files", "role", "classes"),
    [
        ([f"{TENCH}/x/1.jpg", f"{GOLDFISH}/x/1.jpg"], "superclasses", {TENCH, GOLDFISH}),
        (["images/cat/1.jpg", "images/dog/1.jpg"], "auto", {"cat", "dog"}),
        (["images/n01440764.tar"], "auto", {TENCH}),
        (["cat/images/1.jpg", "dog/images/1.jpg"], "auto", {"cat", "dog"}),
        (HIERARCHY, "classes", {"animals", "vehicles"}),
        (VOC, "classes", {"VOC2012", "VOC2007"}),
        (HIERARCHY, "superclasses", {"cat", "dog", "car"}),
    ],
)
def test_each_recognizable_class_level_is_found(
    tmp_path: Path, files: list[str], role: FolderRole, classes: set[str]
) -> None:
    assert decided(write(tmp_path, files), role).classes == classes


def test_an_empty_folder_named_images_beside_classes_is_none(tmp_path: Path) -> None:
    (write(tmp_path, ["cat/1.jpg", "dog/1.jpg"]) / "images").mkdir()
    found = decided(tmp_path, "auto")
    assert (found.classes, found.idle) == (frozenset({"cat", "dog"}), ("images",))


@pytest.mark.parametrize("role", ["auto", "superclasses"])
@pytest.mark.parametrize(
    ("files", "reported"), [(VOC, "looks like a dataset"), (MIXED, "while cat beside it holds images")]
)
def test_a_tree_with_two_readings_is_in_doubt(
    tmp_path: Path, files: list[str], reported: str, role: FolderRole
) -> None:
    with pytest.raises(DoubtfulFolders, match=reported):
        decided(write(tmp_path, files), role)


@pytest.mark.parametrize("role", ["auto", "classes", "superclasses"])
def test_folders_that_hold_splits_are_refused_however_they_are_to_be_read(tmp_path: Path, role: FolderRole) -> None:
    with pytest.raises(InputError, match="flowers/ in it has folders of train and validation"):
        decided(write(tmp_path, [*DIVIDED, "trees/train/oak/1.jpg"]), role)
