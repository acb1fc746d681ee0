import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from wizard.errors import ProfileError
from wizard.folders import recipes_folder
from wizard.profile import check


def given(**sections: dict[str, Any]) -> dict[str, Any]:
    return {"source": {"path": "/raw"}, "output": {"path": "/out"}} | sections


def problems(table: dict[str, Any]) -> list[str]:
    with pytest.raises(ProfileError) as error:
        check(table, "here")
    assert error.value.what.startswith("here: ")
    return list(error.value.problems)


def test_the_defaults_of_a_minimal_profile() -> None:
    profile = check(given(), "here")
    assert (profile.shards("train"), profile.shards("validation"), profile.label_base) == (1024, 128, 1)
    assert (profile.boxes("train"), profile.boxes("validation")) == (True, False)
    assert profile.image.quality is None


def test_all_problems_of_a_profile_are_reported_together() -> None:
    table = given(
        image={"resize": "shortest", "qualty": 85, "quality": 120},
        output={"path": "/out", "train_shards": 0, "label_base": 2},
        sauce={},
    )
    assert problems(table) == [
        "image.quality = 120: allowed is 100 or less",
        "image.qualty is not a key of a profile; did you mean image.quality?",
        "output.train_shards = 0: allowed is 1 or more",
        "output.label_base = 2: allowed is 1 or less",
        "sauce is not a key of a profile; did you mean source?",
        'image.size is missing; resize = "shortest" needs it',
    ]


@pytest.mark.parametrize(
    ("image", "told"),
    [
        ({"resize": "shortest", "quality": 85}, 'image.size is missing; resize = "shortest" needs it'),
        ({"resize": "shortest", "size": 480}, "image.quality is missing; resized images are encoded again"),
        ({"resize": "exact", "height": 9, "quality": 85}, 'image.width is missing; resize = "exact" needs it'),
        ({"resize": "original", "size": 480}, 'image.size has no meaning with resize = "original"'),
        ({"upscale": True}, 'image.upscale is for resize = "shortest" alone'),
        ({"quality": "high"}, "image.quality = 'high': allowed is a whole number"),
        ({"quality": True}, "image.quality = True: allowed is a whole number"),
        ({"resize": "stretch"}, "image.resize = 'stretch': allowed is 'original', 'shortest', 'exact' or 'crop'"),
        ({"splits": ["val"]}, "image.splits.0 = 'val': allowed is 'train', 'validation' or 'test'"),
    ],
)
def test_a_problem_names_key_value_and_allowed_values(image: dict[str, Any], told: str) -> None:
    (problem,) = problems(given(image=image))
    assert problem.startswith(told)


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("output", "format", "hdf5"),
        ("output", "trainer", "caffe"),
        ("output", "names", 1),
        ("source", "layout", "zip"),
        ("run", "engine", "spark"),
        ("source", "splits", ["val"]),
        ("source", "splits", []),
        ("source", "path", ""),
        ("run", "workers", 0),
        ("run", "workers", True),
        ("output", "label_base", True),
        ("output", "label_base", 1.0),
        ("run", "workers", "many"),
    ],
)
def test_a_value_that_is_not_implemented_is_rejected(section: str, key: str, value: object) -> None:
    table = given()
    table[section] = table.get(section, {}) | {key: value}
    assert any(f"{section}.{key}" in problem for problem in problems(table))


def test_a_key_in_the_wrong_place_is_reported_with_its_section() -> None:
    assert problems(given() | {"path": "/raw", "colour": 1}) == [
        "path is not a key of a profile; did you mean source.path or output.path?",
        "colour is not a key of a profile",
    ]


def test_small_images_cannot_be_kept_where_none_is_resized() -> None:
    for image in ({}, {"resize": "original"}, {"resize": "original", "quality": 90}):
        (problem,) = problems(given(image=image | {"keep_small": True}))
        assert problem.startswith('image.keep_small has no meaning with resize = "original"')


def test_an_unknown_encoder_is_refused_with_those_there_are() -> None:
    (problem,) = problems(given(image={"encoder": "mozjpeg"}))
    assert problem == "image.encoder = 'mozjpeg': allowed is 'libjpeg-turbo' or 'jpegli'"


def test_a_repeated_split_counts_once() -> None:
    assert check(given(source={"path": "/raw", "splits": ["train", "train"]}), "here").source.splits == ("train",)


def test_source_and_output_must_be_different_folders() -> None:
    (problem,) = problems({"source": {"path": "/data/x/.."}, "output": {"path": "/data"}})
    assert problem == "output.path is source.path; give the dataset a folder of its own"


def test_missing_folders_are_reported() -> None:
    assert problems({}) == ["source.path is missing", "output.path is missing"]


def test_a_problem_with_workers_is_reported_once() -> None:
    assert problems(given(run={"workers": 0})) == [
        'run.workers = 0: allowed is "auto", or a whole number from 1 to 4096'
    ]


def test_the_example_in_the_profile_documentation_is_a_valid_profile() -> None:
    text = (recipes_folder().parent / "docs" / "profile.md").read_text(encoding="utf-8")
    example = text.split("```toml\n")[1].split("```")[0]
    assert check(tomllib.loads(example), "docs").image.size == 480


