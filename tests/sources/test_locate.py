import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers import quiet, tar
from wizard.errors import InputError, NoRawData
from wizard.formatting import human_bytes
from wizard.ilsvrc2012.archives import IMAGES, Split
from wizard.sources.archives.index import read_table
from wizard.sources.locate import may_be_official, require_folder, similar_folder, way_out
from wizard.sources.opening import open_source

TRAIN, VALIDATION = "ILSVRC2012_img_train.tar", "ILSVRC2012_img_val.tar"
TAR = tar([("a", b"b")])
JPEG = b"\xff\xd8\xff" + bytes(700)
TENCH = "n01440764"


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
        (b"PK\x03\x04 a zip" * 99, r"is not a tar archive: it begins with b'PK"),
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
def test_bytes_are_shown_in_powers_of_a_thousand(count: int, said: str) -> None:
    assert human_bytes(count) == said


@pytest.mark.usefixtures("unprivileged")
def test_a_folder_that_may_not_be_looked_into_is_refused(tmp_path: Path) -> None:
    (tmp_path / "closed" / "raw").mkdir(parents=True)
    (tmp_path / "closed").chmod(0o600)
    with pytest.raises(InputError, match=r"raw.* (cannot be read: Permission denied|does not exist)"):
        image_archives(tmp_path / "closed" / "raw", ["train"])
    (tmp_path / "closed").chmod(0o700)


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


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("imagenat", "ImageNet"),
        ("imagnet/train", "ImageNet/train"),
        ("imagnet/nothing", "ImageNet"),
        ("flowers", None),
        ("notes.tx", None),
    ],
)
def test_a_missing_folder_is_taken_for_the_one_with_a_similar_name(
    tmp_path: Path, typed: str, meant: str | None
) -> None:
    (tmp_path / "ImageNet" / "train").mkdir(parents=True)
    (tmp_path / "notes.txt").touch()
    assert similar_folder(tmp_path / typed) == (tmp_path / meant if meant else None)
    with pytest.raises(NoRawData) as raised:
        require_folder(tmp_path / typed)
    assert raised.value.hint.startswith("Did you mean" if meant else "Give the folder that holds the raw data")
