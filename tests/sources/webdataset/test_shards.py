"""Which shards make a split: all numbers of a set, and all that a list names."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sources.making import JPEG
from tests.sources.webdataset.making import opened, refused, sample, table, write, write_members
from wizard.errors import InputError


def make(folder: Path, *names: str) -> Path:
    """Shards of one sample each."""
    for name in names:
        write(folder / name, [sample(Path(name).name.partition(".")[0], 0)])
    return folder


def with_info(folder: Path, files: list[str], lengths: list[int] | None = None, **more: Any) -> Path:
    split = {"name": "train", "filenames": files, "shard_lengths": lengths, "num_samples": 0} | more
    (folder / "_info.json").write_text(json.dumps({"name": "x", "splits": {"train": split}}))
    return folder


def test_a_gap_in_the_numbers_is_told_by_name(tmp_path: Path) -> None:
    make(tmp_path, *(f"imagenet1k-train-{number:04d}.tar" for number in range(12) if number not in (3, 7)))
    refused(
        tmp_path,
        r"2 of the 12 shards of train up to number 11 are missing in .*: imagenet1k-train-0003\.tar, "
        r"imagenet1k-train-0007\.tar\.",
    )


def test_a_missing_start_is_a_gap(tmp_path: Path) -> None:
    make(tmp_path, "train-2.tar", "train-3.tar")
    refused(tmp_path, r"1 of the 3 shards of train up to number 3 is missing in .*: train-1\.tar")


def test_numbers_may_begin_at_1(tmp_path: Path) -> None:
    assert len(table(make(tmp_path, "train-1.tar", "train-2.tar"))) == 2


def test_one_shard_alone_may_have_any_number(tmp_path: Path) -> None:
    assert len(table(make(tmp_path, "train2017.tar"))) == 1


def test_a_number_of_a_count_that_is_missing_is_told(tmp_path: Path) -> None:
    make(tmp_path, "train-00000-of-00003.tar", "train-00002-of-00003.tar")
    refused(tmp_path, r"1 of the 3 files of train is missing in .*: train-00001-of-00003\.tar")


def test_numbers_are_ordered_by_value(tmp_path: Path) -> None:
    make(tmp_path, *(f"train/{number}.tar" for number in range(11)))
    assert [Path(file).name for file in table(tmp_path).files] == [f"{number}.tar" for number in range(11)]


def test_two_sets_of_one_split_are_refused(tmp_path: Path) -> None:
    make(tmp_path, "imagenet1k-train-0000.tar", "imagenet12k-train-0000.tar")
    refused(tmp_path, "The shards of train belong to more than one set")


def test_compressed_and_plain_shards_together_are_refused(tmp_path: Path) -> None:
    make(tmp_path, "train-0.tar", "train-1.tar.gz")
    refused(tmp_path, r"not compressed alike: .*train-0\.tar is not, .*train-1\.tar\.gz is compressed with gzip")


def test_a_number_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    make(tmp_path, "train-0.tar", "train-0.tar.gz")
    refused(tmp_path, r"are both number 0 of train")


def test_copies_and_unfinished_downloads_are_ignored(tmp_path: Path) -> None:
    make(tmp_path, "train-0.tar", "train-0 (1).tar", "train-1.tar.part")
    assert len(table(tmp_path).files) == 1


def test_shards_that_a_list_names_and_are_missing_are_told(tmp_path: Path) -> None:
    files = [f"imagenet1k-train-{number:04d}.tar" for number in range(8)]
    with_info(make(tmp_path, *files[:2]), files, [1] * 8)
    error = refused(
        tmp_path, r"6 of the 8 shards of train that .*_info\.json lists are missing: .*0002\.tar.* and 1 more"
    )
    assert "_info.json" in error.hint


def test_a_shard_of_another_length_than_listed_is_refused(tmp_path: Path) -> None:
    with_info(make(tmp_path, "a-0.tar", "a-1.tar"), ["a-0.tar", "a-1.tar"], [1, 500])
    refused(tmp_path, r"a-1\.tar has 1 sample with an image, but .*_info\.json says 500")


def test_shards_that_a_list_does_not_name_are_ignored_and_told(tmp_path: Path) -> None:
    with_info(make(tmp_path, "train-0.tar", "train-1.tar"), ["train-0.tar"], [1])
    assert len(table(tmp_path).files) == 1
    assert any("not in that list" in why and "train-1.tar" in why for why in opened(tmp_path).why)


def test_splits_of_another_label_in_a_list_are_passed_over(tmp_path: Path) -> None:
    with_info(make(tmp_path, "train-0.tar"), ["train-0.tar"], [77], alt_label="label_12k")
    assert len(table(tmp_path)) == 1


def test_a_list_that_is_no_json_is_refused(tmp_path: Path) -> None:
    make(tmp_path, "train-0.tar")
    (tmp_path / "_info.json").write_text("<html>")
    with pytest.raises(InputError, match=r"_info\.json should list the shards of each split, but is not valid JSON"):
        opened(tmp_path)


def test_another_info_json_is_ignored(tmp_path: Path) -> None:
    make(tmp_path, "train-0.tar")
    for name, text in (("info.json", "no json"), ("shardindex.json", '{"__kind__": "wids-shard-index-v1"}')):
        (tmp_path / name).write_text(text)
    (tmp_path / "train-0.tar.idx").write_bytes(b"v1")
    assert len(table(tmp_path)) == 1


def test_shards_that_name_no_split_beside_others_that_do_are_ignored_and_told(tmp_path: Path) -> None:
    make(tmp_path, "train-0.tar", "more-0.tar")
    assert any("give no split" in why and "more-0.tar" in why for why in opened(tmp_path).why)


@pytest.mark.parametrize(
    ("files", "why"),
    [
        (["train-0.tar", "../train-1.tar"], r"lists the shard '\.\./train-1\.tar', whose name has \.\. in it"),
        (["train-0.tar", "train-0.tar"], r"lists train-0\.tar more than once"),
    ],
)
def test_a_list_that_cannot_be_is_refused(tmp_path: Path, files: list[str], why: str) -> None:
    with_info(make(tmp_path, "train-0.tar"), files)
    with pytest.raises(InputError, match=why):
        opened(tmp_path)


def test_shards_are_found_among_many_other_tars(tmp_path: Path) -> None:
    for number in range(30):
        write_members(tmp_path / f"{chr(97 + number % 26)}{'x' * (number // 26)}-of-class.tar", [("a.jpg", JPEG)])
    make(tmp_path, "train-0.tar")
    assert len(table(tmp_path)) == 1
