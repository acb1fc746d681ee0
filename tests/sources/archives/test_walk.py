"""Archives that people packed themselves: class folders, other formats, debris, padding, holes."""

import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers import TRAIN, VALIDATION, build_dataset, contents, quiet, tar
from tests.sources.making import extracted, grouped, names, rows
from wizard.errors import InputError
from wizard.ilsvrc2012.archives import IMAGES, Split
from wizard.sources.archives.index import read_table
from wizard.sources.opening import open_source
from wizard.sources.samples import LeftOut, SampleTable

JPEG = b"\xff\xd8\xff" + bytes(2700) + b"\xff\xd9"
TENCH, GOLDFISH = "n01440764", "n01443537"
TRAIN_TAR, VALIDATION_TAR = IMAGES["train"].name, IMAGES["validation"].name
needs_tar = pytest.mark.skipif(shutil.which("tar") is None, reason="needs tar")


def read(path: Path, split: Split = "train") -> SampleTable:
    return read_table(path, split, path.parent / "cache", quiet)


def archive(folder: Path, files: list[tuple[str, bytes]], split: Split = "train") -> Path:
    path = folder / IMAGES[split].name
    path.write_bytes(tar(files))
    return path


def pack(folder: Path, below: Path, *options: str) -> Path:
    """Has tar pack what lies below, as train.tar in a folder of its own."""
    folder.mkdir()
    subprocess.run(["tar", *options, "-cf", folder / TRAIN_TAR, "-C", below, "."], check=True)
    return folder


def as_folders(tree: Path, folder: Path) -> Path:
    return pack(folder, tree / "train")


def below_train(tree: Path, folder: Path) -> Path:
    shutil.copytree(tree / "train", tree / "top" / "train")
    return pack(folder, tree / "top")


def as_pax_below_another_name(tree: Path, folder: Path) -> Path:
    shutil.copytree(tree / "train", tree / "top" / "ILSVRC2012_img_train")
    return pack(folder, tree / "top", "--format=pax", "-b", "2048")


def without_folders(tree: Path, folder: Path) -> Path:
    (tree / "flat").mkdir()
    for image in (tree / "train").rglob("*.JPEG"):
        shutil.copy(image, tree / "flat")
    return pack(folder, tree / "flat", "--format=ustar")


def some_as_archives(tree: Path, folder: Path) -> Path:
    for each in sorted((tree / "train").iterdir())[::2]:
        subprocess.run(["tar", "-cf", each.with_suffix(".tar"), "-C", each, "."], check=True)
        shutil.rmtree(each)
    return pack(folder, tree / "train", "--format=v7")


@needs_tar
@pytest.mark.parametrize(
    "repack", [as_folders, below_train, as_pax_below_another_name, without_folders, some_as_archives]
)
def test_the_same_images_give_the_same_rows_however_they_were_packed(
    raw: Path, tmp_path: Path, repack: Callable[[Path, Path], Path]
) -> None:
    packed = repack(extracted(raw, tmp_path / "tree"), tmp_path / "packed")
    found = rows(open_source(packed), "train", tmp_path / "cache", boxes=False)
    assert len(found) == TRAIN
    assert found == rows(open_source(raw), "train", tmp_path / "cache", boxes=False)


@needs_tar
def test_class_folders_in_the_archive_give_the_shards_of_the_official_one(raw: Path, tmp_path: Path) -> None:
    packed = below_train(extracted(raw, tmp_path / "tree"), tmp_path / "packed")
    for source in (raw, packed):
        build_dataset(source, tmp_path / f"of-{source.name}", source={"splits": ["train"], "boxes": "none"})
    assert contents(tmp_path / "of-packed") == contents(tmp_path / f"of-{raw.name}")


@pytest.mark.parametrize("by_class", [False, True])
def test_validation_images_in_folders_have_the_labels_of_their_numbers(
    raw: Path, tmp_path: Path, by_class: bool
) -> None:
    tree = extracted(raw, tmp_path / "tree")
    if by_class:
        grouped(tree)
    packed = tmp_path / "packed"
    packed.mkdir()
    with tarfile.open(packed / VALIDATION_TAR, "w") as file:
        file.add(tree / "val", "val")
    found = names(open_source(packed), "validation", tmp_path / "cache")
    assert len(found) == VALIDATION
    assert found == names(open_source(raw), "validation", tmp_path / "cache")


