import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import TRAIN, quiet, survey, tar
from wizard import synthetic
from wizard.errors import InputError
from wizard.formats.tar import BLOCK
from wizard.ilsvrc2012.archives import IMAGES
from wizard.sources.archives.index import read_table
from wizard.sources.records.reader import GZIPPED_RECORDS
from wizard.sources.samples import SampleTable, in_one_file
from wizard.sources.sampling import Drawn, draw
from wizard.sources.source import Survey, surveyed

FEW = 60


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Survey:
    """A train archive of 6 classes with 25 images each, surveyed by its size alone as the official one is."""
    folder = tmp_path_factory.mktemp("many")
    synthetic.make(folder, classes=6, per_class=25, validation=1, odd=False)
    return at_a_glance(survey(folder, "train", folder / "cache"))


def at_a_glance(walked: Survey) -> Survey:
    return replace(walked, table=None)


def whole(survey: Survey, cache: Path) -> SampleTable:
    return read_table(survey.path, survey.split, cache, quiet)


def images(table: SampleTable) -> list[tuple[str, int, int, int]]:
    return [(sample.name, sample.offset, sample.size, sample.label) for sample in table]


def test_a_small_archive_is_taken_as_a_whole(raw: Path, tmp_path: Path) -> None:
    small = survey(raw, "train", tmp_path)
    for count in (TRAIN, TRAIN + 1, 10_000):
        drawn = draw(small, count, 1, tmp_path)
        assert images(drawn.table) == images(whole(small, tmp_path))
        assert drawn.weight.tolist() == [1.0] * TRAIN


def test_what_is_drawn_from_a_larger_one_are_images_of_it_as_they_lie_there(many: Survey, tmp_path: Path) -> None:
    drawn = draw(many, FEW, 1, tmp_path)
    there = images(whole(many, tmp_path))
    found = images(drawn.table)
    assert set(found) <= set(there)
    assert found == sorted(found, key=there.index)
    assert 0.8 * FEW < len(found) <= FEW
    assert drawn.table[0].file == str(many.path)
    assert not drawn.table.boxes.size


