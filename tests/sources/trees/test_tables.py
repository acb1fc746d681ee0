import os
from pathlib import Path

import pytest

from tests.helpers import tar
from tests.sources.making import FIRST_VALIDATION, GOLDFISH, JPEG, SEA_SNAKE, TENCH, names, nothing, rows, write
from wizard.errors import InputError
from wizard.sources.options import Labels, SourceOptions
from wizard.sources.source import Source
from wizard.sources.trees import folders

A_GOLDFISH = f"train/{GOLDFISH}/{GOLDFISH}_1.JPEG"


def opened(folder: Path, labels: Labels = "auto", *, follow: bool = False) -> Source:
    data = folders.recognize(folder, SourceOptions(labels=labels, follow=follow))
    assert data is not None
    return data


@pytest.mark.parametrize(
    "file", [f"{TENCH}_5.jpeg", f"{TENCH}_5.JPG", f"{TENCH}_5_{TENCH}.JPEG", f"deeper/{TENCH}_5.JPEG"]
)
@pytest.mark.parametrize("labels", ["ilsvrc2012", "folders"])
def test_every_spelling_gives_the_official_name_and_the_real_files_bytes(
    tmp_path: Path, file: str, labels: Labels
) -> None:
    data = opened(write(tmp_path, [f"train/{TENCH}/{file}"], b"\xff\xd8\xffbytes"), labels)
    assert rows(data, "train", tmp_path, boxes=False) == [(f"{TENCH}_5.JPEG", 0, b"\xff\xd8\xffbytes", [])]


def test_an_image_of_another_name_has_its_class_in_its_name(tmp_path: Path) -> None:
    files = [f"train/{TENCH}/cat.jpg", f"train/{TENCH}/{TENCH}_x.png", f"train/{TENCH}/deep/cat.jpg"]
    assert names(opened(write(tmp_path, files), "ilsvrc2012"), "train", tmp_path) == [
        (f"{TENCH}/cat.jpg", 0),
        (f"{TENCH}/deep/cat.jpg", 0),
        (f"{TENCH}_x.png", 0),
    ]


def test_files_that_systems_leave_are_ignored(tmp_path: Path) -> None:
    debris = [".DS_Store", "Thumbs.db", "desktop.ini", f"._{GOLDFISH}_1.JPEG", "notes.txt", ".hidden/a.jpg"]
    write(tmp_path, [f"train/{GOLDFISH}/{file}" for file in debris] + ["train/__MACOSX/x.jpg", "train/list.txt"])
    assert len(names(opened(write(tmp_path, [A_GOLDFISH])), "train", tmp_path)) == 1


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([f"val/{FIRST_VALIDATION}_{TENCH}.JPEG"], f"says {TENCH} at its end, but {FIRST_VALIDATION} is an image of"),
        ([f"val/{FIRST_VALIDATION}.JPEG", "val/cat.jpg"], "cat.jpg is not in a class's folder"),
        (
            [f"val/{FIRST_VALIDATION}.JPEG", f"val/{FIRST_VALIDATION} (1).JPEG"],
            rf"\(1\).JPEG is named like a copy of {FIRST_VALIDATION}.JPEG",
        ),
        (
            [f"val/{FIRST_VALIDATION}.JPEG", f"val/{TENCH}_1.JPEG"],
            "is an image of train, by its name, not of validation",
        ),
        ([f"val/{FIRST_VALIDATION}.JPEG", "val/ILSVRC2012_val_00050001.JPEG"], "has a number outside of 1 to 50,000"),
        ([f"val/{SEA_SNAKE}/{FIRST_VALIDATION}.JPEG", f"val/{SEA_SNAKE}/{FIRST_VALIDATION}.jpg"], "are both the image"),
        ([f"val/{SEA_SNAKE}/{FIRST_VALIDATION}.JPEG", f"val/{FIRST_VALIDATION}.JPEG"], "are both the image"),
        ([f"val/{SEA_SNAKE}/{FIRST_VALIDATION}.JPEG", f"val/{TENCH}/x.txt"], f"{TENCH} holds 1 file, which is no"),
        ([f"val/{SEA_SNAKE}/ILSVRC2012_val_00000000.JPEG"], "has a number outside of 1 to 50,000"),
        ([f"val/{SEA_SNAKE}/a\n.jpg"], "has a control character in it"),
        ([f"val/{SEA_SNAKE}/a\udcff.jpg"], "is not UTF-8"),
        ([f"val/{SEA_SNAKE}/a\udcff/{FIRST_VALIDATION}.JPEG"], "is not UTF-8"),
    ],
)
def test_what_would_be_silently_wrong_is_named(tmp_path: Path, files: list[str], said: str) -> None:
    data = opened(write(tmp_path, files))
    with pytest.raises(InputError, match=said):
        names(data, "validation", tmp_path)