@pytest.mark.parametrize(
    ("split", "files", "said"),
    [
        ("train", [(f"val/{TENCH}/{TENCH}_1.JPEG", JPEG)], "is in a folder of validation, but this is the archive of"),
        ("train", [(f"{TENCH}/{GOLDFISH}_1.JPEG", JPEG)], f"is in the folder of {TENCH}, but is .* {GOLDFISH}"),
        ("train", [(f"{TENCH}/deeper/{GOLDFISH}_1.JPEG", JPEG)], f"is in the folder of {TENCH}"),
        ("train", [(f"{TENCH}.tar", tar([(f"{GOLDFISH}/{TENCH}_1.JPEG", JPEG)]))], f"in the folder of {GOLDFISH}"),
        ("train", [("n99999999/n99999999_1.JPEG", JPEG)], "is not a synset of ILSVRC2012"),
        ("train", [(f"{TENCH}/picture.dat", JPEG)], r"picture\.dat is neither named <wnid>\.tar nor"),
        ("train", [(f"{TENCH}/{TENCH}_1.png", JPEG)], rf"{TENCH}_1\.png is neither named"),
        ("train", [(f"a/{TENCH}_1.JPEG", JPEG), (f"b/{TENCH}_1.JPEG", JPEG)], rf"{TENCH}_1\.JPEG more than once"),
        (
            "train",
            [(f"{TENCH}.tar", tar([(f"{TENCH}_1.JPEG", JPEG)])), (f"{TENCH}/{TENCH}_1.JPEG", JPEG)],
            rf"{TENCH}_1\.JPEG more than once",
        ),
        (
            "validation",
            [(f"val/{TENCH}/ILSVRC2012_val_00000001.JPEG", JPEG)],
            f"is in the folder of {TENCH}, but is an image of n01751748",
        ),
    ],
)
def test_what_contradicts_itself_or_is_not_known_is_refused_by_name(
    tmp_path: Path, split: Split, files: list[tuple[str, bytes]], said: str
) -> None:
    path = archive(tmp_path, files, split)
    with pytest.raises(InputError, match=said) as error:
        read(path, split)
    assert str(path) in error.value.what
    assert error.value.hint


def test_clutter_is_counted_by_kind_from_the_cache_too(tmp_path: Path) -> None:
    inner = tar([(f"./{TENCH}_1.JPEG", JPEG), (f"./._{TENCH}_1.JPEG", b"mac"), (".DS_Store", b"mac")])
    path = archive(
        tmp_path,
        [
            (f"./{TENCH}.tar", inner),
            (f"./._{TENCH}.tar", b"mac"),
            (f"__MACOSX/._{TENCH}.tar", b"mac"),
            (f"@eaDir/{TENCH}_1.JPEG", JPEG),
            ("readme.txt", b"packed on Monday"),
        ],
    )
    for _ in range(2):
        assert set(read(path).left_out) == {
            LeftOut(
                what="files of macOS (._*)", count=2, first=f"{path}: ./{TENCH}.tar/./._{TENCH}_1.JPEG", clutter=True
            ),
            LeftOut(what=".DS_Store files", count=1, first=f"{path}: ./{TENCH}.tar/.DS_Store", clutter=True),
            LeftOut(what="files in __MACOSX", count=1, first=f"{path}: __MACOSX/._{TENCH}.tar", clutter=True),
            LeftOut(
                what="files in @eaDir (Synology thumbnails)",
                count=1,
                first=f"{path}: @eaDir/{TENCH}_1.JPEG",
                clutter=True,
            ),
            LeftOut(what=".txt files", count=1, first=f"{path}: readme.txt", clutter=True),
        }


def two_classes(*, zeros: int = 0, inside: int = 0) -> bytes:
    """A train archive that ends in some zeros, or whose first class's archive does."""
    inner = tar([(f"{TENCH}_1.JPEG", JPEG), (f"{TENCH}_2.JPEG", JPEG)]) + bytes(inside)
    data = tar([(f"{TENCH}.tar", inner), (f"{GOLDFISH}.tar", tar([(f"{GOLDFISH}_1.JPEG", JPEG)]))])
    return data + bytes(zeros)


def official(monkeypatch: pytest.MonkeyPatch, size: int, images: int) -> None:
    monkeypatch.setitem(IMAGES, "train", replace(IMAGES["train"], bytes=size, images=images))


