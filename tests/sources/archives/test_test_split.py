"""The archive of the test split: without labels, in a folder or not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.helpers import quiet, survey, tar
from wizard.errors import InputError
from wizard.formats.tar import BLOCK
from wizard.sources.archives.index import read_table
from wizard.sources.opening import open_source
from wizard.sources.sampling import draw

TODAY, OLD = "ILSVRC2012_img_test_v10102019.tar", "ILSVRC2012_img_test.tar"
JPEG = b"\xff\xd8\xff" + bytes(700)


def named(number: int) -> str:
    return f"ILSVRC2012_test_{number:08d}.JPEG"


def archive(folder: Path, names: list[str], file: str = TODAY) -> Path:
    (folder / file).write_bytes(tar([(name, JPEG + bytes(place)) for place, name in enumerate(names)]))
    return folder / file


@pytest.mark.parametrize("before", ["", "test/", "./test/"])
def test_its_images_have_no_label_in_a_folder_or_out_of_one(tmp_path: Path, before: str) -> None:
    path = archive(tmp_path, [f"{before}{named(number)}" for number in (3, 1, 100_000)])
    table = read_table(path, "test", tmp_path / "cache", quiet)
    assert [sample.name for sample in table] == [named(number) for number in (3, 1, 100_000)]
    assert table.label.tolist() == [-1, -1, -1]
    data = path.read_bytes()
    assert [data[sample.offset : sample.offset + sample.size] for sample in table] == [
        JPEG + bytes(place) for place in range(3)
    ]


@pytest.mark.parametrize(
    "name",
    [
        named(0),
        named(100_001),
        "ILSVRC2012_test_1.JPEG",
        "ILSVRC2012_val_00000001.JPEG",
        "test/n01440764_1.JPEG",
        "ILSVRC2012_test_0000000\u0661.JPEG",
        "picture.dat",
    ],
)
def test_a_name_that_no_test_image_has_is_refused(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path, [named(1), name])
    with pytest.raises(InputError, match="is not named ILSVRC2012_test_<00000001 to 00100000>") as error:
        read_table(path, "test", tmp_path / "cache", quiet)
    assert str(path) in error.value.what
    assert name in error.value.what
    assert error.value.hint


def test_an_image_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path, [named(1), f"test/{named(1)}"])
    with pytest.raises(InputError, match=f"holds {named(1)} more than once"):
        read_table(path, "test", tmp_path / "cache", quiet)


@pytest.mark.parametrize("file", [TODAY, OLD])
def test_the_test_archive_is_found_under_either_name(tmp_path: Path, file: str) -> None:
    path = archive(tmp_path, [named(1)], file)
    (part,) = (part for part in open_source(tmp_path).parts if part.sound)
    assert (part.split, part.path, part.name) == ("test", path, file)
    assert survey(tmp_path, "test").path == path


def test_a_glance_at_the_test_archive_counts_images_without_classes(tmp_path: Path) -> None:
    archive(tmp_path, [named(number) for number in range(1, 6)])
    seen = survey(tmp_path, "test")
    assert (seen.images, seen.classes, seen.official) == (5, 0, False)


def test_a_sample_is_drawn_from_a_large_one(tmp_path: Path) -> None:
    archive(tmp_path, [f"test/{named(number)}" for number in range(1, 101)])
    at_a_glance = replace(survey(tmp_path, "test"), table=None)
    drawn = draw(at_a_glance, 40, 1, tmp_path / "cache")
    assert 20 < len(drawn.table) <= 40
    assert set(drawn.table.label.tolist()) == {-1}
    assert drawn.weight.sum() == pytest.approx(100)
    leading = drawn.weight * (BLOCK + drawn.table.size)
    assert leading == pytest.approx(np.full(len(leading), leading[0]))


@pytest.mark.parametrize(
    ("split", "name", "why"),
    [
        ("train", "../n01440764.tar", "has .. in it"),
        ("train", "/tmp/n01440764.tar", "is an absolute path"),
        ("validation", "a/../ILSVRC2012_val_00000001.JPEG", "has .. in it"),
        ("validation", "/ILSVRC2012_val_00000001.JPEG", "is an absolute path"),
        ("test", "test/../../ILSVRC2012_test_00000001.JPEG", "has .. in it"),
        ("test", "C:\\ILSVRC2012_test_00000001.JPEG", "is an absolute path"),
        ("test", "ILSVRC2012_test_00000001.JPEG\udcff", "is not UTF-8"),
    ],
)
def test_a_member_whose_name_leads_out_of_the_archive_is_refused(
    tmp_path: Path, split: str, name: str, why: str
) -> None:
    path = tmp_path / "archive.tar"
    path.write_bytes(tar([(name, tar([("n01440764_1.JPEG", JPEG)]))]))
    with pytest.raises(InputError, match=why) as error:
        read_table(path, split, tmp_path / "cache", quiet)  # type: ignore[arg-type]
    assert repr(name) in error.value.what
    assert error.value.what.isprintable()


def test_a_damaged_image_in_a_class_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "train.tar"
    path.write_bytes(tar([("n01440764.tar", tar([("../n01440764_1.JPEG", JPEG)]))]))
    with pytest.raises(InputError, match=r"'\.\./n01440764_1\.JPEG' has \.\. in it"):
        read_table(path, "train", tmp_path / "cache", quiet)


def test_a_drawn_test_archive_has_images_of_its_split_alone(raw_copy: Path) -> None:
    """Beside those of the other splits, as image-net.org hands them out."""
    archive(raw_copy, [named(1)])
    assert {part.split for part in open_source(raw_copy).parts if part.sound and part.kind == "images"} == {
        "train",
        "validation",
        "test",
    }
