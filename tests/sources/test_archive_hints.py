from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers import quiet, tar
from wizard.errors import InputError
from wizard.ilsvrc2012.archives import IMAGES, Split
from wizard.sources.archive_hints import may_be_official, way_out
from wizard.sources.archives import read_table

JPEG = b"\xff\xd8\xff" + bytes(700)
TENCH = "n01440764"


def archive(folder: Path, split: Split, size: int) -> Path:
    path = folder / IMAGES[split].name
    with path.open("wb") as file:
        file.truncate(size)
    return path


def official(split: Split) -> int:
    return IMAGES[split].bytes


@pytest.mark.parametrize(
    ("split", "size", "said"),
    [
        ("train", lambda whole: whole, "--md5"),
        ("test", lambda _whole: 12_345, "--md5"),
        (
            "train",
            lambda whole: whole // 2,
            "73.9 GB of the official 147.9 GB: if its download was interrupted",
        ),
        ("validation", lambda whole: whole + 512, "not the official archive: pack it again"),
    ],
)
def test_an_md5_is_spoken_of_only_where_there_is_an_official_one_to_compare_with(
    tmp_path: Path, split: Split, size: Callable[[int], int], said: str
) -> None:
    path = archive(tmp_path, split, size(official(split)))
    assert said in way_out(path, split)
    assert may_be_official(path, split) == ("--md5" in way_out(path, split)) == (said == "--md5")


def test_an_archive_of_another_name_is_never_official(tmp_path: Path) -> None:
    path = archive(tmp_path, "train", official("train")).rename(tmp_path / "train.tar")
    assert not may_be_official(path, "train")


@pytest.mark.parametrize("same_size", [True, False])
def test_a_table_says_whether_its_archive_may_be_the_official_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, same_size: bool
) -> None:
    path = tmp_path / IMAGES["train"].name
    path.write_bytes(tar([(f"{TENCH}/{TENCH}_1.JPEG", JPEG)]))
    size = path.stat().st_size + (not same_size)
    monkeypatch.setitem(IMAGES, "train", replace(IMAGES["train"], bytes=size, images=1))
    assert read_table(path, "train", tmp_path / "cache", quiet).official == same_size


def test_what_can_be_said_of_the_damage_itself_goes_before(tmp_path: Path) -> None:
    path = tmp_path / IMAGES["train"].name
    path.write_bytes(tar([(f"{TENCH}/{TENCH}_1.JPEG", JPEG)]) + tar([(f"{TENCH}/{TENCH}_2.JPEG", JPEG)]))
    with pytest.raises(InputError, match="another member follows") as error:
        read_table(path, "train", tmp_path / "cache", quiet)
    assert "tar --ignore-zeros" in error.value.hint