@pytest.mark.parametrize("value", [1, 50, "10%", "0.5 %"])
def test_a_hold_out_is_a_number_of_images_or_a_percentage(value: int | str) -> None:
    assert check(given(source={"path": "/raw", "holdout": value}), "here").source.holdout == value


@pytest.mark.parametrize("value", [0, -1, "120%", "50", 0.1, True, [50]])
def test_another_hold_out_is_refused_with_what_is_allowed(value: object) -> None:
    (problem,) = problems(given(source={"path": "/raw", "holdout": value}))
    assert problem.startswith(f"source.holdout = {value!r}: allowed is a whole number of images per class")
    assert 'as "10%"' in problem


def test_a_trainer_sets_what_is_not_given_and_nothing_else() -> None:
    assert dict(check(given(output={"path": "/out", "trainer": "dali"}), "here").output)["format"] == "tfrecord"
    profile = check(given(output={"path": "/out", "trainer": "timm-wds", "train_shards": 7}), "here")
    assert (profile.output.format, profile.shards("train"), profile.label_base) == ("webdataset", 7, 0)


@pytest.mark.parametrize(("given_base", "label_base"), [(None, 0), (0, 0), (1, 1)])
def test_the_first_label_is_the_trainers_unless_it_is_given(given_base: int | None, label_base: int) -> None:
    base = {} if given_base is None else {"label_base": given_base}
    profile = check(given(output={"path": "/out", "trainer": "tfrecord", **base}), "here")
    assert (profile.output.label_base, profile.label_base) == (given_base, label_base)


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ({"trainer": "dali", "index": False}, 'output.index = false: trainer = "dali" needs true'),
        ({"trainer": "keras", "format": "flat"}, 'output.format = "flat": trainer = "keras" needs "folders"'),
        ({"trainer": "dinov2", "metadata": []}, 'output.metadata = []: trainer = "dinov2" needs ["dinov2"]'),
        ({"trainer": "timm-wds", "label_base": 1}, 'output.label_base = 1: trainer = "timm-wds" needs 0'),
        ({"trainer": "dinov2", "metadata": 5}, "output.metadata = 5: allowed is a list"),
        ({"trainer": "dinov2", "metadata": [["swin"]]}, 'output.metadata = [["swin"]]: trainer = "dinov2" needs'),
        ({"trainer": "tfds", "tfds": date(2012, 1, 1)}, 'output.tfds = "2012-01-01": trainer = "tfds" needs'),
    ],
)
def test_what_a_trainer_could_not_open_is_refused(output: dict[str, object], told: str) -> None:
    assert any(problem.startswith(told) for problem in problems(given(output={"path": "/out"} | output)))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("timm", "'timm-folders' or 'timm-wds' or 'timm-hfds'"),
        ("DALI", "'dali' or 'dali-webdataset'"),
        ("kras", "'keras'"),
    ],
)
def test_a_trainer_that_does_not_exist_is_answered_with_those_like_it(typed: str, meant: str) -> None:
    (problem,) = problems(given(output={"path": "/out", "trainer": typed}))
    assert problem.endswith(f"; did you mean {meant}?")


def test_a_trainer_beside_another_format_is_one_problem() -> None:
    (problem,) = problems(given(output={"path": "/out", "trainer": "timm-wds", "format": "folders"}))
    assert problem == 'output.format = "folders": trainer = "timm-wds" needs "webdataset"'


@pytest.mark.parametrize("path", ["$NOT_SET/x", "~nobody-of-this-name/x", "s3://bucket/x"])
def test_a_path_that_cannot_be_understood_is_reported_with_its_key(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOT_SET", raising=False)
    found = problems(given(source={"path": path}, output={"path": path}))
    assert [line.partition(" = ")[0] for line in found] == ["source.path", "output.path"]
    assert all(path in line for line in found)


def test_paths_may_have_variables_and_quotes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLACE", str(tmp_path))
    profile = check(given(source={"path": "$PLACE/raw"}, output={"path": f"'{tmp_path}/the $x'"}), "")
    assert (profile.source_path, profile.output_path) == (tmp_path / "raw", tmp_path / "the $x")


def test_absolute_paths_of_a_profile_are_read_again_as_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PLACE", str(tmp_path))
    profile = check(given(source={"path": "$PLACE/raw"}, output={"path": "'the $x'"}), "").with_absolute_paths()
    monkeypatch.delenv("PLACE")
    assert (profile.source_path, profile.output_path) == (tmp_path / "raw", Path("the $x").absolute())


@pytest.mark.parametrize("name", ["ILSVRC2012_img_train.tar", "ILSVRC2012_bbox_val_v3.tgz"])
def test_an_archive_in_the_place_of_its_folder_leads_there(raw: Path, tmp_path: Path, name: str) -> None:
    made = check({"source": {"path": str(raw / name)}, "output": {"path": str(tmp_path / "out")}}, "")
    assert made.source_path == raw
    assert made.with_absolute_paths().source.path == str(raw)
