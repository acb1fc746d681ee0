from pathlib import Path

import pytest

from tests.sources.making import FIRST_VALIDATION, TENCH, write
from wizard.sources.opening import open_source
from wizard.sources.source import overlap

TREE = [f"train/{TENCH}/{TENCH}_1.JPEG", f"val/{FIRST_VALIDATION}.JPEG"]
FOLDERS = {"train", "val", "test"}


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (TREE, {"bbox_train/", "bbox_val/"}),
        (TREE[:1], {"val"}),
        (["cats/1.jpg", "dogs/1.jpg"], set()),
        (["train.X1/cats/1.jpg", "train.X2/cats/2.jpg"], {"val"}),
        (["ILSVRC2012_img_val.tar"], {"ILSVRC2012_img_train.tar", "ILSVRC2012_img_test_v10102019.tar"}),
    ],
)
def test_a_missing_part_is_expected_if_such_data_usually_has_it(
    tmp_path: Path, files: list[str], names: set[str]
) -> None:
    raw = open_source(write(tmp_path, files))
    reported = {part.name for part in raw.parts if part.path is None and part.expected}
    assert {name for name in reported if "ILSVRC2012_bbox" not in name} == names


@pytest.mark.parametrize(
    ("output", "collides"),
    [
        ("raw/train", True),
        ("raw/train/new", True),
        ("raw/val", True),
        ("raw/test", True),
        ("raw/new", False),
        ("", False),
        ("new", False),
        ("raw/new/../train/x", True),
    ],
)
def test_an_output_keeps_out_of_the_folders_that_are_read(tmp_path: Path, output: str, collides: bool) -> None:
    raw = open_source(write(tmp_path / "raw", TREE))
    assert bool(overlap(raw, tmp_path / output, FOLDERS)) == collides


def test_an_output_keeps_out_of_class_folders_and_their_folder(tmp_path: Path) -> None:
    raw = open_source(write(tmp_path / "pets", ["cats/1.jpg", "dogs/1.jpg"]))
    assert overlap(raw, tmp_path / "pets" / "new", FOLDERS) == tmp_path / "pets"
    assert overlap(raw, tmp_path, FOLDERS) is None


def test_raw_data_does_not_lie_where_images_are_written_to(tmp_path: Path) -> None:
    raw = open_source(write(tmp_path / "val", ["cats/1.jpg", "dogs/1.jpg"]))
    assert overlap(raw, tmp_path, FOLDERS) == tmp_path / "val"
    assert overlap(raw, tmp_path, set()) is None


def test_a_link_hides_no_raw_data(tmp_path: Path) -> None:
    raw = open_source(write(tmp_path / "raw", TREE))
    (tmp_path / "link").symlink_to(tmp_path / "raw" / "train")
    assert overlap(raw, tmp_path / "link" / "new", FOLDERS) is not None


def test_archives_are_files_beside_which_anything_may_lie(tmp_path: Path) -> None:
    raw = open_source(write(tmp_path, ["ILSVRC2012_img_val.tar"]))
    assert overlap(raw, tmp_path / "train", FOLDERS) is None


def test_a_link_in_the_output_leads_into_no_raw_data(tmp_path: Path) -> None:
    raw = open_source(write(tmp_path / "raw", TREE))
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "train").symlink_to(tmp_path / "raw" / "train" / TENCH)
    assert overlap(raw, tmp_path / "new", FOLDERS) == tmp_path / "raw" / "train"