@pytest.mark.parametrize(("zeros", "inside"), [(30_000, 0), (1 << 20, 0), (0, 102_400), (3 << 20, 30_720)])
@pytest.mark.parametrize("compared", ["larger", "smaller", "unknown"])
def test_warns_about_long_zeros_in_an_archive_of_unofficial_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zeros: int, inside: int, compared: str
) -> None:
    path = tmp_path / TRAIN_TAR
    path.write_bytes(two_classes(zeros=zeros, inside=inside))
    size = path.stat().st_size
    official(monkeypatch, {"larger": size - 1, "smaller": size + 1, "unknown": 0}[compared], 4)
    for _ in range(2):
        table = read(path)
        assert len(table) == 3
        (warning,) = table.warnings
        where = f"{path}: {TENCH}.tar" if inside and inside > zeros else str(path)
        assert f"of zeros follow the last file of {where}" in warning
        assert "compare its size and checksum" in warning


def test_usual_padding_causes_no_warning(tmp_path: Path) -> None:
    path = tmp_path / TRAIN_TAR
    for record in (10_240, 1 << 16, 1 << 18, 1 << 20):
        data = two_classes()
        path.write_bytes(data + bytes(-len(data) % record))
        assert read(path).warnings == ()


def test_zeros_cause_no_warning_when_no_image_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / TRAIN_TAR
    path.write_bytes(two_classes(zeros=3_000_000))
    official(monkeypatch, 0, 3)
    assert read(path).warnings == ()


@pytest.mark.parametrize("hole", [0.3, 0.6, 0.9])
def test_a_hole_in_an_archive_of_the_official_size_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hole: float
) -> None:
    images = [(f"{TENCH}/{TENCH}_{number}.JPEG", JPEG) for number in range(400)]
    path = archive(tmp_path, images)
    whole = path.read_bytes()
    official(monkeypatch, len(whole), len(images))
    assert len(read(path)) == len(images)
    start = int(len(whole) * hole)
    path.write_bytes(whole[:start] + bytes(len(whole) - start))
    for _ in range(2):
        with pytest.raises(InputError, match=r"has the official size, but only \d+ of 400 images, and .* of zeros"):
            read(path)


def reported(path: Path) -> str:
    """What is said of an archive: why it is refused, or what should be checked."""
    try:
        return " ".join(read(path).warnings)
    except InputError as error:
        return error.what


@pytest.mark.parametrize("share", [0.2, 0.4, 0.5, 0.6, 0.8])
def test_an_archive_whose_rest_is_zeros_is_never_read_in_silence(raw_copy: Path, share: float) -> None:
    """Space that was reserved, and a download or copy that ended early, of an archive whose size says nothing."""
    path = raw_copy / TRAIN_TAR
    whole = path.read_bytes()
    assert reported(path) == ""
    start = int(len(whole) * share)
    path.write_bytes(whole[:start] + bytes(len(whole) - start))
    assert re.search("of zeros follow the last file|holds no images", reported(path))


@pytest.mark.parametrize("nested", [True, False])
def test_a_hole_inside_an_image_is_reported_however_short(tmp_path: Path, nested: bool) -> None:
    """Shorter than tar's own padding, it still leaves an image that ends in zeros, as none does."""
    images = [(f"{TENCH}_{number}.JPEG", JPEG) for number in range(12)]
    whole = tar([(f"{TENCH}.tar", tar(images))] if nested else images)
    path = tmp_path / TRAIN_TAR
    path.write_bytes(whole)
    table = read(path)
    assert table.warnings == ()
    starts = [
        start
        for offset, size in zip(table.offset.tolist(), table.size.tolist(), strict=True)
        for start in range(offset + 512, offset + size, 512)
    ]
    for start in starts:
        path.write_bytes(whole[:start] + bytes(len(whole) - start))
        assert "of zeros follow the last file" in reported(path)


@pytest.mark.parametrize("cut", range(0, 20_480, 512))
def test_a_cut_between_members_is_never_taken_for_the_end(tmp_path: Path, cut: int) -> None:
    whole = tar([(f"{TENCH}/{TENCH}_{number}.JPEG", JPEG) for number in range(5)])
    path = tmp_path / TRAIN_TAR
    path.write_bytes(whole[:cut])
    if cut <= 5 * (512 + 3072):
        with pytest.raises(InputError):
            read(path)
    else:
        assert len(read(path)) == 5
