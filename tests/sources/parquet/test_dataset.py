"""Parquet files of images and labels: what is recognized, and what the tables say."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.download.hub_servers import drawn
from tests.helpers import build_dataset, shards
from tests.sources.making import GOLDFISH, JPEG, TENCH, nothing
from tests.sources.parquet.making import (
    IMAGE,
    WNIDS,
    WORDS,
    Row,
    features,
    from_archives,
    opened,
    refused,
    rows_of,
    table,
    write,
    write_table,
)
from wizard.cli import main
from wizard.errors import InputError, OtherSplitError
from wizard.ilsvrc2012.archives import Split
from wizard.sources.opening import open_source

TENCH_ROW = Row(f"{TENCH}_10_{TENCH}.JPEG", 0)
TWO = "data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet"


def contents(folder: Path, split: Split) -> dict[str, tuple[int, bytes]]:
    found = open_source(folder).table(split, folder.parent / "cache", nothing)
    return {content.sample.name: (content.sample.label, content.image) for content in found.contents()}


@pytest.mark.parametrize("split", ["train", "validation"])
def test_names_labels_and_bytes_are_those_of_the_official_archives(raw: Path, tmp_path: Path, split: Split) -> None:
    folder = from_archives(raw, tmp_path / "hf")
    found = open_source(folder)
    assert found.what == "Parquet files"
    assert contents(folder, split) == contents(raw, split)
    assert found.table(split, tmp_path / "cache", nothing).classes.whole_imagenet


def test_rows_say_which_row_group_they_are_in(tmp_path: Path) -> None:
    for number, name in enumerate(TWO):
        write(tmp_path / name, [Row(f"{TENCH}_{number}{row}_{TENCH}.JPEG", 0) for row in range(5)], group=2)
    assert table(tmp_path).block.tolist() == [0, 0, 1, 1, 2] * 2


def test_images_of_test_have_their_official_names_and_no_label(tmp_path: Path) -> None:
    rows = [Row("ILSVRC2012_test_00000001.JPEG", -1), Row("ILSVRC2012_test_00000007.JPEG")]
    write(tmp_path / "data" / "test-00000-of-00001.parquet", rows)
    assert rows_of(table(tmp_path, "test")) == [
        ("ILSVRC2012_test_00000001.JPEG", -1),
        ("ILSVRC2012_test_00000007.JPEG", -1),
    ]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("quality", [None, 85])
def test_shards_have_the_bytes_of_those_from_the_archives(
    raw: Path, tmp_path: Path, workers: int, quality: int | None
) -> None:
    """Boxes aside, which are in archives of their own."""
    folder = from_archives(raw, tmp_path / "hf")
    image = {"quality": quality} if quality else {}
    build_dataset(folder, tmp_path / "out", source={"boxes": "none"}, image=image, run={"workers": workers})
    build_dataset(raw, tmp_path / "expected", source={"boxes": "none"}, image=image)
    made, expected = ({path.name: path.read_bytes() for path in shards(tmp_path / at)} for at in ("out", "expected"))
    assert made == expected


def test_boxes_come_from_an_official_archive_beside_the_files(raw: Path, tmp_path: Path) -> None:
    folder = from_archives(raw, tmp_path / "hf")
    assert not opened(folder).annotatable
    for archive in raw.glob("ILSVRC2012_bbox_*"):
        (folder / archive.name).write_bytes(archive.read_bytes())
    found = opened(folder)
    assert found.annotatable
    theirs = open_source(raw).boxes("train", tmp_path / "cache", nothing)
    assert np.array_equal(found.boxes("train", tmp_path / "cache", nothing).names, theirs.names)


@pytest.mark.parametrize(
    "name", [f"{TENCH}_10.JPEG", f"a/b/{TENCH}_10.JPEG", f"zip://x/{TENCH}_10.jpg::https://b/c.zip"]
)
def test_official_names_are_found_in_paths_of_any_form(tmp_path: Path, name: str) -> None:
    write(tmp_path / "train.parquet", [Row(name, 0)])
    assert rows_of(table(tmp_path)) == [(f"{TENCH}_10.JPEG", 0)]


def test_a_column_of_file_names_serves_where_images_have_no_path(tmp_path: Path) -> None:
    columns = {"image": pa.array([JPEG]), "label": pa.array([1]), "file_name": pa.array([f"{GOLDFISH}_1.JPEG"])}
    write_table(tmp_path / "train.parquet", columns, features(WORDS))
    assert rows_of(table(tmp_path)) == [(f"{GOLDFISH}_1.JPEG", 1)]


@pytest.mark.parametrize("classes", [WORDS, WNIDS, [f"{words.split(',')[0]}2" for words in WORDS], None])
def test_labels_are_imagenets_by_their_names_or_by_the_paths(tmp_path: Path, classes: list[str] | None) -> None:
    write(tmp_path / "train.parquet", [TENCH_ROW, Row(f"{GOLDFISH}_2.JPEG", 1)], classes)
    found = table(tmp_path)
    assert found.classes.whole_imagenet
    assert found.label.tolist() == [0, 1]


def test_wnids_in_another_order_are_labels_of_that_order(tmp_path: Path) -> None:
    write(tmp_path / "train.parquet", [Row(f"{TENCH}_1.JPEG", 999)], WNIDS[::-1])
    assert rows_of(table(tmp_path)) == [(f"{TENCH}_1.JPEG", 0)]


def test_labels_from_1_beside_imagenets_names_are_understood(tmp_path: Path) -> None:
    write(tmp_path / "train.parquet", [Row(f"{TENCH}_1.JPEG", 1), Row(f"{GOLDFISH}_1.JPEG", 2)], None)
    assert table(tmp_path).label.tolist() == [0, 1]


def test_classes_of_another_dataset_are_those_that_it_names(tmp_path: Path) -> None:
    write(
        tmp_path / "train.parquet", [Row("1.png", 1), Row("2.png", 0)], ["zebra", "ant"], label="animal", image="photo"
    )
    found = table(tmp_path)
    assert (found.classes.names, rows_of(found)) == (("zebra", "ant"), [("1.png", 1), ("2.png", 0)])


def test_class_names_that_no_folder_can_have_become_words_of_numbers(tmp_path: Path) -> None:
    write(tmp_path / "train.parquet", [Row("1.png", 1)], ["cat/dog", "ant"])
    classes = table(tmp_path).classes
    assert (classes.names, classes.words) == (("0", "1"), ("cat/dog", "ant"))


def test_labels_without_names_are_numbers_counted_over_all_splits(tmp_path: Path) -> None:
    write(tmp_path / "train.parquet", [Row("1.png", 3)], None)
    write(tmp_path / "validation.parquet", [Row("2.png", 1)], None)
    assert table(tmp_path, "validation").classes.names == ("0", "1", "2", "3")


@pytest.mark.parametrize("paths", [(None, None), ("a.jpg", "a.jpg"), ("a.jpg", None)])
def test_paths_that_are_missing_or_doubled_give_way_to_file_and_row(
    tmp_path: Path, paths: tuple[str | None, ...]
) -> None:
    write(tmp_path / "train-00000-of-00001.parquet", [Row(path, 0) for path in paths], ["x"])
    assert [name for name, _ in rows_of(table(tmp_path))] == [
        "train-00000-of-00001-000000",
        "train-00000-of-00001-000001",
    ]


def test_of_several_class_labels_the_one_named_label_is_read_and_said(tmp_path: Path) -> None:
    columns = {
        "image": pa.array([{"bytes": JPEG, "path": "1.jpg"}], IMAGE),
        "coarse": pa.array([0]),
        "label": pa.array([1]),
    }
    stated = features(["a", "b"]) | {"coarse": {"names": ["x"], "_type": "ClassLabel"}}
    write_table(tmp_path / "train.parquet", columns, stated)
    found = table(tmp_path)
    assert found.classes.names == ("a", "b")
    assert "'label' is read, because of its name" in found.warnings[0]


def test_several_class_labels_of_other_names_are_refused(tmp_path: Path) -> None:
    columns = {
        "image": pa.array([{"bytes": JPEG, "path": "1.jpg"}], IMAGE),
        "colour": pa.array([0]),
        "shape": pa.array([0]),
    }
    labels = {name: {"names": ["x"], "_type": "ClassLabel"} for name in ("colour", "shape")}
    write_table(tmp_path / "train.parquet", columns, features(None) | labels)
    refused(tmp_path, r"2 columns of class labels \('colour', 'shape'\), and none is named 'label'")


def test_a_column_of_sounds_is_not_taken_for_images(tmp_path: Path) -> None:
    """An Audio feature is a struct of bytes and path too."""
    columns = {
        "sound": pa.array([{"bytes": b"RIFF", "path": "1.wav"}], IMAGE),
        "photo": pa.array([{"bytes": JPEG, "path": "1.jpg"}], IMAGE),
        "label": pa.array([0]),
    }
    write_table(tmp_path / "train.parquet", columns, features(["x"], image="photo") | {"sound": {"_type": "Audio"}})
    assert [content.image for content in table(tmp_path).contents()] == [JPEG]


def test_sizes_are_the_row_groups_bytes_spread_evenly(tmp_path: Path) -> None:
    images = [JPEG + bytes(range(1 + 10 * n)) for n in range(5)]
    rows = [Row(f"{n}.jpg", 0, image) for n, image in enumerate(images)]
    write(tmp_path / "train.parquet", rows, ["x"], group=5, compression="none", use_dictionary=False)
    sizes = table(tmp_path).size
    assert sizes.max() - sizes.min() <= 1
    assert 0 <= sizes.sum() - sum(map(len, images)) < 300


def test_nothing_is_opened_to_recognize_a_folder(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / TWO[0]).write_bytes(b"no Parquet")
    assert "1 of the 2 files of train is missing" in opened(tmp_path).parts[0].problem


def test_a_second_look_reads_from_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "train.parquet", [TENCH_ROW])
    before = rows_of(table(tmp_path))
    monkeypatch.setattr("wizard.sources.parquet.columns._scan", None)
    assert rows_of(table(tmp_path)) == before


def test_without_pyarrow_the_error_names_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "train.parquet", [TENCH_ROW])
    for name in [name for name in sys.modules if name.partition(".")[0] == "pyarrow"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    error = refused(tmp_path, "Parquet files, and pyarrow, which reads them, is not installed")
    assert "pip install pyarrow" in error.hint


def test_inspect_shows_what_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for split in ("train", "validation"):
        write(tmp_path / "data" / f"{split}-00000-of-00001.parquet", [Row("1.png", 1), Row("2.png", 0)], ["ant", "bee"])
    assert main(["inspect", str(tmp_path), "--json"]) == 0
    reported = json.dumps(json.loads(capsys.readouterr().out.splitlines()[-1]))
    assert "Parquet files" in reported
    assert "2 images, 2 classes" in reported


# What a person gets wrong, or a download.


@pytest.mark.parametrize("label", [1, 999])
def test_a_label_that_contradicts_its_path_is_named_with_both(tmp_path: Path, label: int) -> None:
    write(
        tmp_path / "train.parquet",
        [TENCH_ROW, Row(f"{TENCH}_2_{TENCH}.JPEG", label), Row(f"{TENCH}_3_{TENCH}.JPEG", label)],
    )
    error = refused(tmp_path, rf"train\.parquet: row 1 \(and 1 more\) has the label {label}, which is {WNIDS[label]}")
    assert f"its path says {TENCH} (tench, Tinca tinca): {TENCH}_2.JPEG" in error.what


def test_a_path_whose_two_classes_differ_is_named(tmp_path: Path) -> None:
    write(tmp_path / "train.parquet", [Row(f"{TENCH}_2_{GOLDFISH}.JPEG", 0)])
    refused(tmp_path, rf"row 0: the path {TENCH}_2_{GOLDFISH}\.JPEG says {GOLDFISH} at its end")


@pytest.mark.parametrize("label", [2, 32_767, 2**40, -2])
def test_a_label_outside_the_names_is_named(tmp_path: Path, label: int) -> None:
    write(tmp_path / "train.parquet", [Row("1.png", 1), Row("2.png", label)], ["ant", "bee"])
    refused(tmp_path, rf"row 1 has the label {label:,}; its class names are for 0 to 1")


@pytest.mark.parametrize("label", [None, -1])
def test_a_row_of_train_without_a_label_is_named(tmp_path: Path, label: int | None) -> None:
    write(tmp_path / "train.parquet", [Row("1.png", 1), Row("2.png", label), Row("3.png", label)], ["ant", "bee"])
    refused(tmp_path, r"row 1 \(and 1 more\) has no label \(null or -1\), in the column 'label'; train needs one")


def test_train_without_a_column_of_labels_is_refused(tmp_path: Path) -> None:
    write_table(tmp_path / "train.parquet", {"image": pa.array([JPEG])}, None)
    refused(tmp_path, "row 0 has no label .*its file has no such column")


def test_labels_that_are_text_are_refused(tmp_path: Path) -> None:
    write_table(tmp_path / "train.parquet", {"image": pa.array([JPEG]), "label": pa.array(["cat"])}, None)
    assert "class_encode_column" in refused(tmp_path, "column 'label' are string, where integers are expected").hint


@pytest.mark.parametrize("nulls", [1, 3])
def test_rows_without_bytes_are_counted_and_may_be_left_out(tmp_path: Path, nulls: int) -> None:
    rows = [Row("a.png", 0), *(Row(f"{n}.png", 0, None) for n in range(nulls)), Row("z.png", 0)]
    write(tmp_path / "train.parquet", rows, ["x"], group=4)
    more = rf"; {nulls - 1} more rows have none" if nulls > 1 else r"\."
    error = refused(tmp_path, rf"row 1 has no bytes of an image, only the path of '0\.png'{more}")
    assert "output.on_bad_image=skip" in error.hint
    assert [content.image for content in table(tmp_path).contents()] == [JPEG, *[b""] * nulls, JPEG]


@pytest.mark.parametrize("statistics", [True, False], ids=["known beforehand", "found when read"])
def test_a_build_may_leave_out_rows_without_bytes(tmp_path: Path, statistics: bool) -> None:
    rows = [Row(f"{n}.jpg", n % 2, None if n == 3 else drawn(n)) for n in range(8)]
    write(tmp_path / "raw" / "train.parquet", rows, ["ant", "bee"], group=4, write_statistics=statistics)
    only = {"splits": ["train"]}
    with pytest.raises(InputError, match="row 3 has no bytes" if statistics else r"row 3, 3\.jpg cannot be decoded"):
        build_dataset(tmp_path / "raw", tmp_path / "out", source=only, output={"train_shards": 1})
    output = {"train_shards": 1, "on_bad_image": "skip"}
    result = build_dataset(tmp_path / "raw", tmp_path / "skipped", source=only, output=output)
    assert [image.name for image in result.skipped] == ["3.jpg"]


def test_a_split_that_decides_the_classes_must_be_readable_for_the_others(tmp_path: Path) -> None:
    write(tmp_path / "train.parquet", [Row("1.png", 3)], None).write_bytes(b"")
    write(tmp_path / "validation.parquet", [Row("2.png", 1)], None)
    error = refused(tmp_path, r"train\.parquet is empty: .*labels of all splits are counted together", "validation")
    assert isinstance(error, OtherSplitError)


def test_files_without_any_bytes_are_refused(tmp_path: Path) -> None:
    """`to_parquet` of an image folder writes paths alone."""
    write(tmp_path / "train.parquet", [Row("/home/a/1.png", 0, None), Row("/home/a/2.png", 0, None)], ["x"])
    refused(tmp_path, "row 0 has no bytes of an image, only the path of '1.png'; 1 more row")


def test_a_file_without_images_is_refused_with_its_columns(tmp_path: Path) -> None:
    write_table(tmp_path / "train.parquet", {"text": pa.array(["a"]), "label": pa.array([0])}, None)
    refused(tmp_path, r"has no column of images\. Its columns are text \(string\), label \(int64\)")


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "train.parquet", [])
    refused(tmp_path, "holds no rows")


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        ({"classes": ["ant", "wasp"]}, "its label 1 is 'wasp', not 'bee'"),
        ({"classes": ["ant"]}, "it names 1 classes, not 2"),
        (
            {"classes": ["ant", "bee"], "label": "species"},
            "its labels are in the column 'species', not the column 'label'",
        ),
        (
            {"classes": ["ant", "bee"], "image": "photo"},
            "its images are in the column 'photo.bytes', not 'image.bytes'",
        ),
    ],
)
def test_files_of_two_revisions_are_named_with_the_difference(
    tmp_path: Path, other: dict[str, Any], difference: str
) -> None:
    write(tmp_path / TWO[0], [Row("1.png", 0)], ["ant", "bee"])
    write(tmp_path / TWO[1], [Row("2.png", 0)], **other)
    said = r"00001-of-00002\.parquet does not belong to the same set as .*00000-of-00002"
    assert difference in refused(tmp_path, said).what


def test_splits_that_name_classes_differently_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "train.parquet", [Row("1.png", 0)], ["ant", "bee"])
    write(tmp_path / "validation.parquet", [Row("2.png", 0)], ["bee", "ant"])
    refused(tmp_path, "classes of validation are not those of train: its label 0 is 'bee', not 'ant'")


def test_an_image_of_imagenet_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    write(tmp_path / TWO[0], [TENCH_ROW])
    write(tmp_path / TWO[1], [TENCH_ROW])
    refused(tmp_path, rf"row 0 and .*row 0 are both the image {TENCH}_10\.JPEG")


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["cats/1.jpg", "dogs/1.jpg"], ["cats/1.jpg", "dogs/1.jpg"]),
        (["cats/a/1.jpg", f"{TENCH}_10_{TENCH}.JPEG"], ["cats/a/1.jpg", f"{TENCH}_10.JPEG"]),
        (["cats/1.jpg", "cats/2.jpg"], ["1.jpg", "2.jpg"]),
        (["/home/cats/1.jpg", "dogs/2.jpg"], ["1.jpg", "2.jpg"]),
        (["cats/1.jpg", "2.jpg"], ["1.jpg", "2.jpg"]),
    ],
)
def test_a_folder_is_part_of_the_names_only_if_each_is_that_of_its_class(
    tmp_path: Path, paths: list[str], names: list[str]
) -> None:
    rows = [Row(path, label) for label, path in enumerate(paths)]
    write(tmp_path / "train-00000-of-00001.parquet", rows, ["cats", "dogs"])
    assert [name for name, _ in rows_of(table(tmp_path))] == names


@pytest.mark.parametrize("words", [WORDS, WNIDS])
def test_a_background_before_the_classes_of_imagenet_means_labels_from_1(tmp_path: Path, words: list[str]) -> None:
    write(tmp_path / "train-00000-of-00001.parquet", [Row(f"{TENCH}_10.JPEG", 1)], ["background", *words])
    assert rows_of(table(tmp_path)) == [(f"{TENCH}_10.JPEG", 0)]
    assert table(tmp_path).classes.whole_imagenet


def test_an_image_of_the_background_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "train-00000-of-00001.parquet", [Row("1.jpg", 0)], ["background", *WORDS])
    refused(tmp_path, "has the label 0; its class names are for 1 to 1,000")


def test_the_formats_of_images_without_names_are_told_by_their_bytes(tmp_path: Path) -> None:
    png = b"\x89PNG\r\n\x1a\n"
    write(
        tmp_path / "data/train-00000-of-00001.parquet", [Row(None, 0, png)] * 30 + [Row(None, 1)] * 10, ["ant", "bee"]
    )
    found = table(tmp_path).formats
    assert found.is_sample
    assert found.converted.keys() == {"PNG"}