def test_a_validation_image_in_the_folder_of_another_synset_is_refused_where_labels_are_imagenets(
    tmp_path: Path,
) -> None:
    write(tmp_path, [f"val/{TENCH}/{FIRST_VALIDATION}.JPEG"])
    why = f"is an image of {SEA_SNAKE}, by its name, but is in the folder of {TENCH}"
    with pytest.raises(InputError, match=why):
        names(opened(tmp_path, "ilsvrc2012"), "validation", tmp_path)


def test_warns_about_a_validation_image_of_a_renumbered_subset(tmp_path: Path) -> None:
    files = [f"val/{TENCH}/{FIRST_VALIDATION}.JPEG", f"val/{SEA_SNAKE}/a/{FIRST_VALIDATION}.JPEG"]
    table = opened(write(tmp_path, files)).table("validation", tmp_path, nothing)
    assert table.name.tolist() == [f"{FIRST_VALIDATION}.JPEG".encode(), f"{TENCH}/{FIRST_VALIDATION}.JPEG".encode()]
    (reported,) = table.warnings
    assert reported.startswith("1 image is in a class folder that does not match the official number")
    assert f"{TENCH}/{FIRST_VALIDATION}.JPEG, which is an image of {SEA_SNAKE}" in reported


@pytest.mark.parametrize("file", [f"{GOLDFISH}_7.JPEG", f"{GOLDFISH}_x.jpg"])
def test_an_image_of_another_synset_is_refused_in_the_folder_of_a_synset(tmp_path: Path, file: str) -> None:
    write(tmp_path, [f"train/{TENCH}/{file}", f"train/fish/{file}"])
    with pytest.raises(InputError, match=f"is an image of {GOLDFISH}, by its name, but is in the folder of {TENCH}"):
        names(opened(tmp_path, "folders"), "train", tmp_path)
    (tmp_path / "train" / TENCH / file).unlink()
    (tmp_path / "train" / TENCH).rmdir()
    assert [label for _, label in names(opened(tmp_path, "folders"), "train", tmp_path)] == [0]


def test_an_image_without_bytes_is_listed_and_named_as_unusable(tmp_path: Path) -> None:
    write(tmp_path, [f"train/{GOLDFISH}/{GOLDFISH}_{number}.JPEG" for number in (2, 3)], b"")
    data = opened(write(tmp_path, [A_GOLDFISH]))
    table = data.table("train", tmp_path, nothing)
    assert len(table) == 3
    with pytest.raises(InputError, match=f"{GOLDFISH}_2.JPEG has no bytes; 1 more are empty"):
        table.require_usable()


@pytest.mark.parametrize("beside", [False, True])
def test_a_class_archive_that_breaks_off_is_refused(tmp_path: Path, beside: bool) -> None:
    write(tmp_path, [A_GOLDFISH])
    (tmp_path / f"train/{TENCH}.tar").write_bytes(tar([(f"{TENCH}_1.JPEG", JPEG * 200)])[:900])
    if beside:
        write(tmp_path, [f"train/{TENCH}/{TENCH}_1.JPEG"])
    with pytest.raises(InputError, match=rf"{TENCH}\.tar: .* claims 800 bytes") as refused:
        names(opened(tmp_path), "train", tmp_path)
    assert ("is complete, remove the archive" in refused.value.hint) == beside


