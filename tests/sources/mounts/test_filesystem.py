import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.sources.making import JPEG, nothing, write
from wizard.sources.mounts import filesystem
from wizard.sources.mounts.mount import mount, unmount

FILES = ("train/cat/1.jpg", "train/noname", "train/notes.txt", "README")


@pytest.fixture(params=["x.zip", "x.tar", "x.tgz"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    tree = write(tmp_path / "tree", FILES)
    (tree / "train/notes.txt").write_text("hello", encoding="utf-8")
    path = tmp_path / str(request.param)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as file:
            for name in FILES:
                file.write(tree / name, name)
    else:
        with tarfile.open(path, "w:gz" if path.suffix == ".tgz" else "w") as tar:
            for name in FILES:
                tar.add(tree / name, name)
    mount(path, tmp_path / "cache", nothing, beside=True)
    return path


def names(path: Path) -> list[tuple[str, bool]]:
    with filesystem.scandir(path) as entries:
        return sorted((entry.name, entry.is_dir()) for entry in entries)


def test_an_archive_is_listed_as_a_folder(archive: Path) -> None:
    assert names(archive) == [("README", False), ("train", True)]
    assert names(archive / "train") == [("cat", True), ("noname", False), ("notes.txt", False)]


def test_the_folder_of_an_archive_shows_it_as_a_folder_until_it_is_unmounted(archive: Path) -> None:
    assert (archive.name, True) in names(archive.parent)
    unmount(archive)
    assert (archive.name, False) in names(archive.parent)


def test_files_and_folders_are_told_apart(archive: Path) -> None:
    assert filesystem.is_dir(archive)
    assert filesystem.is_dir(archive / "train/cat")
    assert filesystem.is_file(archive / "README")
    assert not filesystem.is_file(archive / "train")
    assert not filesystem.is_dir(archive / "README")
    assert not filesystem.is_file(archive / "READM")


def test_contents_are_read(archive: Path) -> None:
    assert filesystem.read_bytes(archive / "train/notes.txt") == b"hello"
    assert filesystem.read_bytes(archive / "train/cat/1.jpg") == JPEG
    assert filesystem.size_of(archive / "train/notes.txt") == 5


def test_first_bytes_tell_images(archive: Path) -> None:
    assert filesystem.begins_as_image(f"{archive}/train/noname")
    assert not filesystem.begins_as_image(f"{archive}/train/notes.txt")


def test_what_is_not_there_raises_what_a_disk_raises(archive: Path) -> None:
    with pytest.raises(FileNotFoundError):
        filesystem.read_bytes(archive / "none")
    with pytest.raises(FileNotFoundError):
        filesystem.scandir(archive / "none")
    with pytest.raises(NotADirectoryError):
        filesystem.scandir(archive / "README")


def test_a_path_that_only_begins_like_an_archives_is_another(archive: Path) -> None:
    beside = Path(f"{archive}2")
    write(beside, ["a.jpg"])
    assert names(beside) == [("a.jpg", False)]


def test_files_of_a_compressed_archive_are_read_in_its_order(archive: Path) -> None:
    order = filesystem.in_reading_order(archive, ["train/notes.txt", "README", "train/noname"])
    expected = ["README", "train/noname", "train/notes.txt"]
    if archive.suffix == ".tgz":
        expected = ["train/noname", "train/notes.txt", "README"]
    assert order == expected
