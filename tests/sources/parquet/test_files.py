"""Which Parquet files are those of which split, and what is missing among them."""

from pathlib import Path

import pytest

from tests.sources.making import TENCH, nothing
from tests.sources.making import write as touch
from tests.sources.parquet.making import Row, opened, refused, rows_of, write
from wizard.errors import InputError
from wizard.ilsvrc2012.archives import Split
from wizard.sources.opening import open_source
from wizard.sources.options import SourceOptions
from wizard.sources.parquet import dataset
from wizard.sources.parquet.files import find_parquet_files


def splits(folder: Path, *files: str) -> dict[str, list[str]]:
    found = find_parquet_files(touch(folder, files))
    assert found is not None
    return {split: [str(path.relative_to(folder)) for path in each.files] for split, each in found.splits.items()}


@pytest.mark.parametrize(
    "files",
    [
        ["train-00000-of-00001.parquet", "validation-00000-of-00001.parquet"],
        ["data/train-00000-of-00001.parquet", "data/val-00000-of-00001.parquet", "README.md"],
        ["default/train/0000.parquet", "default/validation/0000.parquet"],
        ["plain/train-00000-of-00001.parquet", "plain/dev-00000-of-00001.parquet"],
        ["train/0.parquet", "valid/0.parquet"],
    ],
)
def test_splits_are_found_in_the_folder_in_data_and_in_a_configuration(tmp_path: Path, files: list[str]) -> None:
    assert splits(tmp_path, *files) == {"train": [files[0]], "validation": [files[1]]}


def test_files_are_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    names = [f"train-{number}-of-12.parquet" for number in range(12)]
    assert splits(tmp_path, *names)["train"] == names


def test_files_without_a_split_are_train_where_they_are_alone(tmp_path: Path) -> None:
    assert splits(tmp_path, "0000.parquet", "README.md") == {"train": ["0000.parquet"]}


@pytest.mark.parametrize("name", ["metadata.parquet", "labels.parquet"])
def test_a_table_beside_folders_of_images_does_not_make_them_parquet(tmp_path: Path, name: str) -> None:
    touch(tmp_path, [name, f"train/{TENCH}/{TENCH}_1.JPEG"])
    assert dataset.recognize(tmp_path, SourceOptions()) is None


def test_a_person_who_says_parquet_is_believed(tmp_path: Path) -> None:
    touch(tmp_path, ["labels.parquet", f"other/{TENCH}_1.JPEG"])
    assert dataset.recognize(tmp_path, SourceOptions(layout="parquet")) is not None


def test_several_configurations_are_refused_with_their_names(tmp_path: Path) -> None:
    touch(tmp_path, ["full/train-0-of-1.parquet", "small/train-0-of-1.parquet"])
    with pytest.raises(InputError, match="2 configurations: full, small") as refusal:
        find_parquet_files(tmp_path)
    assert str(tmp_path / "full") in refusal.value.hint


def test_missing_files_of_a_numbered_set_are_named_with_unfinished_downloads(tmp_path: Path) -> None:
    touch(tmp_path, ["data/train-00000-of-00003.parquet", "data/train-00002-of-00003.parquet"])
    refused(tmp_path, r"1 of the 3 files of train is missing in .*data: train-00001-of-00003\.parquet\.\n")
    touch(tmp_path, [".cache/huggingface/download/data/abc.incomplete"])
    error = refused(tmp_path, r"1 unfinished download lies there: abc\.incomplete")
    assert "download --base huggingface resumes" in error.hint


def test_two_revisions_beside_each_other_are_refused(tmp_path: Path) -> None:
    touch(tmp_path, ["train-00000-of-00001.parquet", "train-00000-of-00002.parquet", "train-00001-of-00002.parquet"])
    refused(tmp_path, "files of train belong to more than one set")


def test_a_gap_in_files_named_by_numbers_alone_is_named(tmp_path: Path) -> None:
    touch(tmp_path, ["default/train/0000.parquet", "default/train/0003.parquet"])
    refused(tmp_path, r"2 files of train are missing in .*train: 0001\.parquet, 0002\.parquet")


def test_a_partial_conversion_of_the_hub_is_refused(tmp_path: Path) -> None:
    touch(tmp_path, ["default/partial-train/0000.parquet"])
    refused(tmp_path, "partial-train holds only a part of train")


def test_a_link_to_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    (tmp_path / "train-00000-of-00001.parquet").symlink_to("../blobs/0123")
    refused(tmp_path, r"train-00000-of-00001\.parquet is a link to a file that is not there: \.\./blobs/0123")


def test_copies_and_unfinished_files_are_not_read_and_said(tmp_path: Path) -> None:
    name = "train-00000-of-00001.parquet"
    touch(tmp_path, [name, "train-00000-of-00001 (1).parquet", f"{name}.incomplete"])
    found = opened(tmp_path)
    assert not found.parts[0].problem
    assert "they are copies, so they are ignored: train-00000-of-00001 (1).parquet" in found.why[-1]


@pytest.mark.parametrize(("name", "split"), [("val-00003-of-00014.parquet", "validation"), ("dogs.parquet", "train")])
def test_a_single_file_is_read_alone_as_the_split_that_it_names(tmp_path: Path, name: str, split: Split) -> None:
    path = write(tmp_path / name, [Row("1.png", 0)], ["x"])
    write(tmp_path / "train-00000-of-00001.parquet", [Row("2.png", 0)], ["x"])
    found = open_source(path)
    assert [part.split for part in found.parts if part.path] == [split]
    assert rows_of(found.table(split, tmp_path / "cache", nothing)) == [("1.png", 0)]