@pytest.mark.parametrize(("image", "zeros", "reported"), [(JPEG, 0, 0), (JPEG, 30_000, 1), (JPEG + bytes(900), 0, 1)])
def test_warns_about_a_possible_hole_at_the_end_of_a_class_archive(
    tmp_path: Path, image: bytes, zeros: int, reported: int
) -> None:
    write(tmp_path, [A_GOLDFISH])
    (tmp_path / f"train/{TENCH}.tar").write_bytes(tar([(f"{TENCH}_1.JPEG", image)]) + bytes(zeros))
    table = opened(tmp_path).table("train", tmp_path, nothing)
    assert len(table) == 2
    assert len(table.warnings) == reported
    assert all(f"of zeros follow the last file of {tmp_path}/train/{TENCH}.tar" in each for each in table.warnings)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([(f"{GOLDFISH}_1.JPEG", JPEG)], f"is an image of {GOLDFISH}"),
        ([(f"{TENCH}_1.JPEG", b"<html>")], rf"{TENCH}_1.JPEG does not begin as an image does \(6 bytes\)"),
        ([(f"../{TENCH}_1.JPEG", JPEG)], r"has \.\. in it"),
        ([("readme.txt", b"x")], r"holds 1 file, which is not an image: .*readme\.txt"),
        ([], "holds no images"),
        ([(f"{TENCH}_1.JPEG", JPEG), (f"a/{TENCH}_1.JPEG", JPEG)], "are both the image"),
    ],
)
def test_members_of_a_class_archive_are_looked_at_as_files_are(
    tmp_path: Path, members: list[tuple[str, bytes]], said: str
) -> None:
    write(tmp_path, [A_GOLDFISH])
    (tmp_path / f"train/{TENCH}.tar").write_bytes(tar(members))
    with pytest.raises(InputError, match=said):
        names(opened(tmp_path), "train", tmp_path)


def test_a_class_that_appears_after_the_look_is_refused(tmp_path: Path) -> None:
    data = opened(write(tmp_path, ["train/a/1.jpg"]))
    write(tmp_path, ["train/b/1.jpg"])
    with pytest.raises(InputError, match="train/b is not one of the classes"):
        names(data, "train", tmp_path)


def test_a_link_out_of_the_folder_is_refused_unless_it_may_be_followed(tmp_path: Path) -> None:
    elsewhere = write(tmp_path / "elsewhere", [f"{TENCH}_1.JPEG"])
    raw = write(tmp_path / "raw", [A_GOLDFISH])
    (raw / "train" / TENCH).symlink_to(elsewhere)
    with pytest.raises(InputError, match=f"train/{TENCH} leads by a link to .*elsewhere, outside of") as refused:
        names(opened(raw), "train", tmp_path)
    assert "--set source.links=follow" in refused.value.hint
    assert len(names(opened(raw, follow=True), "train", tmp_path)) == 2


def test_a_linked_image_must_be_of_the_class_it_is_in(tmp_path: Path) -> None:
    raw = write(tmp_path / "raw", [A_GOLDFISH])
    outside = write(tmp_path, ["x.JPEG"]) / "x.JPEG"
    (raw / "train" / GOLDFISH / f"{GOLDFISH}_2.JPEG").symlink_to(outside)
    with pytest.raises(InputError, match=f"{GOLDFISH}_2.JPEG leads by a link"):
        names(opened(raw), "train", tmp_path)
    assert len(names(opened(raw, follow=True), "train", tmp_path)) == 2


@pytest.mark.parametrize("link", ["train/train", "ILSVRC2012"])
def test_images_of_a_linked_folder_must_be_of_its_class(tmp_path: Path, link: str) -> None:
    elsewhere = write(tmp_path / "elsewhere", [f"{TENCH}/1.jpg", f"{GOLDFISH}/1.jpg"])
    (tmp_path / "raw" / link).parent.mkdir(parents=True)
    (tmp_path / "raw" / link).symlink_to(elsewhere)
    with pytest.raises(InputError, match=f"{link} leads by a link"):
        names(opened(tmp_path / "raw"), "train", tmp_path)
    assert len(names(opened(tmp_path / "raw", follow=True), "train", tmp_path)) == 2


