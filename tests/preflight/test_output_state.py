import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import build_dataset, ignore, job, shards
from wizard.events import CheckResult
from wizard.planning import make_plan
from wizard.preflight.output_state import foreseen, output_check, read_output
from wizard.slices import Slice
from wizard.targets.names import STATE_FOLDER

CROP: dict[str, Any] = {"resize": "crop", "height": 64, "width": 96, "quality": 85}
"""What the fixture `built` was built with, and all boxes."""


def seen(raw: Path, out: Path, **sections: Any) -> CheckResult:
    return looked_at(raw, out, **{"image": CROP, "source": {"boxes": "all"}, **sections})


def looked_at(raw: Path, out: Path, **sections: Any) -> CheckResult:
    asked = job(raw, out, **sections)
    return output_check(asked, read_output(asked))


def test_foreseen_ingredients_are_part_of_the_plan(raw: Path, tmp_path: Path) -> None:
    asked = job(raw, tmp_path, image=CROP)
    assert foreseen(asked).labelled.items() <= make_plan(asked, ignore).ingredients.labelled.items()


def test_a_new_or_empty_folder_passes(raw: Path, tmp_path: Path) -> None:
    for out in (tmp_path, tmp_path / "new"):
        assert seen(raw, out).status == "pass"


def test_shards_of_the_same_plan_pass_and_are_counted(raw: Path, built: Path) -> None:
    check = seen(raw, built)
    assert (check.status, check.found) == ("pass", f"{built}: 7 of 7 shards are there, and the dataset is complete")


def test_shards_that_are_gone_or_truncated_are_counted_as_missing(raw: Path, built_copy: Path) -> None:
    (built_copy / "train-00001-of-00005").unlink()
    (built_copy / "validation-00000-of-00002").write_bytes(b"")
    check = seen(raw, built_copy)
    assert check.status == "warn"
    assert check.brief.startswith("5 of 7 shards are there; 2 are missing (train-00001-of-00005 is gone, validation-")
    assert check.brief.endswith(") and will be built")


def test_a_slice_does_not_promise_to_build_what_others_do(raw: Path, built_copy: Path) -> None:
    (built_copy / "train-00001-of-00005").unlink()
    asked = replace(job(raw, built_copy, image=CROP, source={"boxes": "all"}), slice=Slice.parse("1/2"))
    assert output_check(asked, read_output(asked)).brief.endswith("1 is missing (train-00001-of-00005 is gone)")


def test_each_difference_of_another_plan_is_on_a_line_of_its_own(raw: Path, built: Path) -> None:
    found = seen(raw, built, output={"seed": 1, "train_shards": 6}).found.splitlines()
    assert found[0] == f"{built} holds 7 shards of another plan:"
    assert [each.strip() for each in found[1:]] == [
        "seed: there 2012 · asked for 1",
        "train shards: there 5 · asked for 6",
    ]


@pytest.mark.parametrize(
    ("sections", "difference"),
    [
        ({"output": {"seed": 1}}, "seed: there 2012 · asked for 1"),
        ({"output": {"train_shards": 6}}, "train shards: there 5 · asked for 6"),
        ({"image": CROP | {"quality": 86}}, "JPEG quality 86"),
        ({"source": {"boxes": "all", "splits": ["train"]}}, "validation shards: there 2 · asked for none"),
    ],
)
def test_shards_of_another_plan_fail_with_the_difference(
    raw: Path, built: Path, sections: dict[str, Any], difference: str
) -> None:
    check = seen(raw, built, **sections)
    assert check.status == "fail"
    assert difference in check.found


def test_shards_without_a_plan_fail(raw: Path, built_copy: Path) -> None:
    shutil.rmtree(built_copy / STATE_FOLDER)
    check = seen(raw, built_copy)
    assert check.status == "fail"
    assert shards(built_copy)[0].name in check.found


OUTPUTS: list[dict[str, Any]] = [
    {},
    {"features": "tpu"},
    {"split_folders": True},
    {"format": "folders"},
    {"format": "flat"},
    {"format": "webdataset"},
    {"format": "webdataset", "label_base": 1},
    {"index": False},
    {"tfds": "imagenet2012"},
    {"format": "arrayrecord"},
]


@pytest.mark.parametrize("output", OUTPUTS, ids=str)
def test_for_every_target_what_is_foreseen_is_part_of_the_plan(
    raw: Path, tmp_path: Path, output: dict[str, Any]
) -> None:
    asked = job(raw, tmp_path, output=output)
    assert foreseen(asked).labelled.items() <= make_plan(asked, ignore).ingredients.labelled.items()


@pytest.mark.parametrize("output", OUTPUTS[2:6], ids=str)
def test_a_build_of_every_target_resumes_from_its_own_shards(raw: Path, tmp_path: Path, output: dict[str, Any]) -> None:
    build_dataset(raw, tmp_path, output=output)
    check = looked_at(raw, tmp_path, output=output)
    parts = "parts" if output.get("format") in ("folders", "flat") else "shards"
    assert (check.status, check.brief) == ("pass", f"7 of 7 {parts} are there, and the dataset is complete")


@pytest.mark.parametrize("output", OUTPUTS[1:6], ids=str)
def test_shards_of_another_target_fail_with_the_difference(raw: Path, built: Path, output: dict[str, Any]) -> None:
    check = seen(raw, built, output=output)
    assert check.status == "fail"
    assert "tf.train.Example with the 15 features" in check.found or "shards lie: there none" in check.found
    assert check.command_fix == "Choose another folder: --set output.path=FOLDER"


def test_tfrecords_fail_where_folders_were_begun(raw: Path, tmp_path: Path) -> None:
    build_dataset(raw, tmp_path, output={"format": "folders"})
    check = looked_at(raw, tmp_path)
    assert check.status == "fail"
    assert "format: there image files in folders of classes" in check.found


def test_foreign_images_fail_where_folders_are_asked_for_and_nowhere_else(raw: Path, tmp_path: Path) -> None:
    (tmp_path / "val" / "mine").mkdir(parents=True)
    (tmp_path / "val" / "mine" / "a.jpg").write_bytes(b"jpeg")
    check = looked_at(raw, tmp_path, output={"format": "folders"})
    assert check.status == "fail"
    assert check.found == f"{tmp_path} holds image files, among them val/mine/a.jpg, of unknown origin"
    for output in ({}, {"format": "flat"}, {"format": "webdataset"}):
        assert looked_at(raw, tmp_path, output=output).status == "pass"


def test_a_file_where_the_dataset_has_a_folder_fails(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "imagenet2012").write_text("notes")
    result = looked_at(raw, out, output={"tfds": "imagenet2012"})
    assert result.status == "fail"
    assert result.found == f"{out / 'imagenet2012'} is a file, and the build needs a folder of that name"
