"""Profiles as command lines: one that reads the file, and one that builds the same anywhere without it."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tomlkit

from wizard import profile_files, profile_store
from wizard.errors import UsageError
from wizard.folders import in_command, recipes_folder
from wizard.profile import Profile
from wizard.profile_keys import flat
from wizard.profile_override import parse_value

_FOLLOWS = " \\\n    "
"""Between settings: each has a line of its own, so that all can be copied from a narrow terminal."""

_IMAGES = ("image.resize", "image.size", "image.height", "image.width", "image.quality")
"""Settings that tell what becomes of the images."""
_IN_NAMES = ("output.format", "image.resize")
"""Settings that recipes are named after."""


def command_that_builds(path: Path) -> str:
    """An `imagenet-setup run PROFILE` for a profile's file, with a placeholder for each folder that it leaves open."""
    return run_line(as_argument(path), profile_store.examine(path).left_open)


def run_line(profile: str, left_open: Sequence[str]) -> str:
    """The same for a profile that is typed so.

    >>> run_line("NAME", ["output.path"])
    'imagenet-setup run NAME --set output.path=FOLDER'
    """
    return " ".join([f"imagenet-setup run {profile}", *(f"--set {key}=FOLDER" for key in left_open)])


def as_argument(path: Path) -> str:
    """What commands take for a profile's file: its name, or its path where that name is another file's or none's."""
    try:
        is_named = profile_files.find(path.stem) == path
    except UsageError:
        is_named = False
    return shlex.quote(path.stem) if is_named else in_command(path.absolute())


def as_command(profile: Profile) -> str:
    """An `imagenet-setup run RECIPE --set …` that builds what a profile asks for, and that tells it.

    The recipe is the nearest one. As long as there is another, that is none with other classes, or with a setting that
    would have to be removed. What becomes of the images is stated even where the recipe says the same.
    """
    found = [(recipe.name, _settings(recipe.name, profile)) for recipe in profile_files.recipes()]
    name, settings = min(found, key=lambda each: _distance(each[1]))
    wanted = _flat(profile)
    settings = {**settings, **{key: _as_text(wanted[key]) for key in _IMAGES if key in wanted}}
    return _FOLLOWS.join([f"imagenet-setup run {name}", *(f"--set {shlex.quote(each)}" for each in _joined(settings))])


def _distance(settings: Mapping[str, str]) -> tuple[bool, int, int]:
    """How far a recipe is from what is wanted, by what has to be set."""
    misleads = "source.classes" in settings or "" in settings.values()
    return misleads, len({*settings} & {*_IN_NAMES}), len(settings)


def _settings(recipe: str, profile: Profile) -> dict[str, str]:
    """What has to be set for a recipe to become this profile, as after --set."""
    path, wanted = str(recipes_folder() / f"{recipe}.toml"), _flat(profile)
    settings = {key: _as_text(wanted[key]) for key in ("source.path", "output.path")}
    # Twice, because a trainer that is set also sets what has to be set back where the profile has it otherwise.
    for _ in range(2):
        there = _flat(profile_store.load(path, _joined(settings)))
        unlike = [key for key in {**wanted, **there} if wanted.get(key) != there.get(key)]
        settings |= {key: _as_text(wanted.get(key)) for key in unlike}
    return settings


def _joined(settings: Mapping[str, str]) -> list[str]:
    return [f"{key}={value}" for key, value in settings.items()]


def _flat(profile: Profile) -> dict[str, Any]:
    """The values by their dotted keys; the name and the version build nothing."""
    return flat(profile.model_dump(mode="json", exclude_none=True, exclude={"name", "schema_version"}))


def _as_text(value: Any) -> str:
    """A value as after --set key=; nothing for none."""
    if value is None:
        return ""
    if isinstance(value, str) and parse_value(value) == value:
        return value
    if isinstance(value, dict):
        table = tomlkit.inline_table()
        table.update(value)
        return str(table.as_string())
    return str(tomlkit.item(value).as_string())
