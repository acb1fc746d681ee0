import shutil
from pathlib import Path

import pytest

from tests.sources.making import (
    FIRST_VALIDATION,
    GOLDFISH,
    JPEG,
    SEA_SNAKE,
    TENCH,
    extract,
    extracted,
    grouped,
    half_extracted,
    names,
    nothing,
    rows,
    suffixed,
    write,
)
from wizard.errors import InputError, UsageError
from wizard.ilsvrc2012.archives import BOXES
from wizard.sources.archives.official import OfficialArchives
from wizard.sources.options import Labels, SourceOptions
from wizard.sources.source import Source
from wizard.sources.trees import folders

LABELS = "labels are those of the folders"


def opened(folder: Path, labels: Labels = "auto", *, follow: bool = False) -> Source:
    data = folders.recognize(folder, SourceOptions(labels=labels, follow=follow))
    assert data is not None
    return data


def archives(raw: Path) -> Source:
    return OfficialArchives(raw, {path.name for path in raw.iterdir()})


@pytest.mark.parametrize("labels", ["auto", "ilsvrc2012"])
def test_an_extracted_tree_gives_what_the_archives_give(raw: Path, tmp_path: Path, labels: Labels) -> None:
    data = opened(extracted(raw, tmp_path / "tree"), labels)
    assert data.what == "an extracted ILSVRC2012 tree"
    assert rows(data, "train", tmp_path) == rows(archives(raw), "train", tmp_path)
    assert rows(data, "validation", tmp_path) == rows(archives(raw), "validation", tmp_path)


def test_validation_in_folders_of_classes_gives_what_the_archive_gives(raw: Path, tmp_path: Path) -> None:
    data = opened(grouped(extracted(raw, tmp_path / "tree")), "ilsvrc2012")
    assert rows(data, "validation", tmp_path) == rows(archives(raw), "validation", tmp_path)


def test_class_archives_left_in_train_are_read_where_they_lie(raw: Path, tmp_path: Path) -> None:
    tree = half_extracted(raw, tmp_path / "tree")
    shutil.copy(raw / BOXES["train"].names[0], tree)
    assert rows(opened(tree), "train", tmp_path) == rows(archives(raw), "train", tmp_path)


def test_of_a_class_that_is_there_as_folder_and_as_archive_the_archive_is_read(raw: Path, tmp_path: Path) -> None:
    tree = half_extracted(raw, tmp_path / "tree")
    write(tree / "train" / TENCH, [f"{TENCH}_10.JPEG"])
    data = opened(tree)
    assert rows(data, "train", tmp_path, boxes=False) == rows(archives(raw), "train", tmp_path, boxes=False)
    assert any(f"{TENCH} both as a folder and as an archive" in why for why in data.why)


def test_images_named_as_in_hugging_faces_archives_are_split_by_name(raw: Path, tmp_path: Path) -> None:
    data = opened(suffixed(raw, tmp_path / "flat"))
    assert data.what == "images named as in Hugging Face's old archives"
    assert [part.split for part in data.parts if part.sound] == ["train", "validation"]
    for split in ("train", "validation"):
        assert rows(data, split, tmp_path, boxes=False) == rows(archives(raw), split, tmp_path, boxes=False)


def test_such_images_may_lie_in_the_folders_of_splits(tmp_path: Path) -> None:
    files = [f"train/{TENCH}_7_{TENCH}.JPEG", f"val/{FIRST_VALIDATION}_{SEA_SNAKE}.JPEG"]
    data = opened(write(tmp_path, [*files, "test/ILSVRC2012_test_00000003_x.JPEG"]))
    assert names(data, "train", tmp_path) == [(f"{TENCH}_7.JPEG", 0)]
    assert names(data, "validation", tmp_path) == [(f"{FIRST_VALIDATION}.JPEG", 65)]
    assert names(data, "test", tmp_path) == [("ILSVRC2012_test_00000003.JPEG", -1)]


def test_folders_of_classes_are_labeled_by_their_order(tmp_path: Path) -> None:
    data = opened(
        write(tmp_path, ["train/b/1.jpg", "train/B/1.png", "train/a/x/1.JPEG", "valid/c/1.jpeg", "valid/a/2.jpg"])
    )
    assert data.what == "folders of classes"
    assert data.table("train", tmp_path, nothing).classes.names == ("B", "a", "b", "c")
    assert names(data, "train", tmp_path) == [("B/1.png", 0), ("a/x/1.JPEG", 1), ("b/1.jpg", 2)]
    assert names(data, "validation", tmp_path) == [("a/2.jpg", 1), ("c/1.jpeg", 3)]


