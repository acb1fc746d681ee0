"""The conversation about raw data of several image formats, and about splits of which files are missing."""

import io
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.ask.conftest import DEFAULT, Script
from tests.helpers import TRAIN_SHARDS, build_dataset
from tests.sources.making import write
from wizard import synthetic
from wizard.ask.view import Outcome

Converse = Callable[..., tuple[Script, Outcome | None]]


def encoded(form: str) -> bytes:
    drawn = Image.open(io.BytesIO(synthetic.draw(random.Random(1), 0).data)).convert("RGB")
    file = io.BytesIO()
    drawn.save(file, form)
    return file.getvalue()


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Classes of two JPEGs, two PNGs and two WebPs each, and a class of WebPs alone."""
    for form, suffix in (("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp")):
        for name in ("cats", "dogs"):
            write(tmp_path / "mixed" / name, [f"1.{suffix}", f"2.{suffix}"], encoded(form))
    write(tmp_path / "mixed" / "newts", ["1.webp", "2.webp", "3.webp"], encoded("WEBP"))
    return tmp_path / "mixed"


def test_what_will_not_stay_as_it_is_is_told_before_it_is_chosen_and_in_the_review(
    converse: Converse, mixed: Path, tmp_path: Path
) -> None:
    script, _ = converse(str(mixed), "none", "folders", str(tmp_path / "out"), "original", "mine")
    assert "15 images of 3 classes" in script.said[0]
    assert "formats: 7 WebP, 4 JPEG and 4 PNG; whatever is not a JPEG becomes one" in script.said[0]
    (asked,) = (each for each in script.asked if each.key == "image.resize")
    abouts = {choice.value: choice.about for choice in asked.choices}
    assert abouts["original"] == "JPEGs untouched; 11 others become JPEG, Q100"
    assert "JPEG" not in abouts["shortest"]
    rows = {row.label: row.text for row in script.tables[0]}
    assert rows["Images"] == "original size · JPEGs keep their bytes · 7 WebP and 4 PNG become JPEG, quality 100"
    assert script.consequences[0].converted == {"WEBP": 7, "PNG": 4}


def test_a_single_other_format_is_named_beside_the_choice(converse: Converse, tmp_path: Path) -> None:
    write(tmp_path / "pets" / "cats", ["1.jpg", "2.png"], encoded("JPEG"))
    write(tmp_path / "pets" / "dogs", ["1.png", "2.png"], encoded("PNG"))
    script, _ = converse(str(tmp_path / "pets"), "none", "folders", str(tmp_path / "out"))
    abouts = {choice.value: choice.about for choice in script.asked[-1].choices}
    assert abouts["original"] == "JPEGs untouched; 3 PNG become JPEG, Q100"


def test_nothing_says_that_bytes_are_kept_where_no_image_is_a_jpeg(converse: Converse, tmp_path: Path) -> None:
    for name in ("cats", "dogs"):
        write(tmp_path / "pets" / name, ["1.png", "2.png"], encoded("PNG"))
    script, _ = converse(str(tmp_path / "pets"), "none", "folders", str(tmp_path / "out"), "original", "mine")
    (asked,) = (each for each in script.asked if each.key == "image.resize")
    abouts = {choice.value: choice.about for choice in asked.choices}
    assert abouts["original"] == "4 PNG become JPEG, Q100 (lossy)"
    rows = {row.label: row.text for row in script.tables[0]}
    assert rows["Images"] == "original size · 4 PNG become JPEG, quality 100 (lossy)"


def test_jpegs_keep_their_bytes_without_an_exception(converse: Converse, tmp_path: Path) -> None:
    write(tmp_path / "cats" / "cats", ["1.jpg", "2.jpg"], encoded("JPEG"))
    script, _ = converse(str(tmp_path / "cats"), "none", "folders", str(tmp_path / "out"))
    abouts = {choice.value: choice.about for choice in script.asked[-1].choices}
    assert abouts["original"] == "JPEGs untouched; largest; MLPerf's rule"


def test_a_split_of_which_files_are_missing_is_not_left_out_without_a_word(
    converse: Converse, raw: Path, tmp_path: Path
) -> None:
    build_dataset(raw, tmp_path / "records")
    (tmp_path / "records" / f"train-00001-of-{TRAIN_SHARDS:05}").unlink()
    script, outcome = converse(str(tmp_path / "records"), DEFAULT)
    assert f"1 of the {TRAIN_SHARDS} files of train is missing" in script.said[0]
    assert "! Only validation can be built from this as it is: train cannot be read." in script.said[0]
    assert script.keys[:2] == ["source.path", "source.splits"]
    assert [choice.value for choice in script.asked[1].choices] == ["validation"]
    assert outcome is None
