import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest

from tests.targets.samples import sample
from wizard.engine.commit_records import remove_leftovers
from wizard.targets.image_files.target import ClassFolders
from wizard.targets.image_files.writer import sum_of_files
from wizard.targets.registry import TARGETS as TARGETS_BY_NAME
from wizard.targets.target import Target
from wizard.targets.writer import Committed, ImageFile

SHARD = "train-00000-of-00001"
FOLDERS = ClassFolders()
IMAGES = {"n01440764_1.JPEG": b"one", "old/n01440764_2.JPEG": b"second"}
PLACES = {"train/n01440764/n01440764_1.JPEG": b"one", "train/n01440764/old/n01440764_2.JPEG": b"second"}


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def write(folder: Path, target: Target = FOLDERS) -> Committed:
    with target.writer(folder, "train", SHARD) as shard:
        for name, jpeg in IMAGES.items():
            shard.write(sample(name, jpeg))
        return shard.commit()


def test_no_file_is_in_its_place_before_commit(tmp_path: Path) -> None:
    with FOLDERS.writer(tmp_path, "train", SHARD) as shard:
        for name, jpeg in IMAGES.items():
            shard.write(sample(name, jpeg))
        assert [path.name for path in tmp_path.iterdir()] == [".imagenet-setup"]
        shard.commit()
    assert PLACES.items() <= files(tmp_path).items()


def test_after_commit_there_are_the_files_and_nothing_else(tmp_path: Path) -> None:
    committed = write(tmp_path)
    assert files(tmp_path) == PLACES
    assert list((tmp_path / ".imagenet-setup" / "building").iterdir()) == []
    assert committed.bytes == sum(map(len, IMAGES.values()))
    assert committed.sha256 == sum_of_files(committed.files)
    assert committed.files == tuple(
        ImageFile(path, len(data), hashlib.sha256(data).hexdigest()) for path, data in PLACES.items()
    )


def test_the_sum_of_a_shard_of_files_is_that_of_their_table() -> None:
    table = b'path,bytes,sha256\n"val/a, b.jpg",3,00\n'
    assert sum_of_files([ImageFile("val/a, b.jpg", 3, "00")]) == hashlib.sha256(table).hexdigest()


@pytest.mark.parametrize("form", ["folders", "flat"])
def test_built_again_it_is_the_same(tmp_path: Path, form: Literal["folders", "flat"]) -> None:
    first = write(tmp_path, TARGETS_BY_NAME[form]())
    before = files(tmp_path)
    assert write(tmp_path, TARGETS_BY_NAME[form]()) == first
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


def killed_while_files_go_to_their_places(folder: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from wizard.targets.image_files import writer; "
        "from tests.targets.test_image_files import write; "
        "writer.sum_of_files = lambda _: os._exit(9); write(Path(sys.argv[1]))"
    )
    ran = subprocess.run([sys.executable, "-c", program, str(folder)], check=False, timeout=60)
    assert ran.returncode == 9


def test_after_a_kill_the_next_build_gives_the_same_bytes(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()
    write(whole)
    killed_while_files_go_to_their_places(killed)
    assert (killed / ".imagenet-setup" / "building").is_dir()
    remove_leftovers(killed, FOLDERS)
    assert not (killed / ".imagenet-setup" / "building").exists()
    write(killed)
    assert files(killed) == files(whole)


def test_a_kill_while_files_wait_leaves_no_image_in_place(tmp_path: Path) -> None:
    shard = FOLDERS.writer(tmp_path, "train", SHARD)
    shard.write(sample("n01440764_1.JPEG", b"one"))
    remove_leftovers(tmp_path, FOLDERS)
    assert files(tmp_path) == {}


def test_a_shard_without_images_has_no_files(tmp_path: Path) -> None:
    with FOLDERS.writer(tmp_path, "train", SHARD) as shard:
        assert shard.commit() == Committed(bytes=0, sha256=sum_of_files([]))
    assert files(tmp_path) == {}


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
        FOLDERS.writer(tmp_path / "gone", "train", SHARD)