def test_some_of_imagenets_classes_are_labeled_by_the_folders_unless_asked_otherwise(tmp_path: Path) -> None:
    write(tmp_path, [f"train/{SEA_SNAKE}/{FIRST_VALIDATION}.JPEG", f"train/{GOLDFISH}/{GOLDFISH}_1.JPEG"])
    own, full = opened(tmp_path), opened(tmp_path, "ilsvrc2012")
    assert names(own, "train", tmp_path) == [(f"{FIRST_VALIDATION}.JPEG", 1), (f"{GOLDFISH}_1.JPEG", 0)]
    assert names(full, "train", tmp_path) == [(f"{FIRST_VALIDATION}.JPEG", 65), (f"{GOLDFISH}_1.JPEG", 1)]
    assert LABELS in own.why[-1]
    assert "--set source.labels=ilsvrc2012" in own.why[-1]


def test_folders_of_classes_without_a_split_are_train(tmp_path: Path) -> None:
    data = opened(write(tmp_path / "pets", ["cat/1.jpg", "dog/1.jpg", "notes/readme.txt"]).parent / "pets")
    assert [part.path for part in data.parts if part.split == "train"] == [tmp_path / "pets"]
    assert "taken for train" in data.why[0]


def test_folders_that_are_no_classes_are_passed_over_beside_those_that_are(raw: Path, tmp_path: Path) -> None:
    tree = write(tmp_path / "tree", [f"{TENCH}/{TENCH}_10.JPEG"])
    (tree / "val").mkdir()
    extract(raw / BOXES["train"].names[0], tree / "bounding_boxes")
    assert [(name, label) for name, label, _, _ in rows(opened(tree), "train", tmp_path)] == [(f"{TENCH}_10.JPEG", 0)]


def test_a_folder_that_is_a_split_itself_is_that_split(tmp_path: Path) -> None:
    data = opened(write(tmp_path / "val", ["cat/1.jpg", "dog/1.jpg"]))
    assert [part.split for part in data.parts if part.sound] == ["validation"]


def test_images_of_validation_alone_need_no_folder(tmp_path: Path) -> None:
    data = opened(write(tmp_path, [f"{FIRST_VALIDATION}.JPEG"]))
    assert names(data, "validation", tmp_path) == [(f"{FIRST_VALIDATION}.JPEG", 65)]


def test_one_folder_named_as_the_dataset_is_looked_into(tmp_path: Path) -> None:
    data = opened(write(tmp_path, [f"ILSVRC2012/val/{FIRST_VALIDATION}.JPEG"]))
    assert names(data, "validation", tmp_path) == [(f"{FIRST_VALIDATION}.JPEG", 65)]


@pytest.mark.parametrize("nested", ["test", "test/test"])
def test_images_of_test_have_no_label(tmp_path: Path, nested: str) -> None:
    data = opened(write(tmp_path, [f"{nested}/ILSVRC2012_test_00000001.JPEG", f"val/{FIRST_VALIDATION}.JPEG"]))
    assert names(data, "test", tmp_path) == [("ILSVRC2012_test_00000001.JPEG", -1)]


def test_test_images_of_another_dataset_have_no_label_either_unless_folders_say_it(tmp_path: Path) -> None:
    data = opened(write(tmp_path, ["train/a/1.jpg", "train/b/1.jpg", "test/x.jpg", "test/b/2.jpg"]))
    assert names(data, "test", tmp_path) == [("b/2.jpg", 1), ("x.jpg", -1)]


def test_flat_validation_can_be_labeled_by_folders_named_as_synsets(tmp_path: Path) -> None:
    files = [f"train/{TENCH}/1.jpg", f"train/{SEA_SNAKE}/1.jpg", f"val/{FIRST_VALIDATION}.JPEG"]
    assert names(opened(write(tmp_path, files), "folders"), "validation", tmp_path) == [(f"{FIRST_VALIDATION}.JPEG", 1)]


def test_flat_validation_of_a_class_that_has_no_folder_is_named(tmp_path: Path) -> None:
    data = opened(write(tmp_path, [f"train/{TENCH}/1.jpg", f"val/{FIRST_VALIDATION}.JPEG"]), "folders")
    with pytest.raises(InputError, match=rf"{FIRST_VALIDATION}.JPEG is an image of {SEA_SNAKE}, which is not one"):
        names(data, "validation", tmp_path)


