import tomllib
from pathlib import Path
from typing import Any

import pytest

from wizard.errors import ProfileError, UsageError
from wizard.folders import config_folder, recipes_folder
from wizard.profile import Profile, check
from wizard.saved import find, load

FOLDERS = ["source.path=/raw", "output.path=/out"]


def given(**sections: dict[str, Any]) -> dict[str, Any]:
    return {"source": {"path": "/raw"}, "output": {"path": "/out"}} | sections


def problems(table: dict[str, Any]) -> list[str]:
    with pytest.raises(ProfileError) as error:
        check(table, "here")
    assert error.value.what.startswith("here: ")
    return list(error.value.problems)


def test_defaults() -> None:
    profile = check(given(), "here")
    assert (profile.output.train_shards, profile.output.validation_shards, profile.output.label_base) == (1024, 128, 1)
    assert (profile.boxes("train"), profile.boxes("validation")) == (True, False)
    assert profile.image.quality is None


def test_all_problems_are_told_together() -> None:
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
        ({"resize": "shortest", "size": 480}, "image.quality is missing; resized images are encoded anew"),
        ({"resize": "exact", "height": 9, "quality": 85}, 'image.width is missing; resize = "exact" needs it'),
        ({"resize": "original", "size": 480}, 'image.size has no meaning with resize = "original"'),
        ({"upscale": True}, 'image.upscale is for resize = "shortest" alone'),
        ({"quality": "high"}, "image.quality = 'high': allowed is a whole number"),
        ({"quality": True}, "image.quality = True: allowed is a whole number"),
        ({"resize": "stretch"}, "image.resize = 'stretch': allowed is 'original', 'shortest', 'exact' or 'crop'"),
        ({"splits": ["test"]}, "image.splits.0 = 'test': allowed is 'train' or 'validation'"),
    ],
)
def test_a_problem_says_key_value_and_what_is_allowed(image: dict[str, Any], told: str) -> None:
    (problem,) = problems(given(image=image))
    assert problem.startswith(told)


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("output", "format", "folders"),
        ("source", "layout", "kaggle"),
        ("run", "engine", "dask"),
        ("source", "splits", ["test"]),
        ("source", "splits", []),
        ("source", "path", ""),
        ("run", "workers", 0),
        ("run", "workers", True),
        ("output", "label_base", True),
        ("output", "label_base", 1.0),
        ("run", "workers", "many"),
    ],
)
def test_what_is_not_built_is_not_accepted(section: str, key: str, value: object) -> None:
    table = given()
    table[section] = table.get(section, {}) | {key: value}
    assert any(f"{section}.{key}" in problem for problem in problems(table))


def test_a_key_outside_its_section_is_led_home() -> None:
    assert problems(given() | {"path": "/raw", "colour": 1}) == [
        "path is not a key of a profile; did you mean source.path or output.path?",
        "colour is not a key of a profile",
    ]


def test_the_dataset_has_a_folder_of_its_own() -> None:
    (problem,) = problems({"source": {"path": "/data/x/.."}, "output": {"path": "/data"}})
    assert problem == "output.path is source.path; give the dataset a folder of its own"


def test_missing_folders_are_told() -> None:
    assert problems({}) == ["source.path is missing", "output.path is missing"]


@pytest.mark.parametrize("recipe", sorted(recipes_folder().glob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_recipe_needs_folders_alone(recipe: Path) -> None:
    profile = load(recipe.stem, FOLDERS)
    assert profile.name == recipe.stem
    with pytest.raises(ProfileError) as error:
        load(recipe.stem)
    assert error.value.problems == ("source.path is missing", "output.path is missing")


def test_there_is_a_recipe_for_each_older_system() -> None:
    assert len(list(recipes_folder().glob("*.toml"))) >= 5


def test_overrides_are_toml_or_plain_text(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text("[image]\nquality = 3\n")
    changes = ["image.quality=90", "source.splits=['train']", "source.boxes=none", "run.workers=4", "name=other"]
    profile = load(str(path), [*FOLDERS, *changes])
    assert isinstance(profile, Profile)
    assert (profile.image.quality, profile.source.splits, profile.source.boxes) == (90, ("train",), "none")
    assert (profile.run.workers, profile.name, profile.source.path) == (4, "other", "/raw")


def test_a_problem_of_workers_is_told_once() -> None:
    assert problems(given(run={"workers": 0})) == [
        'run.workers = 0: allowed is "auto", or a whole number from 1 to 4096'
    ]


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text("name = 'p'\n", encoding="utf-8-sig")
    assert load(str(path), FOLDERS).name == "p"


def test_a_value_with_a_line_break_is_text(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text("")
    assert load(str(path), [*FOLDERS, "source.path='/a'\nb = 1"]).source.path == "'/a'\nb = 1"


def test_a_home_that_is_not_there_and_a_name_too_long_are_told() -> None:
    with pytest.raises(UsageError):
        load("nvidia-480-q85", ["source.path=~nobody-here/x", "output.path=/o"])
    with pytest.raises(UsageError, match="There is no profile"):
        find("x" * 300)


@pytest.mark.parametrize("override", ["quality", "image.", ".quality=1", "a.b.c=1", "name.x=1"])
def test_an_override_of_another_form_is_refused(tmp_path: Path, override: str) -> None:
    path = tmp_path / "p.toml"
    path.write_text("name = 'p'\n")
    with pytest.raises(UsageError, match="--set"):
        load(str(path), [override])


def test_a_profile_is_a_path_a_saved_name_or_a_recipe_in_this_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find("nvidia-480-q85") == recipes_folder() / "nvidia-480-q85.toml"
    saved = config_folder() / "profiles" / "nvidia-480-q85.toml"
    saved.parent.mkdir(parents=True)
    saved.write_text("")
    assert find("nvidia-480-q85") == saved
    (tmp_path / "nvidia-480-q85").write_text("")
    assert find("nvidia-480-q85") == Path("nvidia-480-q85")


def test_an_unknown_profile_suggests_a_near_one() -> None:
    with pytest.raises(UsageError, match="Did you mean nvidia-480-q85"):
        find("nvidia-480-q58")


def test_what_is_no_toml_is_told(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text("[image\n")
    with pytest.raises(ProfileError, match="it is no TOML"):
        load(str(path))


def test_the_document_of_the_profile_is_a_profile() -> None:
    text = (recipes_folder().parent / "docs" / "profile.md").read_text(encoding="utf-8")
    example = text.split("```toml\n")[1].split("```")[0]
    assert check(tomllib.loads(example), "docs").image.size == 480
