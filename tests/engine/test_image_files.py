import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.entries import entry
from wizard.engine.targets import LISTINGS, Target
from wizard.engine.writers import ImageFile, ImageFiles, Written, listed, read_listing, remove_leftovers
from wizard.sources.names import unsafe

SHARD = "train-00000-of-00001"
FOLDERS = Target(format="folders")
IMAGES = {"n01440764_1.JPEG": b"one", "old/n01440764_2.JPEG": b"second"}
PLACES = {"train/n01440764/n01440764_1.JPEG": b"one", "train/n01440764/old/n01440764_2.JPEG": b"second"}


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def write(folder: Path, target: Target = FOLDERS) -> Written:
    with ImageFiles(folder, "train", SHARD, target) as shard:
        for name, jpeg in IMAGES.items():
            shard.write(entry(name, jpeg))
        return shard.commit()


def test_no_file_is_in_its_place_before_commit(tmp_path: Path) -> None:
    with ImageFiles(tmp_path, "train", SHARD, FOLDERS) as shard:
        for name, jpeg in IMAGES.items():
            shard.write(entry(name, jpeg))
        assert [path.name for path in tmp_path.iterdir()] == [".imagenet-setup"]
        assert not (tmp_path / LISTINGS).exists()
        shard.commit()
    assert PLACES.items() <= files(tmp_path).items()


def test_after_commit_there_are_the_files_and_their_listing_and_nothing_else(tmp_path: Path) -> None:
    written = write(tmp_path)
    listing = f"{LISTINGS}/{SHARD}.csv"
    assert files(tmp_path).keys() == {*PLACES, listing}
    assert list((tmp_path / ".imagenet-setup" / "building").iterdir()) == []
    content = files(tmp_path)[listing]
    assert written == (sum(map(len, IMAGES.values())), hashlib.sha256(content).hexdigest())
    assert read_listing(content) == [
        ImageFile(path, len(data), hashlib.sha256(data).hexdigest()) for path, data in PLACES.items()
    ]


@pytest.mark.parametrize("form", ["folders", "flat"])
def test_built_again_it_is_the_same(tmp_path: Path, form: Literal["folders", "flat"]) -> None:
    first = write(tmp_path, Target(format=form))
    before = files(tmp_path)
    assert write(tmp_path, Target(format=form)) == first
    assert files(tmp_path) == before


def test_a_file_that_is_there_already_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "train" / "n01440764").mkdir(parents=True)
    (tmp_path / "train" / "n01440764" / "n01440764_1.JPEG").write_bytes(b"half of an image")
    write(tmp_path)
    assert files(tmp_path)["train/n01440764/n01440764_1.JPEG"] == b"one"


def test_a_link_that_is_there_already_is_replaced_and_not_followed(tmp_path: Path) -> None:
    mine, out = tmp_path / "mine.jpg", tmp_path / "out"
    mine.write_bytes(b"mine")
    (out / "train" / "n01440764").mkdir(parents=True)
    (out / "train" / "n01440764" / "n01440764_1.JPEG").symlink_to(mine)
    write(out)
    assert mine.read_bytes() == b"mine"
    assert not (out / "train" / "n01440764" / "n01440764_1.JPEG").is_symlink()


def killed_before_the_listing(folder: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from wizard.engine import writers; "
        "from tests.engine.test_image_files import write; "
        "writers.write_whole = lambda *_: os._exit(9); write(Path(sys.argv[1]))"
    )
    ran = subprocess.run([sys.executable, "-c", program, str(folder)], check=False, timeout=60)
    assert ran.returncode == 9


def test_a_kill_before_the_listing_leaves_none_and_the_next_build_the_same_bytes(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()
    write(whole)
    killed_before_the_listing(killed)
    assert not list((killed / LISTINGS).iterdir())
    assert (killed / ".imagenet-setup" / "building").is_dir()
    remove_leftovers(killed, FOLDERS)
    assert not (killed / ".imagenet-setup" / "building").exists()
    write(killed)
    assert files(killed) == files(whole)


def test_a_kill_while_files_wait_leaves_no_image_in_place(tmp_path: Path) -> None:
    shard = ImageFiles(tmp_path, "train", SHARD, FOLDERS)
    shard.write(entry("n01440764_1.JPEG", b"one"))
    remove_leftovers(tmp_path, FOLDERS)
    assert files(tmp_path) == {}


def test_a_shard_without_images_has_an_empty_listing(tmp_path: Path) -> None:
    with ImageFiles(tmp_path, "train", SHARD, FOLDERS) as shard:
        assert shard.commit().bytes == 0
    assert files(tmp_path) == {f"{LISTINGS}/{SHARD}.csv": b"path,bytes,sha256\n"}


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="modes of files bind nobody here")
def test_the_files_have_the_rights_that_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write(tmp_path)
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "train").rglob("*.JPEG")} == {0o640}


def test_an_output_folder_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        ImageFiles(tmp_path / "gone", "train", SHARD, FOLDERS)


PATHS = st.text(min_size=1).filter(lambda path: not unsafe(path))
SUMS = st.binary(min_size=32, max_size=32).map(bytes.hex)


@given(st.lists(st.builds(ImageFile, PATHS, st.integers(0, 2**40), SUMS)))
def test_a_listing_is_read_as_it_was_written(images: list[ImageFile]) -> None:
    assert read_listing(listed(images)) == images


@pytest.mark.parametrize(
    "listing",
    [b"", b"path,bytes\n", b"a,1,00\n", b"path,bytes,sha256\na,1\n", b"path,bytes,sha256\na,x,00\n", b"\xff", b'a\rb"'],
)
def test_what_is_no_listing_is_refused(listing: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_listing(listing)