def test_a_split_behind_a_link_out_of_the_folder_is_not_sound(tmp_path: Path) -> None:
    raw = write(tmp_path / "raw", [A_GOLDFISH])
    (raw / "val").symlink_to(write(tmp_path / "elsewhere", [f"{GOLDFISH}/1.jpg"]))
    with pytest.raises(InputError, match="val leads by a link"):
        opened(raw).require(["validation"], [])
    opened(raw, follow=True).require(["validation"], [])


def test_links_within_the_folder_are_followed_and_the_folder_may_be_one(tmp_path: Path) -> None:
    raw = write(tmp_path / "raw", [A_GOLDFISH, f"store/{TENCH}_1.JPEG"])
    (raw / "train" / TENCH).symlink_to(raw / "store")
    (tmp_path / "link").symlink_to(raw)
    assert len(names(opened(tmp_path / "link"), "train", tmp_path)) == 2


def test_links_to_what_is_no_image_are_ignored(tmp_path: Path) -> None:
    raw = write(tmp_path / "raw", [A_GOLDFISH])
    for place in ("train/list.txt", f"train/{GOLDFISH}/list.txt"):
        (raw / place).symlink_to(write(tmp_path, ["list.txt"]) / "list.txt")
    assert len(names(opened(raw), "train", tmp_path)) == 1


@pytest.mark.parametrize("place", [f"train/{TENCH}", f"train/{GOLDFISH}/{GOLDFISH}_2.JPEG", f"train/{GOLDFISH}/deep"])
def test_a_link_that_leads_nowhere_is_named(tmp_path: Path, place: str) -> None:
    write(tmp_path, [A_GOLDFISH])
    (tmp_path / place).symlink_to(tmp_path / "gone")
    with pytest.raises(InputError, match=f"{place} is a link that leads nowhere: No such file"):
        names(opened(tmp_path), "train", tmp_path)


@pytest.mark.parametrize("target", [".", "..", "loop"])
def test_links_in_a_circle_end(tmp_path: Path, target: str) -> None:
    write(tmp_path, [A_GOLDFISH])
    (tmp_path / "train" / GOLDFISH / "loop").symlink_to(target)
    with pytest.raises(InputError, match=r"leads by a link back to|Too many levels of symbolic links"):
        names(opened(tmp_path), "train", tmp_path)


def test_a_cycle_of_linked_folders_is_followed_once(tmp_path: Path) -> None:
    write(tmp_path, [A_GOLDFISH, "store/a/1.jpg", "store/b/1.jpg"])
    (tmp_path / "store/a/b").symlink_to("../b")
    (tmp_path / "store/b/a").symlink_to("../a")
    (tmp_path / "train" / TENCH).symlink_to("../store/a")
    with pytest.raises(InputError, match="leads by a link back to"):
        names(opened(tmp_path), "train", tmp_path)


def test_an_image_that_is_no_file_is_named(tmp_path: Path) -> None:
    write(tmp_path, [A_GOLDFISH])
    os.mkfifo(tmp_path / "train" / GOLDFISH / "pipe.jpg")
    with pytest.raises(InputError, match=r"pipe\.jpg is not a regular file"):
        names(opened(tmp_path), "train", tmp_path)


@pytest.mark.usefixtures("unprivileged")
def test_a_folder_that_may_not_be_looked_into_is_named(tmp_path: Path) -> None:
    data = opened(write(tmp_path, [A_GOLDFISH]))
    (tmp_path / "train" / GOLDFISH).chmod(0)
    with pytest.raises(InputError, match=f"{GOLDFISH} cannot be read: Permission denied"):
        names(data, "train", tmp_path)
    (tmp_path / "train" / GOLDFISH).chmod(0o700)


def test_progress_goes_by_classes(tmp_path: Path) -> None:
    reported: list[tuple[int, int]] = []
    opened(write(tmp_path, [A_GOLDFISH, f"train/{TENCH}/1.jpg"])).table(
        "train", tmp_path, lambda done, total: reported.append((done, total))
    )
    assert reported == [(1, 2), (2, 2)]