def test_annotations_can_be_asked_for_where_imagenet_or_they_are_there(raw: Path, tmp_path: Path) -> None:
    assert opened(half_extracted(raw, tmp_path / "tree")).annotatable
    assert not opened(suffixed(raw, tmp_path / "flat")).annotatable
    own = write(tmp_path / "own", [f"train/{TENCH}/{TENCH}_10.JPEG"])
    assert not opened(own).annotatable
    extract(raw / BOXES["train"].names[0], own / "bounding_boxes")
    assert opened(own).annotatable
    assert rows(opened(own), "train", tmp_path)[0][0] == f"{TENCH}_10.JPEG"


def test_an_empty_folder_of_annotations_gives_way_to_their_archive(raw: Path, tmp_path: Path) -> None:
    tree = half_extracted(raw, tmp_path / "tree")
    (tree / "bbox_train").mkdir()
    shutil.copy(raw / BOXES["train"].names[0], tree)
    assert [part.name for part in opened(tree).parts if part.kind == "boxes" and part.sound] == [
        BOXES["train"].names[0]
    ]


def test_annotations_behind_a_link_out_of_the_folder_are_not_sound(raw: Path, tmp_path: Path) -> None:
    tree = half_extracted(raw, tmp_path / "tree")
    (tree / "bbox_train").symlink_to(extract(raw / BOXES["train"].names[0], tmp_path / "elsewhere"))
    with pytest.raises(InputError, match="bbox_train leads by a link"):
        opened(tree).require([], ["train"])
    opened(tree, follow=True).require([], ["train"])


def test_an_archive_of_annotations_that_is_a_web_page_is_not_sound(raw: Path, tmp_path: Path) -> None:
    tree = half_extracted(raw, tmp_path / "tree")
    write(tree, [BOXES["train"].names[0]], b"<html>Log in</html>")
    with pytest.raises(InputError, match="is an HTML page"):
        opened(tree).require([], ["train"])


def test_what_is_missing_is_named_with_the_ways_out(raw: Path, tmp_path: Path) -> None:
    data = opened(half_extracted(raw, tmp_path / "tree"))
    with pytest.raises(InputError, match=r"test is missing in .*tree\. Found there: train/, val/") as images:
        data.require(["train", "test"], [])
    assert images.value.hint.endswith("""--set 'source.splits=["train", "validation"]'""")
    with pytest.raises(InputError, match="bbox_train/ is missing") as boxes:
        data.require(["train"], ["train"])
    assert boxes.value.hint.endswith("--set source.boxes=none")


def test_an_empty_split_is_found_with_a_problem(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    data = opened(write(tmp_path, [f"val/{FIRST_VALIDATION}.JPEG", "train/.DS_Store"]))
    assert [part.split for part in data.parts if part.sound] == ["validation"]
    with pytest.raises(InputError, match="train holds neither images nor class folders"):
        data.require(["train"], [])


def test_two_folders_of_one_split_are_refused(tmp_path: Path) -> None:
    data = opened(write(tmp_path, ["train/a/1.jpg", "val/a/1.jpg", "valid/a/1.jpg"]))
    with pytest.raises(InputError, match=r"val and .*valid are the same split"):
        data.require(["validation"], [])


def test_a_split_without_any_class_of_train_is_refused(tmp_path: Path) -> None:
    data = opened(write(tmp_path, ["train/a/1.jpg", "train/b/1.jpg", "val/unsorted/1.jpg"]))
    with pytest.raises(InputError, match=r"None of the folders in .*val \(unsorted\) is a class of train"):
        data.require(["validation"], [])
    assert len(data.table("train", tmp_path, nothing).classes) == 2


def test_the_official_sums_are_not_for_folders(tmp_path: Path) -> None:
    data = opened(write(tmp_path, ["train/a/1.jpg"]))
    with pytest.raises(UsageError, match="--md5 is for the official archives"):
        list(data.verify_checksums(["train"], [], tmp_path, lambda _step: nothing))


def test_a_survey_counts_images_and_classes(tmp_path: Path) -> None:
    survey = opened(write(tmp_path, ["train/a/1.jpg", "train/a/2.jpg", "train/b/1.jpg"])).survey(
        "train", tmp_path, nothing
    )
    assert (survey.images, survey.classes, survey.image_bytes) == (3, 2, 3 * len(JPEG))


@pytest.mark.parametrize("files", [[], ["readme.txt"], ["train/x.txt"], ["docs/a.txt", "more/b.txt", "pets/cat.jpg"]])
def test_a_folder_without_such_images_is_none(tmp_path: Path, files: list[str]) -> None:
    assert folders.recognize(write(tmp_path, files), SourceOptions()) is None
