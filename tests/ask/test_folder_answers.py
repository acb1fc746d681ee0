"""What a folder's path may mean, and what is said about it."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.ask.conftest import DEFAULT, LEAVE, known
from tests.ask.test_sources import Converse
from wizard.ask.context import Context
from wizard.ask.folder_answers import folder_meant, folders_below, output_remark
from wizard.folders import as_typed
from wizard.targets.names import STATE_FOLDER

TRAIN = "ILSVRC2012_img_train.tar"


@pytest.mark.parametrize("name", [TRAIN, "ILSVRC2012_bbox_train_v2.tar.gz", "train-00000-of-01024"])
def test_a_file_of_the_raw_data_means_its_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    folder, said = folder_meant(str(tmp_path / name))
    assert folder == str(tmp_path)
    assert said.startswith(f"{name} is one file of the raw data. Its folder is read: ")


def test_a_file_in_a_splits_folder_means_the_folder_of_all_splits(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "train-00000-of-01024").touch()
    assert folder_meant(str(tmp_path / "train" / "train-00000-of-01024"))[0] == str(tmp_path)


@pytest.mark.parametrize("name", ["imagenette2.tgz", "notes.txt", "train-0000.parquet"])
def test_a_file_that_is_read_alone_or_not_known_means_itself(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert folder_meant(str(tmp_path / name)) == (str(tmp_path / name), "")


def test_an_archive_given_as_the_raw_data_leads_to_its_folder(converse: Converse, raw: Path) -> None:
    script, _ = converse(str(raw / TRAIN), LEAVE)
    assert script.keys[0] == "source.path" != script.keys[1]
    assert script.said[0].strip().startswith(f"{TRAIN} is one file of the raw data.")


def test_a_folder_above_the_raw_data_offers_what_lies_below_it(converse: Converse, raw: Path, tmp_path: Path) -> None:
    for name in ("here", "there/it's $5"):
        shutil.copytree(raw, tmp_path / name)
    script, _ = converse(str(tmp_path), DEFAULT, LEAVE)
    again = script.asked[1]
    assert (again.key, again.typed) == ("source.path", None)
    assert again.error.endswith("Choose one of those found below it")
    assert [choice.title for choice in again.choices] == ["here", "there/it's $5"]
    assert script.asked[2].key != "source.path"


def test_nothing_is_offered_below_raw_data_or_where_there_is_none(raw: Path, tmp_path: Path) -> None:
    assert folders_below(str(raw)) == folders_below(str(tmp_path)) == ()


def test_an_output_among_other_files_is_told(context: Context, tmp_path: Path) -> None:
    assert output_remark(str(tmp_path), known(context)) == ""
    assert output_remark(str(tmp_path / "new"), known(context)) == ""
    (tmp_path / "thesis.tex").touch()
    said = output_remark(str(tmp_path), known(context))
    assert "already holds 1 file or folder" in said
    assert said.endswith(f"such as {tmp_path / 'tfrecords'}.")


def test_an_output_with_a_build_of_ours_is_accepted_without_a_word(context: Context, tmp_path: Path) -> None:
    (tmp_path / STATE_FOLDER).mkdir()
    assert output_remark(str(tmp_path), known(context)) == ""


def test_an_output_inside_the_raw_datas_folder_is_told(context: Context, tmp_path: Path) -> None:
    inside = replace(context, folder=tmp_path)
    assert "is inside the raw data's folder" in output_remark(str(tmp_path / "out"), known(inside))


def test_a_path_is_offered_with_a_tilde_or_quoted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert as_typed(tmp_path / "data") == str(Path("~/data"))
    assert as_typed(tmp_path / "$x") == f"'{tmp_path / '$x'}'"
