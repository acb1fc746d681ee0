import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.sources.clutter import of_file, of_folder


@pytest.mark.parametrize(
    "name",
    [
        "@eaDir",
        "@EADIR",
        "#recycle",
        "#snapshot",
        "lost+found",
        ".ipynb_checkpoints",
        "__MACOSX",
        ".git",
        ".cache",
        ".Trash-1000",
        "$RECYCLE.BIN",
        "System Volume Information",
    ],
)
def test_folders_of_systems_and_tools_are_clutter(name: str) -> None:
    assert of_folder(name).startswith("files in ")


@pytest.mark.parametrize("name", ["tench", "n01440764", "0", "README", "data.csv", "trash", "cache", ".", ".."])
def test_folders_that_are_not_clutter_may_be_classes(name: str) -> None:
    assert not of_folder(name)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("._cat.jpg", "files of macOS (._*)"),
        (".DS_Store", ".DS_Store files"),
        ("THUMBS.DB", "Thumbs.db files"),
        ("desktop.ini", "desktop.ini files"),
        (".directory", ".directory files"),
        (".gitkeep", "hidden files"),
        ("MD5SUMS", "checksum files"),
        ("train.tar.md5", "checksum files"),
        ("a.sha256", "checksum files"),
        ("Labels.CSV", ".csv files"),
        ("GT-00000.csv", ".csv files"),
        ("cat.xml", ".xml files"),
        ("README", "files such as README and LICENSE"),
        ("readme.md", ".md files"),
        ("cat.jpg.part", ".part files"),
        ("cat.jpg.crdownload", ".crdownload files"),
        ("cat.jpg.tmp", ".tmp files"),
        ("cat.jpg~", "backup files"),
        ("cat.jpg_original", "backup files"),
        ("ILSVRC2012_bbox_train_v2.tar.gz", "official archive files"),
    ],
)
def test_files_of_systems_and_tools_are_clutter_by_kind(name: str, kind: str) -> None:
    assert of_file(name) == kind


@pytest.mark.parametrize("name", ["cat", "license_001", "cat.npy", "cat.heic", "cat.tar", "1.2.3", "cat.jpg_large"])
def test_an_ordinary_file_is_not_clutter(name: str) -> None:
    assert not of_file(name)


@given(st.text(min_size=1), st.sampled_from([".jpg", ".JPEG", ".png", ".webp", ".tif", ".avif", ".ppm"]))
def test_no_file_named_as_an_image_is_clutter_unless_it_is_hidden(stem: str, suffix: str) -> None:
    assert bool(of_file(stem + suffix)) == stem.startswith(".")
