"""Profiles in files: read and checked, examined, saved."""

import json
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from wizard import profile_files
from wizard.errors import ProfileError, UsageError
from wizard.folders import recipes_folder
from wizard.profile import SCHEMA, Profile, Table, check, with_stand_ins
from wizard.profile_files import Listed, find, is_file, is_kept, path_of
from wizard.profile_keys import profile_keys
from wizard.profile_override import check_with
from wizard.targets.names import KEPT_PROFILE, MANIFEST
from wizard.typed_path import expanded, quoted


def load(name: str | None, overrides: Sequence[str] = ()) -> Profile:
    """Reads a profile and applies `section.key=value` overrides; a build's folder stands for the one that it keeps.

    Without a name, the overrides are all there is.

    Raises:
        UsageError: there is no such profile, or an override is not section.key=value.
        ProfileError: it is not TOML, or values are not allowed; all problems are listed.
    """
    if name is None:
        if not overrides:
            raise UsageError(
                "There is neither a PROFILE nor a setting that says what to build.",
                "imagenet-setup profiles list shows all profiles; imagenet-setup alone asks for what is needed",
            )
        return check_with({}, overrides, "no PROFILE")
    try:
        path = find(name)
    except UsageError:
        folder = expanded(name)
        if not is_kept(folder):
            raise
        return check_with(_kept(folder), overrides, str(folder))
    table = read(path)
    where = f"recipe {path.stem}" if path.parent == recipes_folder() else str(path)
    return check_with(table, overrides, where)


def read(path: Path) -> Table:
    """A profile's file as a table, its values not yet checked.

    Raises:
        UsageError: it cannot be read.
        ProfileError: it is not TOML, or of a version that this program does not know.
    """
    try:
        table: Table = tomllib.loads(path.read_text(encoding="utf-8-sig"))  # Notepad writes a byte order mark
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProfileError(str(path), [f"it is not valid TOML: {error}"], "Fix that place in the file") from error
    # A file may have any name; a profile's name becomes a file's again.
    table.setdefault("name", re.sub(r"[^\w.-]+", "-", path.stem).lstrip(".-")[:100])
    version = table.setdefault("schema_version", SCHEMA)
    # Said before the keys are checked, since a newer version may have others.
    if type(version) is int and version > SCHEMA:
        raise ProfileError(
            str(path),
            [f"schema_version = {version}: this imagenet-setup knows versions up to {SCHEMA}"],
            "A newer imagenet-setup wrote it; upgrade this one",
        )
    return table


def _kept(folder: Path) -> Table:
    """The profile that a build's folder keeps, for the place where it lies now."""
    kept, described = folder / KEPT_PROFILE, folder / MANIFEST
    if is_file(kept):
        table = read(kept)
    else:
        try:
            table = dict(json.loads(described.read_bytes())["profile"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{described} names no profile: {error!r}.", "Give the profile of that build") from error
    return {**table, "output": {**table.get("output", {}), "path": quoted(folder.absolute())}}


class Examined(NamedTuple):
    """What a profile's file says: its table, and the profile if nothing is wrong with it.

    Folders that it leaves open, as recipes do, are given as "source" and "output", and are not a problem.
    """

    table: Table
    profile: Profile | None
    problems: tuple[str, ...]

    @property
    def output_path(self) -> Path | None:
        """Where it writes; None where that is left open, or something is wrong with the profile."""
        return self.profile.output_path if self.profile and "output.path" not in self.left_open else None

    @property
    def left_open(self) -> tuple[str, ...]:
        """The keys of the folders that have to be given beside the file."""
        sections = {section: self.table.get(section, {}) for section in ("source", "output")}
        return tuple(
            f"{name}.path" for name, given in sections.items() if isinstance(given, dict) and "path" not in given
        )


def examine(path: Path) -> Examined:
    """Reads a profile's file and says all that is wrong with it, instead of raising."""
    try:
        table = read(path)
    except UsageError as error:
        return Examined({}, None, (error.what,))
    except ProfileError as error:
        return Examined({}, None, error.problems)
    try:
        return Examined(table, check(with_stand_ins(table), ""), ())
    except (ProfileError, UsageError) as error:
        return Examined(table, None, error.problems if isinstance(error, ProfileError) else (error.what,))


def save(profile: Profile, name: str) -> Path:
    """Writes the profile under a name, whole or not at all; one of that name becomes NAME.toml.bak.

    Raises:
        MachineError: the config folder cannot be written.
    """
    path = path_of(name)
    write(profile.model_copy(update={"name": name}), path)
    return path


def write(profile: Profile, path: Path) -> None:
    """Writes the profile as commented TOML, whole or not at all; what was there becomes *.bak.

    Raises:
        MachineError: the folder cannot be written.
    """
    profile_files.write(as_toml(profile).encode(), path)


_HEADING = "A profile of imagenet-setup: its values, and what each may be."
"""The first line of a profile's file. It repeats no value: a person may change them, and not this line."""


def as_toml(profile: Profile) -> str:
    """The profile as commented TOML; what `load` reads from it is the same profile."""
    import tomlkit  # not at the top: the first question reads profiles, and writes none

    document = tomlkit.document()
    document.add(tomlkit.comment(_HEADING))
    values = profile.model_dump(mode="json", exclude_none=True)
    for key in profile_keys():
        section = values.get(key.section, {}) if key.section else values
        if key.name not in section:
            continue
        if key.section and key.section not in document:
            document.add(tomlkit.nl())
            document.add(key.section, tomlkit.table())
        table: Any = document[key.section] if key.section else document
        table.add(key.name, tomlkit.item(section[key.name]).comment(key.comment))
    return tomlkit.dumps(document)


def about(listed: Listed, seen: Examined) -> str:
    """What a profile is, in a line: a recipe's description, and what the values of any other make.

    Empty where there is something wrong with its values.
    """
    if seen.profile is None:
        return ""
    if listed.is_recipe:
        return listed.path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("#").strip()
    return makes(seen.profile)


def makes(profile: Profile) -> str:
    """What a profile makes, in a line: format, trainer, splits and images."""
    output = profile.output
    form = f"{output.format} for {output.trainer}" if output.trainer else output.format
    return f"{form}: {_images(profile)}"


def _images(profile: Profile) -> str:
    image = profile.image
    splits = profile.source.splits
    sides = " × ".join(str(side) for side in (image.size, image.height, image.width) if side is not None)
    # Of what formats the images are, a profile does not know.
    kept = "JPEGs keep their bytes"
    quality = kept if image.quality is None else f"Q{image.quality}"
    others = " and ".join(split for split in splits if split not in image.splits)
    meant = " and ".join(split for split in splits if split in image.splits)
    if not meant:
        return f"{others}, {kept}"
    changed = ", ".join((meant, f"{image.resize} {sides}".rstrip(), quality))
    return changed if not others or quality == kept else f"{changed}; {others}, {kept}"
