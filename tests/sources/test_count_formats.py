from pathlib import Path

import numpy as np

from tests.sources.making import JPEG, nothing, write
from wizard.sources.count_formats import image_formats
from wizard.sources.image_formats import ImageFormats
from wizard.sources.opening import open_source
from wizard.sources.remarks import remarks

PNG = b"\x89PNG\r\n\x1a\n"


def of(names: list[bytes], heads: list[bytes] | None = None) -> ImageFormats:
    return image_formats(np.array(names, np.bytes_), lambda rows: (heads or [])[: len(rows)])


def test_formats_are_told_by_suffixes_in_any_case_and_spelling() -> None:
    found = of([b"a.JPG", b"b/c.jpeg", b"d.png", b"e.f.WebP", b"g.tiff"])
    assert found == ImageFormats(counts={"JPEG": 2, "PNG": 1, "WEBP": 1, "TIFF": 1})
    assert found.converted == {"PNG": 1, "WEBP": 1, "TIFF": 1}


def test_images_without_a_known_suffix_are_told_by_their_first_bytes() -> None:
    assert of([b"a", b"b.dat", b"c.jpg"], [PNG, JPEG]) == ImageFormats(counts={"JPEG": 2, "PNG": 1})


def test_of_many_images_without_a_suffix_a_few_are_looked_at() -> None:
    found = of([b"%d" % number for number in range(1000)], [PNG] * 12 + [JPEG] * 4)
    assert found == ImageFormats(counts={"PNG": 750, "JPEG": 250}, is_sample=True)
    assert str(found) == "about 750 PNG and 250 JPEG"


def test_images_that_cannot_be_read_are_not_counted() -> None:
    assert of([b"a", b"b.png"]) == ImageFormats(counts={"PNG": 1})


def test_a_folder_of_several_formats_says_so_in_its_remarks(tmp_path: Path) -> None:
    write(tmp_path / "train" / "cat", ["1.jpg", "2.jpg", "3.jpg"])
    write(tmp_path / "train" / "dog", ["1.png", "2.png", "plain"], PNG)
    table = open_source(tmp_path).table("train", tmp_path / "cache", nothing)
    assert "formats: 3 JPEG and 3 PNG; whatever is not a JPEG becomes one" in [str(each) for each in remarks(table)]


def test_a_folder_of_jpegs_needs_no_remark_on_formats(tmp_path: Path) -> None:
    write(tmp_path / "train" / "cat", ["1.jpg", "2.JPEG"])
    assert not remarks(open_source(tmp_path).table("train", tmp_path / "cache", nothing))
