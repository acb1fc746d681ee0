import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import zstandard

from tests.sources.making import FIRST_VALIDATION, JPEG, TENCH, extracted, kaggle, nothing, write
from wizard.errors import InputError
from wizard.ilsvrc2012.archives import Split
from wizard.sources.labels_in_doubt import classes_in_doubt
from wizard.sources.opening import open_source
from wizard.sources.source import Source, overlap

Row = tuple[str, int, bytes, list[list[float]]]


def zipped(folder: Path, archive: Path, method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(archive, "w", method) as file:
        for path in sorted(folder.rglob("*")):
            file.write(path, path.relative_to(folder.parent))
    return archive


def tarred(folder: Path, archive: Path) -> Path:
    mode = {".gz": "w:gz", ".tgz": "w:gz", ".bz2": "w:bz2", ".xz": "w:xz", ".tar": "w"}[archive.suffix]
    with tarfile.open(archive, mode) as file:  # type: ignore[call-overload]
        file.add(folder, folder.name)
    return archive


def zst(folder: Path, archive: Path) -> Path:
    plain = tarred(folder, archive.with_suffix(""))
    archive.write_bytes(zstandard.ZstdCompressor(write_checksum=True).compress(plain.read_bytes()))
    plain.unlink()
    return archive


def deflated(folder: Path, archive: Path) -> Path:
    return zipped(folder, archive, zipfile.ZIP_DEFLATED)


PACK: dict[str, Callable[[Path, Path], Path]] = {
    "data.zip": zipped,
    "deflated.zip": deflated,
    "data.tar": tarred,
    "data.tar.gz": tarred,
    "data.tgz": tarred,
    "data.tar.zst": zst,
    "data.tar.bz2": tarred,
    "data.tar.xz": tarred,
}


def rows(data: Source, split: Split, cache: Path, *, boxes: bool = False) -> list[Row]:
    """Name, rank, bytes and boxes of each image, by name; read as a worker reads them, and in another order."""
    table = data.table(split, cache, nothing)
    table.require_usable()
    if boxes:
        found = data.boxes(split, cache, nothing)
        table = table.with_boxes(found.names, found.boxes)
    order = np.lexsort((table.offset, table.file))
    if not table.reader.in_order:
        order = np.random.default_rng(1).permutation(order)
    contents = table.take(order).contents()
    return sorted((each.sample.name, each.sample.label, each.image, each.sample.boxes.tolist()) for each in contents)


@pytest.mark.parametrize("name", PACK)
def test_an_archive_of_a_tree_gives_what_the_tree_gives(raw: Path, tmp_path: Path, name: str) -> None:
    tree = extracted(raw, tmp_path / "tree")
    archive = PACK[name](tree, tmp_path / name)
    expected = open_source(tree)
    found = open_source(archive)
    assert found.what == expected.what
    for split in ("train", "validation"):
        assert rows(found, split, tmp_path, boxes=True) == rows(expected, split, tmp_path, boxes=True)


@pytest.mark.parametrize("name", ["data.zip", "data.tar", "data.tar.gz"])
def test_kaggles_download_is_kaggles_tree(raw: Path, tmp_path: Path, name: str) -> None:
    tree = kaggle(raw, tmp_path / "tree")
    found = open_source(PACK[name](tree / "ILSVRC", tmp_path / name))
    assert found.what == "Kaggle's tree"
    for split in ("train", "validation"):
        assert rows(found, split, tmp_path, boxes=True) == rows(open_source(tree), split, tmp_path, boxes=True)


@pytest.mark.parametrize("name", ["data.zip", "data.tar.gz"])
def test_kaggles_list_in_an_archive_must_agree(tmp_path: Path, name: str) -> None:
    tree = write(tmp_path / "tree", [f"ILSVRC/Data/CLS-LOC/val/{FIRST_VALIDATION}.JPEG"])
    wrong = f"ImageId,PredictionString\n{FIRST_VALIDATION},{TENCH} 1 2 3 4\n"
    (tree / "ILSVRC/LOC_val_solution.csv").write_text(wrong, encoding="utf-8")
    found = open_source(PACK[name](tree / "ILSVRC", tmp_path / name))
    with pytest.raises(InputError, match=rf"{name}/ILSVRC/LOC_val_solution\.csv says that {FIRST_VALIDATION}"):
        found.table("validation", tmp_path, nothing)


def test_hugging_faces_old_archives_are_parts_of_splits(raw: Path, tmp_path: Path) -> None:
    tree = extracted(raw, tmp_path / "tree")
    images = sorted((tree / "train").rglob("*.JPEG"))
    data = tmp_path / "data"
    data.mkdir()
    for part in range(3):
        with tarfile.open(data / f"train_images_{part}.tar.gz", "w:gz") as file:
            for image in images[part::3]:
                file.add(image, f"{image.stem}_{image.parent.name}.JPEG")
    with tarfile.open(data / "val_images.tar.gz", "w:gz") as file:
        for image in sorted((tree / "val").glob("*.JPEG")):
            file.add(image, image.name)
    for given in (data, tmp_path):
        shutil.rmtree(tree, ignore_errors=True)
        found = open_source(given)
        assert [part.split for part in found.parts if part.path] == ["train", "validation"]
        train = rows(found, "train", tmp_path)
        assert [name for name, *_ in train] == sorted(image.name for image in images)
        assert len(rows(found, "validation", tmp_path)) == 24


def test_archives_of_splits_lie_beside_folders_of_others(tmp_path: Path) -> None:
    tree = write(tmp_path / "tree", [f"train/{name}/{k}.jpg" for name in ("cat", "dog") for k in range(3)])
    write(tmp_path / "data", ["val/cat/7.jpg", "val/dog/8.jpg"])
    zipped(tree / "train", tmp_path / "data/train.zip")
    found = open_source(tmp_path / "data")
    assert [name for name, *_ in rows(found, "train", tmp_path)][:2] == ["cat/0.jpg", "cat/1.jpg"]
    assert [name for name, *_ in rows(found, "validation", tmp_path)] == ["cat/7.jpg", "dog/8.jpg"]


def test_the_only_archive_in_a_folder_is_read(tmp_path: Path) -> None:
    tree = write(tmp_path / "tree/imagenette2", [f"train/{TENCH}/{TENCH}_1.JPEG", f"val/{TENCH}/{TENCH}_2.JPEG"])
    (tmp_path / "data").mkdir()
    tarred(tree, tmp_path / "data/imagenette2-320.tgz")
    found = open_source(tmp_path / "data")
    assert rows(found, "train", tmp_path) == [(f"{TENCH}_1.JPEG", 0, JPEG, [])]
    assert rows(found, "validation", tmp_path) == [(f"{TENCH}_2.JPEG", 0, JPEG, [])]


def test_an_unpacked_tree_beside_its_archive_is_preferred(tmp_path: Path) -> None:
    tree = write(tmp_path / "data/flowers", [f"{name}/{k}.jpg" for name in ("rose", "tulip") for k in range(3)])
    zipped(tree, tmp_path / "data/flowers.zip")
    assert open_source(tmp_path / "data").folder == tree


def test_class_archives_in_a_tar_are_folders_of_their_names(raw: Path, tmp_path: Path) -> None:
    folder = tmp_path / "all"
    folder.mkdir()
    for name in ("ILSVRC2012_img_train.tar", "ILSVRC2012_img_val.tar"):
        shutil.copy(raw / name, folder)
    expected = open_source(raw)
    for name in ("x.tar", "x.tar.gz"):
        found = open_source(tarred(folder, tmp_path / name))
        for split in ("train", "validation"):
            assert rows(found, split, tmp_path) == rows(expected, split, tmp_path)


def test_lists_in_an_archive_give_the_classes(tmp_path: Path) -> None:
    train = [f"train/{TENCH}/images/{TENCH}_{k}.JPEG" for k in range(3)]
    tree = write(tmp_path / "tree", [*train, "val/images/val_0.JPEG"])
    (tree / "val/val_annotations.txt").write_text(f"val_0.JPEG\t{TENCH}\t0\t0\t6\t6\n", encoding="utf-8")
    for name in ("x.zip", "x.tar", "x.tgz"):
        found = open_source(PACK.get(f"data{name[1:]}", zipped)(tree, tmp_path / name))
        assert [label for _, label, _, _ in rows(found, "validation", tmp_path)] == [0]


def test_a_hard_link_is_the_file_that_it_leads_to(tmp_path: Path) -> None:
    tree = write(tmp_path / "tree", ["cat/a.jpg", "dog/b.jpg"])
    (tree / "dog/c.jpg").hardlink_to(tree / "cat/a.jpg")
    (tree / "cat/d.jpg").symlink_to("a.jpg")
    (tree / "cat/e.jpg").symlink_to("/etc/hostname")
    for name in ("x.tar", "x.tgz"):
        table = open_source(tarred(tree, tmp_path / name)).table("train", tmp_path, nothing)
        assert [sample.name for sample in table] == ["cat/a.jpg", "cat/d.jpg", "dog/b.jpg", "dog/c.jpg"]
        assert any("the link tree/cat/e.jpg to '/etc/hostname'" in warning for warning in table.warnings)


@pytest.mark.skipif(shutil.which("zip") is None or shutil.which("tar") is None, reason="there is no zip or tar here")
def test_reads_what_zip_and_tar_themselves_write(tmp_path: Path) -> None:
    tree = write(tmp_path / "tree", [f"{name}/{k}.jpg" for name in ("cat", "dog") for k in range(3)])
    expected = rows(open_source(tree), "train", tmp_path)
    subprocess.run(["zip", "-q", "-r", "../a.zip", "."], cwd=tree, check=True)
    subprocess.run(["zip", "-q", "-0", "-r", "b.zip", "tree"], cwd=tmp_path, check=True)
    subprocess.run("zip -q -r - tree | cat > c.zip", shell=True, cwd=tmp_path, check=True)  # with data descriptors
    subprocess.run(["tar", "-czf", "../d.tar.gz", "."], cwd=tree, check=True)
    subprocess.run(["tar", "--format=pax", "-cf", "e.tar", "tree"], cwd=tmp_path, check=True)
    subprocess.run(["zip", "-q", "-fz", "-r", "f.zip", "tree"], cwd=tmp_path, check=True)  # with zip64's fields
    (tmp_path / "g.zip").write_bytes(bytes(1000) + (tmp_path / "b.zip").read_bytes())  # as behind a program
    for name in ("a.zip", "b.zip", "c.zip", "d.tar.gz", "e.tar", "f.zip", "g.zip"):
        assert rows(open_source(tmp_path / name), "train", tmp_path) == expected


def test_flat_images_in_an_archive_say_by_their_names_whose_labels_are_meant(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    tree = write(tmp_path / "tree", [f"{TENCH}_1_{TENCH}.JPEG", f"{TENCH}_2_{TENCH}.JPEG"])
    tarred(tree, tmp_path / "data/train_images_0.tar.gz")
    found = open_source(tmp_path / "data")
    assert classes_in_doubt(found, {"train": found.survey("train", tmp_path, nothing)}) == frozenset()


def test_an_archive_may_be_a_link_to_anywhere(tmp_path: Path) -> None:
    tree = write(tmp_path / "tree", ["train/cat/1.jpg", "train/dog/2.jpg"])
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "data").mkdir()
    tarred(tree, tmp_path / "elsewhere/x.tar")
    (tmp_path / "data/y.tar").symlink_to(tmp_path / "elsewhere/x.tar")
    for given in (tmp_path / "data", tmp_path / "data/y.tar"):
        assert [name for name, *_ in rows(open_source(given), "train", tmp_path)] == ["cat/1.jpg", "dog/2.jpg"]


def test_a_dataset_may_be_written_beside_its_archive(tmp_path: Path) -> None:
    tree = write(tmp_path / "tree", ["train/cat/1.jpg", "train/dog/2.jpg"])
    found = open_source(zipped(tree, tmp_path / "x.zip"))
    assert overlap(found, tmp_path / "out", ["train"]) is None


@pytest.mark.parametrize("name", sorted(PACK))
def test_a_folder_with_an_archive_can_be_opened_again(raw: Path, tmp_path: Path, name: str) -> None:
    """As the guided setup does after every answer, while the archive is still open from the time before."""
    tree = extracted(raw, tmp_path / "unpacked" / "imagenet")
    folder = tmp_path / "folder"
    folder.mkdir()
    PACK[name](tree, folder / name)
    first, second = (open_source(folder) for _ in range(2))
    assert second.parts == first.parts
    assert rows(second, "train", tmp_path / "cache") == rows(first, "train", tmp_path / "cache")
