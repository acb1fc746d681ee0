import gzip
from pathlib import Path

import pytest

from tests.helpers import tar
from wizard.errors import InputError
from wizard.formatting import human_bytes
from wizard.ilsvrc2012.archives import Split
from wizard.sources.locate import contents
from wizard.sources.registry import open_source

TRAIN, VALIDATION = "ILSVRC2012_img_train.tar", "ILSVRC2012_img_val.tar"
TAR = tar([("a", b"b")])


def image_archives(folder: Path, splits: list[Split]) -> None:
    open_source(folder, "archives").require(splits, [])


def box_archives(folder: Path, splits: list[Split]) -> None:
    open_source(folder, "archives").require([], splits)


def test_a_missing_archive_is_named_with_what_was_found(tmp_path: Path) -> None:
    (tmp_path / TRAIN).write_bytes(TAR)
    (tmp_path / "notes").mkdir()
    with pytest.raises(InputError) as error:
        image_archives(tmp_path, ["train", "validation"])
    assert error.value.what.startswith(f"{VALIDATION} is missing in {tmp_path}. Found there: {TRAIN} (10.2 kB), notes/")
    assert """--set 'source.splits=["train"]'""" in error.value.hint


def test_where_nothing_is_there_nothing_less_is_offered(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"{TRAIN} and {VALIDATION} are missing in .* There is nothing in it") as error:
        image_archives(tmp_path, ["train", "validation"])
    assert error.value.hint == "Put them there"


def test_boxes_that_are_missing_may_be_left_out(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        box_archives(tmp_path, ["train", "validation"])
    assert "--set source.boxes=none" in error.value.hint
    (tmp_path / "ILSVRC2012_bbox_train_v2.tar").write_bytes(TAR)
    with pytest.raises(InputError) as error:
        box_archives(tmp_path, ["train", "validation"])
    assert "--set source.boxes=train" in error.value.hint


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n <!DOCTYPE html><html>login</html>", r"is an HTML page of 35 bytes, most likely a login page"),
        (gzip.compress(TAR, mtime=0), "is gzipped"),
        (b"PK\x03\x04 a zip" * 99, r"is no tar archive: it begins with b'PK"),
        (bytes(9000), r"begins with zeros: its space was allocated"),
    ],
)
def test_what_only_has_an_archives_name_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / TRAIN).write_bytes(content)
    with pytest.raises(InputError, match=said) as error:
        image_archives(tmp_path, ["train"])
    assert str(tmp_path / TRAIN) in error.value.what
    assert error.value.hint


def test_a_path_that_does_not_exist_or_is_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        image_archives(tmp_path / "none", ["train"])
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file, not a folder"):
        image_archives(tmp_path / "file", ["train"])


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 bytes"), (999, "999 bytes"), (4_000, "4.0 kB"), (6_744_924_160, "6.7 GB")]
)
def test_bytes_are_told_in_powers_of_a_thousand(count: int, said: str) -> None:
    assert human_bytes(count) == said


@pytest.mark.usefixtures("ordinary")
def test_a_folder_that_may_not_be_looked_into_is_refused(tmp_path: Path) -> None:
    (tmp_path / "closed" / "raw").mkdir(parents=True)
    (tmp_path / "closed").chmod(0o600)
    with pytest.raises(InputError, match=r"raw.* (cannot be read: Permission denied|does not exist)"):
        image_archives(tmp_path / "closed" / "raw", ["train"])
    (tmp_path / "closed").chmod(0o700)


def test_a_download_that_was_not_finished_is_named_with_what_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "my data"
    folder.mkdir()
    (folder / f"{TRAIN}.part").write_bytes(b"a")
    told = contents(folder)
    assert f"{TRAIN}.part is a download that was not finished" in told
    assert f"imagenet-setup download --to '{folder}' goes on with it." in told
