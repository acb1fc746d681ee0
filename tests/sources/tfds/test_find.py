"""Where prepared datasets lie, and which version of them is read."""

import shutil
from pathlib import Path

import pytest

from tests.sources.making import write
from tests.sources.tfds.making import copied, opened, version
from wizard.errors import InputError
from wizard.sources.opening import open_source
from wizard.sources.tfds.find import find_prepared


def data_dir(prepared: Path, folder: Path) -> Path:
    """A data_dir with one dataset, and what TFDS downloaded for it."""
    copied(prepared / "tfrecord" / "breeds", folder)
    write(folder, ["downloads/manual/images.tar", "downloads/extracted/x/1.0.0/a.jpg"])
    return folder


@pytest.mark.parametrize("inside", ["", "breeds", "breeds/1.0.0"])
def test_a_dataset_is_found_from_its_version_its_folder_and_its_data_dir(
    prepared: Path, tmp_path: Path, inside: str
) -> None:
    assert opened(data_dir(prepared, tmp_path) / inside).folder == tmp_path / "breeds" / "1.0.0"


def test_a_dataset_with_a_configuration_is_found_from_its_data_dir(prepared: Path, tmp_path: Path) -> None:
    shutil.copytree(version(prepared / "tfrecord" / "breeds"), tmp_path / "breeds" / "small" / "1.0.0")
    write(tmp_path, ["breeds/.config/metadata.json"])
    assert opened(tmp_path).folder == tmp_path / "breeds" / "small" / "1.0.0"


def test_a_version_may_be_copied_to_a_folder_of_any_name(prepared: Path, tmp_path: Path) -> None:
    shutil.copytree(version(prepared / "tfrecord" / "breeds"), tmp_path / "mine")
    assert opened(tmp_path / "mine").folder == tmp_path / "mine"


def test_of_several_versions_the_newest_is_read_and_the_others_are_named(prepared: Path, tmp_path: Path) -> None:
    newest = copied(prepared / "tfrecord" / "breeds", tmp_path)
    for other in ("0.9.0", "1.10.0", "1.9.0"):
        shutil.copytree(newest, newest.with_name(other))
    source = opened(tmp_path)
    assert source.folder.name == "1.10.0"
    assert any("beside it lie 0.9.0, 1.0.0, 1.9.0" in why for why in source.why)
    assert opened(tmp_path / "breeds" / "0.9.0").folder.name == "0.9.0"


def test_several_datasets_are_refused_by_name(prepared: Path) -> None:
    with pytest.raises(InputError, match=r"more than one dataset.*array_record/breeds, .*/imagenet2012") as refusal:
        open_source(prepared / "array_record")
    assert "source.path=" in refusal.value.hint


def test_what_a_stopped_run_left_is_ignored_beside_a_version_and_named(prepared: Path, tmp_path: Path) -> None:
    folder = copied(prepared / "tfrecord" / "breeds", tmp_path)
    shutil.copytree(folder, folder.with_name("incomplete.A1B2C3_1.1.0"))
    unfinished = folder / f"incomplete.{'0f' * 16}.breeds-train.tfrecord-00000-of-00003"
    unfinished.write_bytes(b"half")
    source = opened(tmp_path)
    assert source.folder == folder
    assert any("incomplete.A1B2C3_1.1.0" in why for why in source.why)
    assert any(unfinished.name in why for why in source.why)
    assert len(source.table("train", tmp_path, lambda _done, _total: None)) == 12


@pytest.mark.parametrize("name", ["incomplete.A1B2C3_1.0.0", "1.0.0.incompleteA1B2C3"])
@pytest.mark.parametrize("inside", ["", "breeds"])
def test_what_a_stopped_run_left_alone_is_refused_as_that(
    prepared: Path, tmp_path: Path, inside: str, name: str
) -> None:
    folder = copied(prepared / "tfrecord" / "breeds", tmp_path)
    folder.rename(folder.with_name(name))
    with pytest.raises(InputError, match=rf"{name} is what a stopped run of it left") as refusal:
        open_source(tmp_path / inside)
    assert "download_and_prepare" in refusal.value.hint


def test_trees_of_images_are_not_searched_for_versions(tmp_path: Path) -> None:
    write(tmp_path, ["train/cat/1.0.0/breeds-train.tfrecord-00000-of-00001"])
    write(tmp_path, [f"many/{number:03}/1.0.0/breeds-train.tfrecord-00000-of-00001" for number in range(100)])
    assert find_prepared(tmp_path) is None


def test_a_folder_that_may_not_be_looked_into_is_named(prepared: Path, tmp_path: Path) -> None:
    folder = copied(prepared / "tfrecord" / "breeds", tmp_path)
    (folder / "features.json").unlink()
    (folder / "features.json").mkdir()
    with pytest.raises(InputError, match=r"features\.json cannot be read"):
        open_source(folder)
