"""Profiles as command lines: one that reads the file, and one that builds the same anywhere without it."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tomlkit

from wizard import profile_files, profile_store
from wizard.errors import ProfileError, UsageError
from wizard.folders import in_command
from wizard.profile import Profile
from wizard.profile_files import Listed
from wizard.profile_keys import flat
from wizard.profile_override import parse_value

_FOLLOWS = " \\\n    "
"""Between settings: each has a line of its own, so that all can be copied from a narrow terminal."""

_PURPOSE = {"output.format", "output.trainer", "image.resize"}
"""Settings that a recipe stands for, whether its file says them or leaves them at the default."""
_FOLDERS = ("source.path", "output.path")
_FIRST = (*_FOLDERS, "name", "output.trainer")
"""Settings that come first."""


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
    """An `imagenet-setup run [RECIPE] --set …` that builds what a profile asks for, in as few settings as that takes.

    It begins from a recipe only where all that the recipe says is asked for. The dataset is then not recorded under the
    name of something else, and nobody reads a purpose that it does not have.
    """
    bases = [None, *(str(recipe.path) for recipe in _agreeing(profile))]
    found = [(base, _settings(base, profile)) for base in bases]
    base, settings = min(found, key=lambda each: len(each[1]))  # of those with equally many, the one without a recipe
    begun = "imagenet-setup run" if base is None else f"imagenet-setup run {Path(base).stem}"
    return _FOLLOWS.join([begun, *(f"--set {shlex.quote(each)}" for each in _joined(settings))])


def _agreeing(profile: Profile) -> list[Listed]:
    """The recipes that say nothing but what a profile asks for, and that no saved profile of their name hides."""
    wanted = _wanted(profile)
    return [
        recipe
        for recipe in profile_files.recipes()
        if all(wanted.get(key) == value for key, value in _purpose(recipe).items())
        and profile_files.find(recipe.name) == recipe.path
    ]


def _purpose(recipe: Listed) -> dict[str, Any]:
    """What a recipe says, by dotted keys, with values as a profile has them; not its name."""
    said = {*flat(profile_store.read(recipe.path))} - {"name", "schema_version"}
    loaded = _flat(profile_store.load(str(recipe.path), ["source.path=raw", "output.path=out"]))
    return {key: loaded.get(key) for key in said | _PURPOSE}


def _settings(base: str | None, profile: Profile) -> dict[str, str]:
    """What has to be set for a recipe, or for nothing, to become this profile, as after --set."""
    wanted = _wanted(profile)
    settings = {key: _as_text(wanted[key]) for key in _FIRST if key in wanted}
    # Twice, because a trainer that is set also sets what has to be set back where the profile has it otherwise.
    for _ in range(2):
        settings |= {key: _as_text(wanted.get(key)) for key in _unlike(base, settings, wanted)}
    for key in [*settings]:
        fewer = {other: value for other, value in settings.items() if other != key}
        # What follows from the others, such as the format from the trainer, need not be set.
        if key not in _FOLDERS and not _unlike(base, fewer, wanted):
            settings = fewer
    return settings


def _unlike(base: str | None, settings: Mapping[str, str], wanted: Mapping[str, Any]) -> list[str]:
    """The keys in which what settings make of a recipe, or of nothing, is not what is wanted."""
    try:
        there = _flat(profile_store.load(base, _joined(settings)))
    except ProfileError:  # less is set than fits together
        return [*wanted]
    unlike = [key for key in {**wanted, **there} if wanted.get(key) != there.get(key)]
    return [key for key in unlike if key != "name" or "name" in wanted]


def _wanted(profile: Profile) -> dict[str, Any]:
    """The values that a command has to lead to; a profile without a name may have any."""
    values = _flat(profile)
    return values if profile.name else {key: value for key, value in values.items() if key != "name"}


def _joined(settings: Mapping[str, str]) -> list[str]:
    return [f"{key}={value}" for key, value in settings.items()]


def _flat(profile: Profile) -> dict[str, Any]:
    """The values by their dotted keys, without the version."""
    return flat(profile.model_dump(mode="json", exclude_none=True, exclude={"schema_version"}))


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
