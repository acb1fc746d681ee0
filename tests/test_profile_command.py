"""A command line that builds the same as a profile, without its file."""

import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import profile, toml
from wizard import profile_files, profile_store
from wizard.profile import check
from wizard.profile_command import as_command, command_that_builds
from wizard.profile_files import Listed, recipes
from wizard.profile_store import load

RESIZED = {"resize": "shortest", "size": 64, "quality": 80, "splits": ["train"]}


@pytest.mark.parametrize(
    "sections",
    [
        {},
        {"image": RESIZED, "run": {"workers": 3}},
        {"output": {"trainer": "timm-wds"}},
        {"output": {"trainer": "tf.data", "label_base": 0, "train_shards": 3}, "image": RESIZED},
        {"output": {"trainer": "dinov2"}, "source": {"splits": ["train"], "boxes": "none", "holdout": "10%"}},
        {"run": {"engine": "dask", "cluster": {"queue": "cpu", "cores": 16}, "scheduler": "SLURMCluster", "jobs": 2}},
    ],
)
@pytest.mark.parametrize("folder", ["raw", "my data # $x", "true"])
def test_the_command_loads_as_the_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sections: dict[str, Any], folder: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / folder).mkdir()
    made = profile(tmp_path / folder, tmp_path / "out", **sections)
    made = made.model_copy(update={"source": made.source.model_copy(update={"path": folder})})
    program, run, recipe, *settings = shlex.split(as_command(made).replace("\\\n", ""))
    assert (program, run) == ("imagenet-setup", "run")
    assert set(settings[::2]) == {"--set"}
    assert load(recipe, settings[1::2]).model_dump(exclude={"name"}) == made.model_dump(exclude={"name"})


def test_the_command_of_a_recipe_states_its_images() -> None:
    made = load("nvidia-480-q85", ["source.path=~/raw", "output.path=/out"])
    images = ("image.resize=shortest", "image.size=480", "image.quality=85")
    assert as_command(made) == " \\\n    --set ".join(
        ["imagenet-setup run nvidia-480-q85", "'source.path=~/raw'", "output.path=/out", *images]
    )
    assert check(made.model_dump(mode="json", exclude_none=True), "") == made


@pytest.mark.parametrize("recipe", [each.name for each in recipes()])
def test_a_recipe_is_the_command_of_itself(recipe: str) -> None:
    made = load(recipe, ["source.path=/raw", "output.path=/out"])
    assert as_command(made).startswith(f"imagenet-setup run {recipe} ")


@pytest.mark.parametrize("trainer", [None, "timm-wds", "imagefolder", "tf.data"])
@pytest.mark.parametrize("image", [{}, RESIZED, {"resize": "crop", "height": 224, "width": 224, "quality": 85}])
def test_a_command_for_all_classes_begins_from_no_trial_and_removes_nothing(
    tmp_path: Path, trainer: str | None, image: dict[str, Any]
) -> None:
    output = {} if trainer is None else {"trainer": trainer}
    command = as_command(profile(tmp_path, tmp_path / "out", image=image, output=output))
    assert "source.classes" not in command
    assert not command.startswith("imagenet-setup run trial")
    assert not [word for word in shlex.split(command.replace("\\\n", "")) if word.endswith("=")]
    for key, value in ({"resize": "original"} | image).items():
        assert key == "splits" or f"image.{key}={value}" in command


@pytest.mark.parametrize(
    ("text", "placeholders"),
    [
        ("", " --set source.path=FOLDER --set output.path=FOLDER"),
        ("[source]\npath = 'raw'\n", " --set output.path=FOLDER"),
        ("[output]\npath = 'out'\n", " --set source.path=FOLDER"),
        ("[source]\npath = 'raw'\n[output]\npath = 'out'\n", ""),
    ],
)
def test_a_profile_is_built_by_its_name_with_a_placeholder_for_each_folder_left_open(
    text: str, placeholders: str
) -> None:
    path = profile_files.path_of("mine")
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert command_that_builds(path) == f"imagenet-setup run mine{placeholders}"


def test_a_profile_whose_name_means_another_file_is_built_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").touch()
    saved = profile_store.save(profile(tmp_path / "raw", tmp_path / "out"), "mine")
    assert command_that_builds(saved) == f"imagenet-setup run {saved}"
    elsewhere = toml(tmp_path / "raw", tmp_path / "out", tmp_path / "my profile.toml")
    assert command_that_builds(elsewhere) == f"imagenet-setup run '{elsewhere}'"


@pytest.mark.parametrize("recipe", recipes(), ids=lambda recipe: recipe.name)
def test_every_recipe_is_built_with_both_folders(recipe: Listed) -> None:
    command = f"imagenet-setup run {recipe.name} --set source.path=FOLDER --set output.path=FOLDER"
    assert command_that_builds(recipe.path) == command
