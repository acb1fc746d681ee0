from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.helpers import CLASSES, ODD, PER_CLASS, TRAIN, add_test_archive, quiet, survey
from tests.sources.making import JPEG, write
from wizard.folders import cache_folder
from wizard.ilsvrc2012.archives import Split
from wizard.sources.class_counts import ClassCounts, count_images, count_splits, first_classes, location
from wizard.sources.opening import open_source
from wizard.sources.samples import SampleTable


def table(folder: Path, split: str = "train") -> SampleTable:
    found = survey(folder, "validation" if split == "validation" else "train").table
    assert found is not None
    return found


def ranks(counts: ClassCounts) -> list[int]:
    assert counts.by_rank is not None
    return list(map(int, counts.by_rank))


def test_images_are_counted_by_class(tmp_path: Path) -> None:
    own = write(tmp_path, ["train/a/1.jpg", "train/b/1.jpg", "train/b/2.jpg", "val/c/1.jpg", "val/a/2.jpg"])
    counts = count_images("train", table(own))
    assert (counts.images, ranks(counts)) == (3, [1, 2, 0])
    assert (counts.example, counts.rank) == ("b/1.jpg", 1)


def test_images_without_a_label_are_counted_but_are_of_no_class(raw_copy: Path, tmp_path: Path) -> None:
    add_test_archive(raw_copy, 5)
    found = count_images("test", open_source(raw_copy).table("test", tmp_path, quiet))
    assert (found.images, sum(ranks(found)), found.rank) == (5, 0, -1)
    assert found.example == "ILSVRC2012_img_test_v10102019.tar: ILSVRC2012_test_00000003.JPEG"


def test_what_was_left_out_is_neither_counted_nor_the_example(tmp_path: Path) -> None:
    own = write(tmp_path, ["train/a/1.jpg", "train/b/1.jpg", "train/b/2.jpg"])
    found = count_images("train", table(own), without={"b/1.jpg"})
    assert (found.images, ranks(found), found.example) == (2, [1, 1], "b/2.jpg")
    none = count_images("train", table(own), without={"a/1.jpg", "b/1.jpg", "b/2.jpg"})
    assert (none.images, ranks(none), none.example) == (0, [0, 0], "")


def test_an_image_is_placed_by_its_folder_or_by_the_file_that_holds_it(raw: Path, tmp_path: Path) -> None:
    deep = table(write(tmp_path / "deep", ["train/a/images/1.jpg", "train/b/1.jpg"]))
    assert location(deep, 0) == "a/images/1.jpg"
    archive = open_source(raw).table("train", tmp_path, quiet)
    assert location(archive, 0) == "ILSVRC2012_img_train.tar: n01440764_10.JPEG"
    record = replace(archive, files=("/out/train-00000-of-00001",), name=np.array([b"train-00000-of-00001-000000"]))
    assert location(record, 0) == "train-00000-of-00001-000000"


def test_an_archive_of_another_size_is_counted_from_its_headers(raw: Path) -> None:
    found = count_splits({"train": survey(raw, "train")}, cache_folder())["train"]
    assert found.images == TRAIN
    assert ranks(found)[:CLASSES] == [PER_CLASS + ODD, *[PER_CLASS] * (CLASSES - 1)]
    assert sum(ranks(found)[CLASSES:]) == 0


def test_an_official_archive_is_inspected_without_counting(raw: Path, tmp_path: Path) -> None:
    official = replace(survey(raw, "train"), official=True, images=1_281_167, table=None)
    found = count_splits({"train": official}, tmp_path / "none")["train"]
    assert (found.images, found.by_rank, found.error) == (1_281_167, None, None)
    wnid = ["n01440764", "n01443537", "n01484850", "n01491361"][found.rank]
    assert found.example.startswith(f"ILSVRC2012_img_train.tar: {wnid}_")
    assert not (tmp_path / "none").exists()


def test_a_hole_in_an_official_archive_is_reported(raw_copy: Path, tmp_path: Path) -> None:
    path = raw_copy / "ILSVRC2012_img_val.tar"
    with path.open("r+b") as file:
        file.truncate(10**9)
    whole = survey(raw_copy, "train")
    official = replace(whole, split="validation", path=path, bytes=10**9, official=True, table=None)
    found = count_splits({"validation": official}, tmp_path)["validation"]
    assert found.error is not None
    assert "there is no header for" in found.error.what
    assert (found.example, found.error.hint) != ("", "")


@pytest.mark.parametrize(("number", "left"), [(1, [0, 2, 0]), (2, [0, 2, 1]), (9, [0, 2, 1])])
def test_the_first_classes_are_those_that_the_leading_split_has(tmp_path: Path, number: int, left: list[int]) -> None:
    write(tmp_path, ["train/b/1.jpg", "train/b/2.jpg", "train/c/1.jpg", "val/a/1.jpg", "val/b/1.jpg"], JPEG)
    tables: dict[Split, SampleTable | None] = {"train": table(tmp_path), "validation": table(tmp_path, "validation")}
    counts: dict[Split, ClassCounts] = {split: count_images(split, each) for split, each in tables.items() if each}
    found = first_classes(counts, number, tables)
    assert ranks(found["train"]) == left
    assert found["train"].images == sum(left)
    assert ranks(found["validation"]) == [0, 1, 0]
    assert (found["train"].example, found["train"].rank) == ("b/2.jpg", 1)
    assert (found["validation"].example, found["validation"].rank) == ("b/1.jpg", 1)
