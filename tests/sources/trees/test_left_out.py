"""Every file below a split is read, known clutter, or counted as left out."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers import tar
from tests.sources.making import FIRST_VALIDATION, GOLDFISH, JPEG, SEA_SNAKE, TENCH, nothing, write
from wizard.errors import InputError
from wizard.formats import tfrecord
from wizard.ilsvrc2012.archives import Split
from wizard.sources.opening import open_source
from wizard.sources.samples import SampleTable
from wizard.sources.trees import sorter

WEBP = b"RIFF\x10\0\0\0WEBPVP8 "
TIFF = b"II*\0\x08\0\0\0"
A_CAT = "train/cat/1.jpg"

FOLDERS = ["", "deep/", "@eaDir/1.jpg/", "#recycle/", ".cache/", "__MACOSX/cat/", "lost+found/", "deep/.git/"]
FILES = ["a.jpg", "b.PNG", "c.webp", "d", "e.dat", "f.npy", "g.txt", "._a.jpg", ".hidden", "Thumbs.db", "h.DNG"]
CONTENTS = [JPEG, WEBP, TIFF, b"", b"\x93NUMPY", b"<html>"]
ENTRIES = st.dictionaries(
    st.tuples(st.sampled_from(["cat/", "dog/"]), st.sampled_from(FOLDERS), st.sampled_from(FILES)).map("".join),
    st.sampled_from(CONTENTS),
)
BESIDE = st.sets(st.sampled_from([".DS_Store", "labels.csv", "x.npy", "@eaDir/x.jpg", "lost+found/a", "#recycle/a"]))


def read(folder: Path, split: Split = "train") -> SampleTable:
    return open_source(folder).table(split, folder, nothing)


def left_out(folder: Path, split: Split = "train") -> dict[str, int]:
    return {each.what: each.count for each in read(folder, split).left_out}


@settings(max_examples=60)
@given(ENTRIES, BESIDE)
def test_images_clutter_and_left_out_come_to_all_files_that_are_there(
    entries: dict[str, bytes], beside: set[str]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = write(Path(name), ["train/cat/1.jpg", "train/dog/1.jpg"])
        write(folder, [f"train/{file}" for file in beside], b"other")
        for file, content in entries.items():
            write(folder, [f"train/{file}"], content)
        there = [path for path in (folder / "train").rglob("*") if path.is_file()]
        table = read(folder)
        assert len(table) + sum(each.count for each in table.left_out) == len(there)
        assert {Path(sample.file) for sample in table} == {path for path in there if is_image(path)}


def is_image(path: Path) -> bool:
    """The rule, in other words: by suffix, else by content, and never among clutter."""
    clutter = {"@eaDir", "#recycle", ".cache", "__MACOSX", "lost+found", ".git"}
    if clutter & set(path.parts) or path.name[0] == "." or path.suffix in (".txt", ".csv", ".db", ".DNG"):
        return False
    return path.suffix in (".jpg", ".PNG", ".webp") or path.read_bytes() in (JPEG, WEBP, TIFF)


def test_thumbnails_of_a_synology_share_are_neither_images_nor_classes(tmp_path: Path) -> None:
    write(tmp_path, [A_CAT, "train/cat/@eaDir/1.jpg/SYNOPHOTO_THUMB_M.jpg", "train/@eaDir/cat/SYNOINDEX"])
    table = read(tmp_path)
    assert ([sample.name for sample in table], table.classes.names) == (["cat/1.jpg"], ("cat",))
    assert left_out(tmp_path) == {"files in @eaDir (Synology thumbnails)": 2}


def test_an_empty_clutter_folder_is_not_reported(tmp_path: Path) -> None:
    (write(tmp_path, [A_CAT]) / "train" / "@eaDir").mkdir()
    assert not read(tmp_path).left_out


@pytest.mark.parametrize("name", ["2", "2.dat", "2.jpg_large", "2.jpg:large", "2.pbm"])
@pytest.mark.parametrize("content", [JPEG, WEBP, TIFF])
def test_an_image_with_an_unknown_suffix_is_recognized_by_content(tmp_path: Path, name: str, content: bytes) -> None:
    write(write(tmp_path, [A_CAT]), [f"train/cat/{name}"], content)
    table = read(tmp_path)
    assert [sample.name for sample in table] == ["cat/1.jpg", f"cat/{name}"]
    assert not table.left_out


@pytest.mark.parametrize("suffix", ["jpe", "jfif", "bmp", "gif", "webp", "tif", "tiff", "ppm", "avif", "JPE", "WebP"])
def test_suffixes_of_images_are_believed_in_any_case(tmp_path: Path, suffix: str) -> None:
    write(tmp_path, [A_CAT, f"train/cat/2.{suffix}"], b"anything")
    assert [sample.name for sample in read(tmp_path)] == ["cat/1.jpg", f"cat/2.{suffix}"]


@pytest.mark.usefixtures("unprivileged")
def test_files_that_are_named_as_images_are_not_opened(tmp_path: Path) -> None:
    write(tmp_path, [A_CAT, "train/cat/2.webp"])
    (tmp_path / A_CAT).chmod(0)
    (tmp_path / "train/cat/2.webp").chmod(0)
    assert len(read(tmp_path)) == 2


@pytest.mark.usefixtures("unprivileged")
def test_a_file_that_may_not_be_read_is_left_out_where_nothing_says_that_it_is_an_image(tmp_path: Path) -> None:
    write(tmp_path, [A_CAT, "train/cat/2"])
    (tmp_path / "train/cat/2").chmod(0)
    assert left_out(tmp_path) == {"files without read permission": 1}


def test_what_is_no_image_is_counted_by_suffix_with_the_first_of_them(tmp_path: Path) -> None:
    write(tmp_path, [A_CAT])
    write(tmp_path, ["train/cat/b.npy", "train/cat/a.NPY", "train/cat/deep/c.heic", "train/cat/no_suffix"], b"other")
    found = read(tmp_path).left_out
    assert {each.what: each.count for each in found} == {
        ".npy files": 2,
        ".heic files": 1,
        "files without a known suffix": 1,
    }
    assert found[0].first == str(tmp_path / "train/cat/a.NPY")
    assert not any(each.clutter for each in found)


def test_annotations_and_lists_are_clutter(tmp_path: Path) -> None:
    write(tmp_path, ["train/00000/0.ppm", "train/00000/GT-00000.csv", "train/Readme.txt"])
    found = read(tmp_path).left_out
    assert [(each.what, each.clutter) for each in found] == [(".csv files", True), (".txt files", True)]


def test_raw_files_of_cameras_are_left_out_although_they_begin_as_tiffs_do(tmp_path: Path) -> None:
    write(write(tmp_path, [A_CAT]), ["train/cat/2.DNG", "train/cat/3.cr2"], TIFF)
    assert left_out(tmp_path) == {".cr2 files": 1, ".dng files": 1}


def test_a_pipe_is_counted_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(write(tmp_path, [A_CAT]) / "train/cat/pipe")
    assert left_out(tmp_path) == {"special files (broken links, pipes, sockets)": 1}


def test_a_link_out_of_the_folder_is_refused_where_it_leads_to_an_image_of_any_name(tmp_path: Path) -> None:
    raw = write(tmp_path / "raw", [A_CAT])
    (raw / "train/cat/2").symlink_to(write(tmp_path, ["outside"]) / "outside")
    with pytest.raises(InputError, match="2 leads by a link to"):
        read(raw)


def test_a_hidden_link_is_counted_and_not_followed(tmp_path: Path) -> None:
    raw = write(tmp_path / "raw", [A_CAT])
    (raw / "train/cat/.cache").symlink_to(write(tmp_path / "outside", ["1", "2"]))
    assert left_out(raw) == {"hidden files": 1}


def test_a_class_without_images_is_refused_with_what_lies_there(tmp_path: Path) -> None:
    write(tmp_path, [A_CAT, *(f"train/dog/{number}.txt" for number in range(20))])
    write(tmp_path, [f"train/dog/{number}.npy" for number in range(3)], b"other")
    said = r"train/dog holds 23 files but no images: 3 \.npy files, 20 \.txt files; the first is .*train/dog/0\.npy"
    with pytest.raises(InputError, match=said) as refused:
        read(tmp_path)
    assert "convert its images to JPEG or PNG" in refused.value.hint


def test_an_empty_class_is_refused(tmp_path: Path) -> None:
    (write(tmp_path, [A_CAT]) / "train/dog").mkdir()
    with pytest.raises(InputError, match="train/dog holds no images"):
        read(tmp_path)


def test_a_class_that_holds_clutter_alone_is_refused_with_what_it_is(tmp_path: Path) -> None:
    write(tmp_path, [A_CAT, "train/dog/@eaDir/1.jpg/SYNOPHOTO_THUMB_M.jpg", "train/dog/Thumbs.db"])
    with pytest.raises(InputError, match=r"train/dog holds 2 files but no images: 1 Thumbs\.db file, 1 file in @eaDir"):
        read(tmp_path)


def test_a_class_of_webp_alone_is_read(tmp_path: Path) -> None:
    write(tmp_path, ["train/cat/1.webp", "train/dog/1"], WEBP)
    assert [(sample.name, sample.label) for sample in read(tmp_path)] == [("cat/1.webp", 0), ("dog/1", 1)]


def test_class_folders_of_images_without_suffixes_are_recognized_without_splits(tmp_path: Path) -> None:
    write(tmp_path, ["cat/1", "dog/1"], WEBP)
    assert read(tmp_path).classes.names == ("cat", "dog")


def test_shards_without_suffixes_are_no_images(tmp_path: Path) -> None:
    shards = [f"{split}-{number:05d}-of-00002" for split in ("train", "validation") for number in range(2)]
    write(tmp_path / "records", shards, tfrecord.frame(b"an example"))
    assert open_source(tmp_path / "records").form == "example"
    write(tmp_path / "folders", [f"{name}/{shard}" for name in ("cat", "dog") for shard in shards], b"\x0a" * 50)
    with pytest.raises(InputError, match="holds no raw data"):
        open_source(tmp_path / "folders")


def test_an_empty_split_is_refused_with_what_lies_there(tmp_path: Path) -> None:
    write(write(tmp_path, [A_CAT]), ["val/1.npy", "val/2.npy"], b"other")
    with pytest.raises(InputError, match=r"val holds neither images nor class folders. It holds 2 \.npy files"):
        read(tmp_path, "validation")


def test_a_flat_test_split_is_read_by_content(tmp_path: Path) -> None:
    write(tmp_path, [A_CAT, "test/1", "test/2.webp", "test/3.jpg"])
    write(tmp_path, ["test/4.npy", "test/list.txt"], b"other")
    assert [sample.name for sample in read(tmp_path, "test")] == ["1", "2.webp", "3.jpg"]
    assert left_out(tmp_path, "test") == {".npy files": 1, ".txt files": 1}


def test_members_of_a_class_archive_are_counted_too(tmp_path: Path) -> None:
    members = [
        (f"./{TENCH}_1.JPEG", JPEG),
        ("2.webp", WEBP),
        ("3", JPEG),
        (f"__MACOSX/._{TENCH}_1.JPEG", JPEG),
        (f"@eaDir/{TENCH}_1.JPEG/SYNOPHOTO_THUMB_M.jpg", JPEG),
        (f"._{TENCH}_1.JPEG", JPEG),
        ("list.txt", b"x"),
        ("4.npy", b"other"),
    ]
    write(tmp_path, [f"train/{GOLDFISH}/{GOLDFISH}_1.JPEG"])
    (tmp_path / f"train/{TENCH}.tar").write_bytes(tar(members))
    assert len(read(tmp_path)) == 4
    assert left_out(tmp_path) == {
        ".npy files": 1,
        ".txt files": 1,
        "files in @eaDir (Synology thumbnails)": 1,
        "files in __MACOSX": 1,
        "files of macOS (._*)": 1,
    }


def test_files_of_a_class_whose_archive_is_read_are_counted(tmp_path: Path) -> None:
    write(tmp_path, [f"train/{TENCH}/{TENCH}_{number}.JPEG" for number in (1, 2)])
    (tmp_path / f"train/{TENCH}.tar").write_bytes(tar([(f"{TENCH}_1.JPEG", JPEG)]))
    assert (len(read(tmp_path)), left_out(tmp_path)) == (1, {".jpeg files": 2})


def test_splits_that_share_a_folder_do_not_count_each_others_images(tmp_path: Path) -> None:
    flat = [f"{TENCH}_1_{TENCH}.JPEG", f"{FIRST_VALIDATION}_{SEA_SNAKE}.JPEG"]
    write(tmp_path, [*flat, "ILSVRC2012_bbox_val_v3.tgz", "other/1.xml", "@eaDir/1.jpg"])
    counted = {"official archive files": 1, ".xml files": 1, "files in @eaDir (Synology thumbnails)": 1}
    for split in ("train", "validation"):
        assert (len(read(tmp_path, split)), left_out(tmp_path, split)) == (1, counted)


def test_folders_beside_classes_that_are_none_are_counted(tmp_path: Path) -> None:
    write(tmp_path, ["cat/1.jpg", "dog/1.jpg", "data/1.jpg", "data/@eaDir/1.jpg", "bbox_train/cat/1.xml"])
    counted = {".jpg files": 1, ".xml files": 1, "files in @eaDir (Synology thumbnails)": 1}
    assert left_out(tmp_path) == counted


def test_what_lies_around_the_folder_of_images_is_counted(tmp_path: Path) -> None:
    write(tmp_path, [A_CAT, "test/test/1.jpg", "test/list.txt", "test/.DS_Store", "test/@eaDir/1.jpg"])
    assert left_out(tmp_path, "test") == {
        ".txt files": 1,
        ".DS_Store files": 1,
        "files in @eaDir (Synology thumbnails)": 1,
    }


def test_counting_ends_in_a_folder_of_clutter_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorter, "_COUNTED", 3)
    write(tmp_path, [A_CAT, *(f"train/cat/#snapshot/{number}.jpg" for number in range(9))])
    assert left_out(tmp_path) == {"files in #snapshot or more": 4}


@pytest.mark.usefixtures("unprivileged")
def test_clutter_that_may_not_be_looked_into_does_no_harm(tmp_path: Path) -> None:
    write(tmp_path, [A_CAT, "train/lost+found/1"])
    (tmp_path / "train/lost+found").chmod(0)
    assert len(read(tmp_path)) == 1
    (tmp_path / "train/lost+found").chmod(0o700)


def test_many_kinds_of_files_left_out_are_reported_together(tmp_path: Path) -> None:
    write(write(tmp_path, [A_CAT]), [f"train/cat/1.x{number}" for number in range(100)], b"other")
    found = left_out(tmp_path)
    assert (len(found), sum(found.values()), found["files of other kinds"]) == (41, 100, 60)
