import zipfile
from pathlib import Path

import pytest

from tests.sources.making import JPEG, write
from wizard.errors import InputError
from wizard.ilsvrc2012.archives import IMAGES
from wizard.sources.folder_contents import describe_folder
from wizard.sources.opening import open_source

TRAIN = IMAGES["train"].name


def test_an_unfinished_download_is_reported_with_the_command_to_resume(tmp_path: Path) -> None:
    folder = tmp_path / "my data"
    folder.mkdir()
    (folder / f"{TRAIN}.part").write_bytes(b"a")
    reported = describe_folder(folder)
    assert f"{TRAIN}.part is an unfinished download" in reported
    assert f"imagenet-setup download --to '{folder}' resumes it." in reported


def test_folders_and_files_are_told_apart(tmp_path: Path) -> None:
    write(tmp_path, ["b/x.jpg", "a.txt", ".hidden"])
    assert describe_folder(tmp_path) == "Found there: a.txt (4 bytes), b/."


def test_a_split_that_is_missing_in_an_archive_is_reported_with_what_is_there(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as file:
        for name in ("data/train/cat/1.jpg", "data/train/dog/2.jpg", "data/README"):
            file.writestr(name, JPEG)
    with pytest.raises(InputError, match=r"val is missing in .*x\.zip/data\. Found there: README .*, train/\."):
        open_source(tmp_path / "x.zip").require(["validation"], [])
