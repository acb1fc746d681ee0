import dataclasses
import math

import pytest

from tests.sources.counting import counts
from wizard.commit_record import SkippedImage
from wizard.engine.build_result import BuildResult, SplitSummary
from wizard.engine.loading import Loading
from wizard.show.summary import finished, verified
from wizard.sources.classes import imagenet
from wizard.sources.glance import glance
from wizard.targets.image_files.target import ClassFolders
from wizard.targets.registry import TARGETS as TARGETS_BY_NAME
from wizard.targets.tfrecord.target import TFRecords
from wizard.verify.dataset import Verified

SPLIT = SplitSummary(
    split="train",
    images_in=12,
    images_out=10,
    boxes=3,
    shards=2,
    bytes_in=2000,
    bytes_out=1000,
    kept=0,
    reencoded=7,
    converted={"CMYK": 2, "PNG": 1},
)
EVENT = BuildResult(
    output="/out",
    plan_id="p",
    splits=(SPLIT,),
    converted={"CMYK": 2, "PNG": 1},
    skipped=(),
    seconds=2.0,
    images_built=10,
    label_base=1,
    target=TFRecords(),
    loading=Loading(
        folder="/out", trainer=TFRecords.trainers[0], program="import tensorflow\nprint(1)\n", others=("dali", "tfds")
    ),
)


def test_the_first_line_is_the_one_of_build_imagenet_data() -> None:
    assert finished(EVENT).splitlines()[0] == "Finished writing all 10 images in data set."
    big = dataclasses.replace(SPLIT, images_out=1_281_167)
    line = finished(dataclasses.replace(EVENT, splits=(big,))).splitlines()[0]
    assert line == "Finished writing all 1,281,167 images in data set."


def test_the_summary_has_counts_bytes_time_and_rate() -> None:
    text = finished(EVENT)
    assert "10 of 12 images ·     2 shards ·   2.0 kB →   1.0 kB · 3 boxes" in text
    assert "  Images: 7 re-encoded as JPEG · 3 converted to RGB JPEG (2 CMYK and 1 PNG) · 2 skipped\n" in text
    assert "2.0 kB became 1.0 kB (50 %) · 10 images built in 00:00:02 (5 images/s)" in text


def test_the_summary_ends_with_the_program_and_what_else_opens_the_dataset() -> None:
    text = finished(EVENT)
    assert "Load it    tf.data\n           pip install tensorflow\n\nimport tensorflow\nprint(1)\n" in text
    assert text.endswith("# imagenet-setup inspect /out --trainer NAME")


def test_the_splits_have_lines_of_their_own_where_their_images_were_treated_differently() -> None:
    kept = dataclasses.replace(SPLIT, split="validation", kept=10, reencoded=0, converted={}, images_in=10)
    text = finished(dataclasses.replace(EVENT, splits=(SPLIT, kept)))
    assert "  train: 7 re-encoded as JPEG · 3 converted to RGB JPEG (2 CMYK and 1 PNG) · 2 skipped\n" in text
    assert "  validation: all 10 kept their bytes · 0 skipped\n" in text


def test_the_splits_are_counted_together_where_their_images_were_treated_alike() -> None:
    text = finished(dataclasses.replace(EVENT, splits=(SPLIT, dataclasses.replace(SPLIT, split="validation"))))
    assert "  Images: 14 re-encoded as JPEG · 6 converted to RGB JPEG (4 CMYK and 2 PNG) · 4 skipped\n" in text


def test_what_shards_of_an_older_version_do_not_tell_is_left_out() -> None:
    old = dataclasses.replace(SPLIT, kept=None, reencoded=None)
    assert "  Images: 3 converted to RGB JPEG (2 CMYK and 1 PNG) · 2 skipped\n" in finished(
        dataclasses.replace(EVENT, splits=(old,))
    )


def test_skipped_images_are_listed_with_archive_member_and_reason() -> None:
    skipped = tuple(SkippedImage(file="/a.tar", name=f"n{i}", reason="r") for i in range(25))
    text = finished(dataclasses.replace(EVENT, skipped=skipped))
    assert "25 images were left out, because they could not be decoded or stored:" in text
    assert "  /a.tar: n0: r" in text
    assert "  and 5 more" in text


def test_the_command_that_checks_can_be_pasted() -> None:
    assert "imagenet-setup verify '/my out'\n" in finished(dataclasses.replace(EVENT, output="/my out"))


@pytest.mark.parametrize("width", [60, 80, 100])
def test_no_line_before_the_snippets_is_wider_than_the_window(width: int) -> None:
    big = dataclasses.replace(SPLIT, images_in=1_281_167, images_out=1_281_167, boxes=615_299, shards=1024)
    big = dataclasses.replace(big, split="validation", bytes_in=147 * 10**9, bytes_out=66 * 10**9)
    text = finished(dataclasses.replace(EVENT, splits=(big,)), width)
    assert max(map(len, text.partition("Check it")[0].splitlines())) <= width


def test_a_run_that_had_nothing_to_do_says_so() -> None:
    text = finished(dataclasses.replace(EVENT, images_built=0))
    assert "nothing was left to build" in text
    assert text.splitlines()[0] == "Finished writing all 10 images in data set, all of them before this run."


def test_image_files_are_not_counted_in_shards() -> None:
    text = finished(dataclasses.replace(EVENT, target=ClassFolders()))
    assert "10 of 12 images ·   2.0 kB →   1.0 kB · 3 boxes" in text
    assert "shards" not in text.partition("Check it")[0]


