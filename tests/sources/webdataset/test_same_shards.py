"""Shards that hold ILSVRC2012's images give the same dataset as the official archives."""

import shutil
from pathlib import Path

import pytest
from PIL import Image

from tests.helpers import build_dataset, contents, encoded
from tests.sources.making import nothing
from tests.sources.making import rows as all_rows
from tests.sources.webdataset.making import compress, timm
from wizard.ilsvrc2012.archives import BOXES
from wizard.sources.opening import open_source

KEPT = {"resize": "original"}


@pytest.fixture(scope="session")
def from_archives(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """TFRecords built from the archives, with kept bytes and all boxes."""
    out = tmp_path_factory.mktemp("from_archives") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMAGENET_SETUP_HOME", str(tmp_path_factory.mktemp("session-home")))
        build_dataset(raw, out, source={"boxes": "all"}, image=KEPT)
    return out


def with_annotations(raw: Path, folder: Path) -> Path:
    """The archives of boxes beside the shards."""
    for archive in BOXES.values():
        shutil.copy(raw / archive.name, folder)
    return folder


def test_timms_shards_have_the_names_labels_and_bytes_of_the_archives(raw: Path, tmp_path: Path) -> None:
    shards = open_source(timm(raw, tmp_path / "shards"))
    for part in shards.parts[:2]:
        expected = all_rows(open_source(raw), part.split, tmp_path, boxes=False)
        assert all_rows(shards, part.split, tmp_path, boxes=False) == expected
        table = shards.table(part.split, tmp_path, nothing)
        assert (table.classes.whole_imagenet, table.left_out, table.warnings) == (True, (), ())


@pytest.mark.parametrize("workers", [1, 2])
def test_timms_shards_are_built_into_the_same_records_as_the_archives(
    raw: Path, from_archives: Path, tmp_path: Path, workers: int
) -> None:
    folder = with_annotations(raw, timm(raw, tmp_path / "shards"))
    build_dataset(folder, tmp_path / "out", source={"boxes": "all"}, run={"workers": workers}, image=KEPT)
    assert contents(tmp_path / "out") == contents(from_archives)


@pytest.mark.parametrize("workers", [1, 2])
def test_compressed_shards_are_built_into_the_same_records_as_the_archives(
    raw: Path, from_archives: Path, tmp_path: Path, workers: int
) -> None:
    folder = with_annotations(raw, compress(timm(raw, tmp_path / "shards", info=False)))
    build_dataset(folder, tmp_path / "out", source={"boxes": "all"}, run={"workers": workers}, image=KEPT)
    assert contents(tmp_path / "out") == contents(from_archives)


def test_images_of_compressed_shards_are_read_in_their_order(raw: Path, tmp_path: Path) -> None:
    plain = open_source(timm(raw, tmp_path / "plain")).table("train", tmp_path, nothing)
    packed = open_source(compress(timm(raw, tmp_path / "packed", info=False))).table("train", tmp_path, nothing)
    assert packed.reader.in_order
    assert [content.image for content in packed.contents()] == [content.image for content in plain.contents()]


def test_webdataset_shards_of_this_program_give_the_records_that_they_were_built_like(
    raw: Path, from_archives: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    build_dataset(raw, own, source={"boxes": "all"}, output={"format": "webdataset"}, image=KEPT)
    build_dataset(own, tmp_path / "out", source={"boxes": "all"}, image=KEPT)
    assert contents(tmp_path / "out") == contents(from_archives)


@pytest.mark.parametrize("classes", [("cat", "dog.v2"), ("00", "10")])
@pytest.mark.parametrize("label_base", [0, 1])
def test_classes_of_ones_own_come_back_from_webdataset_shards_of_this_program(
    tmp_path: Path, classes: tuple[str, ...], label_base: int
) -> None:
    for path in (tmp_path / "raw" / split / name for split in ("train", "val") for name in classes):
        path.mkdir(parents=True)
        for number, suffix in enumerate(("jpg", "png")):
            image = Image.new("RGB", (8 + number, 8))
            (path / f"a.{number}.{suffix}").write_bytes(encoded(image, "PNG" if suffix == "png" else "JPEG"))
    output = {"format": "webdataset", "label_base": label_base, "train_shards": 2, "validation_shards": 1}
    build_dataset(tmp_path / "raw", tmp_path / "own", source={"boxes": "none"}, output=output)
    before, after = (open_source(tmp_path / name).table("train", tmp_path, nothing) for name in ("raw", "own"))
    assert after.classes == before.classes
    assert sorted((row.name, row.label) for row in after) == sorted((row.name, row.label) for row in before)
