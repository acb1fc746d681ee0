"""Which files are shards, and what is wrong with a set of them."""

import gzip
import shutil
from importlib import util
from pathlib import Path
from typing import Any

import pytest

from tests.sources.tfds.making import FORMS, copied, opened, refused, restate, table, version
from wizard.sources.tfds import shards


def named(folder: Path, split: str, form: str, number: int) -> Path:
    return folder / f"breeds-{split}.{form}-{number:05}-of-00003"


@pytest.mark.parametrize("form", FORMS)
def test_a_missing_shard_is_named_by_its_number(prepared: Path, tmp_path: Path, form: str) -> None:
    folder = copied(prepared / form / "breeds", tmp_path)
    named(folder, "train", form, 1).unlink()
    refused(folder, rf"1 of the 3 files of train is missing in .*: breeds-train\.{form}-00001-of-00003\.")
    assert len(table(folder, "validation")) == 5


def test_another_number_of_files_than_stated_is_refused(prepared: Path, tmp_path: Path) -> None:
    folder = copied(prepared / "tfrecord" / "breeds", tmp_path)
    for number in range(3):
        named(folder, "train", "tfrecord", number).unlink()
    one = version(prepared / "tfrecord" / "stl") / "stl-train.tfrecord-00000-of-00003"
    shutil.copy(one, folder / "breeds-train.tfrecord-00000-of-00001")
    refused(folder, r"dataset_info\.json states 3 files of train, but 1 are there")


def test_two_sets_of_one_split_are_refused(prepared: Path, tmp_path: Path) -> None:
    folder = copied(prepared / "tfrecord" / "breeds", tmp_path)
    shutil.copy(named(folder, "train", "tfrecord", 0), folder / "breeds-train.tfrecord-00000-of-00004")
    refused(folder, "The files of train belong to more than one set")


def test_of_two_forms_tfrecord_is_read_and_the_other_named(prepared: Path, tmp_path: Path) -> None:
    folder = copied(prepared / "array_record" / "breeds", tmp_path)
    shutil.copytree(version(prepared / "tfrecord" / "breeds"), folder, dirs_exist_ok=True)
    source = opened(folder)
    assert "TFRecord" in source.what
    assert "ArrayRecord" not in source.what
    assert any(
        "train is there in more than one form: TFRecord is read, ArrayRecord is not" in why for why in source.why
    )


def test_of_two_forms_the_one_that_is_whole_is_read(prepared: Path, tmp_path: Path) -> None:
    folder = copied(prepared / "array_record" / "breeds", tmp_path)
    shutil.copytree(version(prepared / "tfrecord" / "breeds"), folder, dirs_exist_ok=True)
    named(folder, "train", "tfrecord", 2).unlink()
    assert ".array_record-" in table(folder).files[0]
    assert ".tfrecord-" in table(folder, "validation").files[0]


def test_shards_named_by_a_template_are_found(prepared: Path, tmp_path: Path) -> None:
    folder = copied(prepared / "array_record" / "breeds", tmp_path)
    for number in range(3):
        named(folder, "train", "array_record", number).rename(folder / f"train_{number:05}-of-00003.rec")
    template = "{SPLIT}_{SHARD_INDEX}-of-{NUM_SHARDS}.rec"
    restate(folder, splits=[{"name": "train", "filepathTemplate": template, "shardLengths": ["4", "4", "4"]}])
    assert len(table(folder)) == 12


def test_files_that_are_no_shards_by_their_names_are_named(prepared: Path, tmp_path: Path) -> None:
    folder = copied(prepared / "tfrecord" / "breeds", tmp_path)
    (folder / "breeds-train.tfrecord-00000-of-00003 (1)").write_bytes(b"copy")
    assert any("ignored: breeds-train.tfrecord-00000-of-00003 (1)" in why for why in opened(folder).why)
    assert len(table(folder)) == 12


def test_compressed_records_are_refused_as_that(prepared: Path, tmp_path: Path) -> None:
    folder = copied(prepared / "tfrecord" / "breeds", tmp_path)
    for number in range(3):
        path = named(folder, "train", "tfrecord", number)
        path.write_bytes(gzip.compress(path.read_bytes()))
    refused(folder, r"breeds-train\.tfrecord-00000-of-00003 is compressed with gzip")


@pytest.mark.parametrize("described", [True, False])
def test_without_the_package_array_records_are_refused_with_what_installs_it(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, described: bool
) -> None:
    def none(name: str, package: str | None = None) -> Any:
        return None if name == "array_record" else util.find_spec(name, package)

    folder = copied(prepared / "array_record" / "breeds", tmp_path)
    if not described:
        (folder / "features.json").unlink()
    monkeypatch.setattr(shards, "find_spec", none)
    monkeypatch.setitem(__import__("sys").modules, "array_record", None)
    refusal = refused(folder, r"breeds-train\.array_record-00000-of-00003 is an ArrayRecord, and the package")
    assert "pip install array-record" in refusal.hint