def test_the_summary_lists_what_is_missing_of_imagenet() -> None:
    test = dataclasses.replace(SPLIT, split="test")
    text = finished(dataclasses.replace(EVENT, splits=(SPLIT, test)))
    assert "! train has 12 of ImageNet's 1,281,167 images" in text
    assert "! test has 12 of ImageNet's 100,000 images" in text


def test_other_classes_are_not_compared_with_imagenet() -> None:
    assert "ImageNet" not in finished(dataclasses.replace(EVENT, imagenet=False, classes=3))
    assert "ImageNet" not in verified(dataclasses.replace(VERIFIED, imagenet=False))
    assert "! train has 10 of ImageNet's 1,281,167 images" in verified(VERIFIED)


def test_classes_and_labels_fit_in_100_columns() -> None:
    stored = glance(imagenet(), 1, [counts("train", [1300] * 1000, example="n01440764_1.JPEG", rank=0)])
    text = finished(dataclasses.replace(EVENT, glance=stored))
    assert "  class labels      tench = 1 (1,300 images) · goldfish = 2 (1,300 images)" in text
    assert "  example of train  n01440764_1.JPEG → tench = 1\n" in text
    assert max(map(len, text.partition("Check it")[0].splitlines())) <= 100


VERIFIED = Verified(
    output="/out",
    images={"train": 10},
    shards={"train": 2},
    bytes=1000,
    pixels=False,
    skipped=0,
    tensorflow={"train": "TensorFlow decoded a batch"},
    target=TFRecords(),
    imagenet=True,
)


def test_images_that_stay_smaller_or_lose_their_boxes_are_counted() -> None:
    split = dataclasses.replace(SPLIT, smaller=3, unboxed=2)
    text = finished(dataclasses.replace(EVENT, splits=(split,)), 200)
    assert "3 smaller than asked for, size kept · 2 without boxes after the crop · " in text
    assert "smaller" not in finished(EVENT)


@pytest.mark.parametrize(
    ("form", "counted"),
    [
        ("tfrecord", "10 records in 2 shards"),
        ("webdataset", "10 samples in 2 shards"),
        ("folders", "10 image files"),
        ("flat", "10 image files"),
    ],
)
def test_verified_images_are_counted_in_the_units_of_their_target(form: str, counted: str) -> None:
    text = verified(dataclasses.replace(VERIFIED, target=TARGETS_BY_NAME[form]()))
    assert f"✓ train: {counted} match the manifest\n✓ train: TensorFlow decoded a batch\n" in text


def test_the_number_of_images_that_tensorflow_decoded_is_shown() -> None:
    assert "was decoded" not in verified(VERIFIED)
    whole = dataclasses.replace(VERIFIED, pixels=True, tensorflow_version="2.21.0", images={"train": 1234})
    assert "✓ every image was decoded by TensorFlow 2.21.0 (1,234)\n" in verified(whole)


@pytest.mark.parametrize(
    ("train", "validation", "lines"),
    [
        (["decode"], ["decode"], ["  Every image was decoded"]),
        (["md5"], ["md5"], ["  Official MD5 verified, so images that keep their bytes were not decoded"]),
        (
            ["decode", "md5"],
            ["structure"],
            [
                "  train: every image was decoded; in other shards, official MD5 verified, so images that keep their "
                "bytes were not decoded",
                "  validation: of images that keep their bytes, only the structure was checked",
            ],
        ),
    ],
)
def test_the_summary_says_how_images_were_checked(train: list[str], validation: list[str], lines: list[str]) -> None:
    splits = tuple(
        dataclasses.replace(SPLIT, split=split, checks=tuple(checks))
        for split, checks in (("train", train), ("validation", validation))
    )
    text = finished(dataclasses.replace(EVENT, splits=splits), 200)
    assert [line for line in text.splitlines() if "decoded" in line or "structure" in line] == lines


@pytest.mark.parametrize(("columns", "rows"), [(80, 22), (60, 24), (80, 40), (100, 22)])
@pytest.mark.parametrize("skips", [0, 2, 40])
def test_the_result_the_warnings_and_the_next_commands_fit_on_the_screen(columns: int, rows: int, skips: int) -> None:
    skipped = tuple(SkippedImage(file="/a.tar", name=f"n{i}", reason="r") for i in range(skips))
    stored = glance(imagenet(), 1, [counts("train", [1300] * 1000, example="n01440764_1.JPEG", rank=0)])
    splits = (SPLIT, dataclasses.replace(SPLIT, split="validation", checks=("md5",)))
    program = "\n".join(["import x"] * 30)
    loading = dataclasses.replace(EVENT.loading, program=program)
    event = dataclasses.replace(EVENT, skipped=skipped, glance=stored, splits=splits, loading=loading)
    text = finished(event, columns, rows)
    assert sum(max(1, math.ceil(len(line) / columns)) for line in text.splitlines()) <= rows
    assert text.startswith("Finished writing all 20 images in data set.\n")
    assert text.count("of ImageNet's") == 2
    assert "\n\nCheck it   imagenet-setup verify /out\n" in text
    assert "imagenet-setup inspect /out" in text.partition("Check it")[2]
    assert (f"{skips} images were left out" in text) == bool(skips)


def test_the_program_is_shown_where_it_fits() -> None:
    assert finished(EVENT, 80, 40) == finished(EVENT, 80)
    assert "import tensorflow" not in finished(EVENT, 80, 12)
