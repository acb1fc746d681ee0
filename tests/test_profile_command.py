"""A command line that builds the same as a profile, without its file."""

import shlex
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import profile, toml
from wizard import profile_files, profile_store
from wizard.errors import ProfileError
from wizard.profile import check
from wizard.profile_command import as_command, command_that_builds
from wizard.profile_files import Listed, recipes
from wizard.profile_store import load
from wizard.targets import registry

RESIZED = {"resize": "shortest", "size": 64, "quality": 80, "splits": ["train"]}
IMAGES: tuple[dict[str, Any], ...] = (
    {},
    RESIZED,
    {"resize": "shortest", "size": 480, "quality": 85},
    {"resize": "crop", "height": 224, "width": 224, "quality": 85},
)
TRAINERS = (None, *list(registry.trainers())[::4])


def taken_apart(command: str) -> tuple[str | None, list[str]]:
    """The profile of a command line, if it has one, and its settings."""
    program, run, *words = shlex.split(command.replace("\\\n", ""))
    assert (program, run) == ("imagenet-setup", "run")
    base = words.pop(0) if words[0] != "--set" else None
    assert {*words[::2]} == {"--set"}
    return base, words[1::2]


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
    made = made.model_copy(update={"source": made.source.model_copy(update={"path": folder}), "name": "mine"})
    assert load(*taken_apart(as_command(made))) == made


@pytest.mark.parametrize("trainer", TRAINERS)
@pytest.mark.parametrize("image", IMAGES)
@pytest.mark.parametrize("source", [{}, {"boxes": "none"}, {"layout": "tfrecords"}, {"classes": 2}])
def test_the_command_is_of_no_recipe_with_another_purpose_and_has_no_setting_too_many(
    trainer: str | None, image: dict[str, Any], source: dict[str, Any]
) -> None:
    table = {"source": {"path": "/raw", **source}, "output": {"path": "/out", "trainer": trainer}, "image": image}
    made = check(table | {"name": "mine"}, "test")
    base, settings = taken_apart(as_command(made))
    assert load(base, settings) == made
    for each in settings[2:]:  # those of the folders are always said
        with suppress(ProfileError):  # less is set than fits together
            assert load(base, [other for other in settings if other != each]) != made
    if base is None:
        return
    recipe = load(base, ["source.path=/raw", "output.path=/out"])
    assert (recipe.output.trainer, recipe.output.format) == (made.output.trainer, made.output.format)
    assert (recipe.source.layout, recipe.source.classes) == (made.source.layout, made.source.classes)
    assert recipe.image == made.image


@pytest.mark.parametrize("recipe", recipes(), ids=lambda recipe: recipe.name)
def test_a_recipe_is_the_command_of_itself_in_its_folders_alone(recipe: Listed) -> None:
    made = load(recipe.name, ["source.path=~/raw", "output.path=/out"])
    base, settings = taken_apart(as_command(made))
    assert load(base, settings) == made
    assert settings[:2] == ["source.path=~/raw", "output.path=/out"]
    # One that says hardly more than the defaults is as short without it.
    assert (base, len(settings)) == (recipe.name, 2) or len(settings) <= 2


def test_a_recipe_that_a_saved_profile_hides_begins_no_command(tmp_path: Path) -> None:
    made = load("nvidia-480-q85", ["source.path=/raw", "output.path=/out"])
    assert taken_apart(as_command(made))[0] == "nvidia-480-q85"
    profile_store.save(profile(tmp_path, tmp_path / "out"), "nvidia-480-q85")
    assert load(*taken_apart(as_command(made))) == made


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
