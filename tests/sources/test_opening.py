from pathlib import Path

import pytest

from tests.helpers import tar
from wizard.errors import InputError
from wizard.sources.opening import open_source
from wizard.sources.source import Part

TRAIN, VALIDATION = "ILSVRC2012_img_train.tar", "ILSVRC2012_img_val.tar"
TEST = "ILSVRC2012_img_test_v10102019.tar"
TRAIN_BOXES, VALIDATION_BOXES = "ILSVRC2012_bbox_train_v2.tar.gz", "ILSVRC2012_bbox_val_v3.tgz"


def test_each_archive_is_found_with_its_size(raw: Path) -> None:
    found = open_source(raw).parts
    assert [(each.kind, each.split, each.name) for each in found] == [
        ("images", "train", TRAIN),
        ("images", "validation", VALIDATION),
        ("images", "test", TEST),
        ("boxes", "train", TRAIN_BOXES),
        ("boxes", "validation", VALIDATION_BOXES),
    ]
    there = [each for each in found if each.split != "test"]
    assert all(each.sound for each in there)
    assert [each.path for each in there] == [raw / each.name for each in there]
    assert [each.bytes for each in there] == [(raw / each.name).stat().st_size for each in there]


def test_missing_files_are_reported_by_their_official_names(tmp_path: Path) -> None:
    (tmp_path / VALIDATION).write_bytes(tar([("a", b"b")]))
    (tmp_path / "notes.txt").write_text("")
    found = open_source(tmp_path).parts
    assert [each.name for each in found if each.sound] == [VALIDATION]
    assert found[0] == Part(name=TRAIN, kind="images", split="train")
    assert not found[0].sound


def test_a_box_archive_that_a_browser_unpacked_is_found_under_the_name_that_it_has(tmp_path: Path) -> None:
    unpacked = tmp_path / "ILSVRC2012_bbox_val_v3.tar"
    unpacked.write_bytes(tar([("a", b"b")]))
    (boxes,) = (each for each in open_source(tmp_path).parts if each.sound)
    assert (boxes.name, boxes.path, boxes.split) == (unpacked.name, unpacked, "validation")


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "is empty"), (b"<html>Log in</html>", "is an HTML page of 19 bytes"), (b"PK" * 600, "is not a tar archive")],
)
def test_a_broken_archive_is_found_with_a_problem(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / TRAIN).write_bytes(content)
    found = open_source(tmp_path).parts[0]
    assert (found.path, found.bytes, found.sound) == (tmp_path / TRAIN, len(content), False)
    assert said in found.problem
    assert found.hint == "Download it again while logged in to image-net.org, or with imagenet-setup download"


def test_a_folder_or_a_dead_link_of_an_archives_name_is_not_sound(tmp_path: Path) -> None:
    (tmp_path / TRAIN).mkdir()
    (tmp_path / VALIDATION).symlink_to(tmp_path / "gone")
    folder, link, *_ = open_source(tmp_path).parts
    assert "cannot be read" in folder.problem
    assert "cannot be read: No such file" in link.problem
    assert not folder.sound
    assert not link.sound


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none does not exist\."):
        open_source(tmp_path / "none")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file, not a folder"):
        open_source(tmp_path / "file")


@pytest.mark.usefixtures("unprivileged")
@pytest.mark.parametrize("mode", [0o600, 0o300, 0])
def test_a_folder_that_may_not_be_looked_into_is_refused(tmp_path: Path, mode: int) -> None:
    closed = tmp_path / "closed"
    (closed / "raw").mkdir(parents=True)
    (closed / "raw" / TRAIN).write_bytes(tar([("a", b"b")]))
    (closed if mode == 0o600 else closed / "raw").chmod(mode)
    with pytest.raises(InputError, match=r"raw (cannot be read: Permission denied|does not exist)"):
        open_source(closed / "raw")
    closed.chmod(0o700)
    (closed / "raw").chmod(0o700)