def test_no_headers_but_those_of_drawn_images_are_read(many: Survey, tmp_path: Path) -> None:
    draw(many, FEW, 1, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_every_class_has_its_share(many: Survey, tmp_path: Path) -> None:
    drawn = draw(many, FEW, 1, tmp_path)
    shares = np.bincount(drawn.table.label, weights=drawn.weight, minlength=6)
    assert len(shares) == 6
    assert shares == pytest.approx(np.full(6, 25), rel=0.35)


def test_the_same_seed_draws_the_same_sample(many: Survey, tmp_path: Path) -> None:
    first, again, other = (draw(many, FEW, seed, tmp_path) for seed in (1, 1, 2))
    assert images(first.table) == images(again.table)
    assert images(first.table) != images(other.table)


@pytest.fixture(scope="module")
def hundred(many: Survey, tmp_path_factory: pytest.TempPathFactory) -> list[Drawn]:
    return [draw(many, FEW, seed, tmp_path_factory.getbasetemp()) for seed in range(100)]


def test_weights_sum_to_the_number_of_images(hundred: list[Drawn], many: Survey) -> None:
    for drawn in hundred:
        assert drawn.weight.sum() == pytest.approx(many.images)
        assert (drawn.weight > 0).all()


def test_an_image_weighs_by_the_bytes_that_lead_to_it(hundred: list[Drawn]) -> None:
    for drawn in hundred:
        leading = drawn.weight * (BLOCK + drawn.table.size)
        assert leading == pytest.approx(leading[0])


def test_over_many_draws_sizes_are_right_on_average(hundred: list[Drawn], many: Survey) -> None:
    """Unweighted, larger images would be met too often, and their mean come out a fifth too high."""
    means = [drawn.weight @ drawn.table.size / many.images for drawn in hundred]
    truth = many.image_bytes / many.images
    assert np.mean(means) == pytest.approx(truth, rel=0.015)
    assert np.mean([drawn.table.size.mean() for drawn in hundred]) > 1.08 * truth


@given(count=st.integers(8, 149), seed=st.integers(0, 2**32))
def test_any_draw_stands_for_all_images(many: Survey, count: int, seed: int) -> None:
    drawn = draw(many, count, seed, many.path.parent / "cache")
    assert 1 <= len(drawn.table) <= count
    assert drawn.weight.sum() == pytest.approx(many.images)


def test_an_archive_in_which_no_image_is_found_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "train.tar"
    path.write_bytes(tar([("n01440764.tar", tar([("other.txt", bytes(5000))]))]))
    seen = Survey(split="train", path=path, bytes=10_240, images=99, image_bytes=1, classes=1, official=True)
    with pytest.raises(InputError, match="No image could be found in"):
        draw(seen, 5, 1, tmp_path)


def test_an_archive_that_cannot_be_read_is_refused(many: Survey, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.tar cannot be read"):
        draw(replace(many, path=tmp_path / "gone.tar"), FEW, 1, tmp_path)


def test_what_macos_slips_in_is_not_drawn(tmp_path: Path) -> None:
    image = b"\xff\xd8\xff" + bytes(3000)
    inner = tar(
        [member for i in range(20) for member in ((f"n01440764_{i}.JPEG", image), (f"._n01440764_{i}.JPEG", image))]
    )
    path = tmp_path / IMAGES["train"].name
    path.write_bytes(tar([("n01440764.tar", inner)]))
    drawn = draw(at_a_glance(survey(tmp_path, "train", tmp_path)), 15, 1, tmp_path)
    assert {name[:1] for name, *_ in images(drawn.table)} == {"n"}


def test_a_hole_where_images_should_be_is_refused_at_once(tmp_path: Path) -> None:
    """A download in several pieces of which only the first and the last came: 6.7 GB of nothing between them."""
    path = tmp_path / IMAGES["validation"].name
    with path.open("wb") as file:
        file.write(tar([("ILSVRC2012_val_00000001.JPEG", b"")])[:512])
        file.seek(IMAGES["validation"].bytes - 20_480)
        file.write(tar([("ILSVRC2012_val_00000002.JPEG", b"")]))
        file.truncate(IMAGES["validation"].bytes)
    with pytest.raises(InputError, match=r"img_val\.tar: before byte [\d,]+ there is no header for") as error:
        draw(survey(tmp_path, "validation", tmp_path), 64, 1, tmp_path)
    assert "--md5" in error.value.hint


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("before", ["", "./", "train/n01440764/", f"{'d' * 120}/"])
def test_images_are_drawn_from_archives_of_any_form(tmp_path: Path, form: int, before: str) -> None:
    if form == tarfile.USTAR_FORMAT and len(before) > 100:
        pytest.skip("no room for such a name")
    path = tmp_path / IMAGES["train"].name
    image = b"\xff\xd8\xff" + bytes(3000)
    path.write_bytes(tar([(f"{before}n01440764_{i}.JPEG", image) for i in range(50)], form, mtime=1.5))
    walked = survey(tmp_path, "train", tmp_path / "cache")
    assert walked.table is not None
    for seen in (walked, *([at_a_glance(walked)] * (len(before) < 100))):
        drawn = draw(seen, 20, 1, tmp_path / "cache")
        assert 8 < len(drawn.table) <= 20
        assert set(images(drawn.table)) <= set(images(walked.table))
        assert drawn.weight.sum() == pytest.approx(50)


def test_of_gzipped_files_the_first_images_of_each_are_drawn(tmp_path: Path) -> None:
    files, each = 4, 50
    count = files * each
    place = np.arange(count)
    rows = np.random.default_rng(1).permutation(count)
    table = replace(
        in_one_file(
            "0",
            name=np.array([f"{row:03d}" for row in place], np.bytes_),
            offset=(place % each * 10).astype(np.int64),
            size=np.ones(count, np.int64),
            label=np.zeros(count, np.int16),
        ),
        files=tuple(map(str, range(files))),
        file=(place // each).astype(np.int32),
        reader=GZIPPED_RECORDS,
    ).take(rows)
    drawn = draw(surveyed("train", tmp_path, table), 20, 1, tmp_path)
    assert sorted(drawn.table.name.tolist()) == sorted(table.name[table.offset < 50].tolist())
    assert drawn.weight.sum() == count


def test_of_many_files_that_are_read_forwards_only_some_are_opened(tmp_path: Path) -> None:
    files, each = 300, 40
    place = np.arange(files * each)
    table = replace(
        in_one_file(
            "x",
            name=np.array([f"{number:05}".encode() for number in place], np.bytes_),
            offset=(place % each).astype(np.int64),
            size=np.ones(len(place), np.int64),
            label=np.zeros(len(place), np.int16),
        ),
        files=tuple(map(str, range(files))),
        file=(place // each).astype(np.int32),
        reader=GZIPPED_RECORDS,
    )
    drawn = draw(surveyed("train", tmp_path, table), 320, 1, tmp_path)
    assert (len(drawn.table), len(drawn.table.files), drawn.table.offset.max()) == (320, 32, 9)
    assert {"0", "299"} < set(drawn.table.files)
