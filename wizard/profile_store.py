"""Profiles as files: found by name, read and checked, saved, listed and deleted."""

import difflib
import json
import re
import shlex
import shutil
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import tomlkit

from wizard.errors import ProfileError, UsageError, writing
from wizard.folders import recipes_folder, saved_folder
from wizard.profile import SCHEMA, Profile, Table, check, with_stand_ins
from wizard.profile_keys import profile_keys
from wizard.profile_override import check_with
from wizard.storage import write_whole
from wizard.targets.names import KEPT_PROFILE, MANIFEST
from wizard.typed_path import expanded, quoted


class Listed(NamedTuple):
    """A profile that can be named; `about` is its file's first comment."""

    name: str
    path: Path
    about: str


def saved() -> list[Listed]:
    """The person's own profiles, by name."""
    return _listed(saved_folder())


def latest_first() -> list[Listed]:
    """The person's own profiles, the one that was written last first."""
    return sorted(saved(), key=lambda each: each.path.stat().st_mtime, reverse=True)


def recipes() -> list[Listed]:
    """The shipped recipes, by name."""
    return _listed(recipes_folder())


def find(name: str) -> Path:
    """The file that PROFILE means: a path, a saved profile's name or a shipped recipe's name, in this order.

    Raises:
        UsageError: there is none; the names known are listed.
    """
    path = expanded(name)
    if _is_file(path):
        return path
    known: set[str] = set()
    for folder in (saved_folder(), recipes_folder()):
        if _is_file(folder / f"{name}.toml"):
            return folder / f"{name}.toml"
        known.update(file.stem for file in folder.glob("*.toml"))
    close = difflib.get_close_matches(name, sorted(known), n=1)
    raise UsageError(
        f"There is no profile {name!r}: no file of that path, and none of that name in {saved_folder()} "
        "or among the shipped recipes.",
        (f"Did you mean {close[0]}? " if close else "") + f"Names known: {', '.join(sorted(known))}",
    )


def load(name: str, overrides: Sequence[str] = ()) -> Profile:
    """Reads a profile and applies `section.key=value` overrides; a build's folder stands for the one that it keeps.

    Raises:
        UsageError: there is no such profile, or an override is not section.key=value.
        ProfileError: it is not TOML, or values are not allowed; all problems are listed.
    """
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


def is_kept(folder: Path) -> bool:
    """Whether a folder says what is built in it, so that it can be given in the place of a profile."""
    return any(_is_file(folder / name) for name in (KEPT_PROFILE, MANIFEST))


def command_that_resumes(folder: Path) -> str:
    """What goes on with the build in a folder, as the subject of a sentence."""
    return f"imagenet-setup run {shlex.quote(str(folder))}" if is_kept(folder) else "the command that began it"


def _kept(folder: Path) -> Table:
    """The profile that a build's folder keeps, for the place where it lies now."""
    kept, described = folder / KEPT_PROFILE, folder / MANIFEST
    if _is_file(kept):
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


def path_of(name: str) -> Path:
    """Where a profile is saved under a name, whether or not there is one."""
    return saved_folder() / f"{name}.toml"


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
    write_text(as_toml(profile).encode(), path)


def write_text(text: bytes, path: Path) -> None:
    """Writes a profile's text, whole or not at all; what was there becomes *.bak.

    Raises:
        MachineError: the folder cannot be written.
    """
    with writing(path):
        # Saving the same again must not push the older version out of the backup.
        if _is_file(path) and path.read_bytes() == text:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            shutil.copy2(path, _backup(path))
        write_whole(path, text)


def delete(name: str) -> Path:
    """Deletes a saved profile; it is kept as NAME.toml.bak, whose path is returned.

    Raises:
        UsageError: there is none of that name, or it is a shipped recipe.
    """
    path = next((each.path for each in saved() if each.name == name), None)
    if path is None:
        if name in {recipe.name for recipe in recipes()}:
            raise UsageError(f"{name} is a shipped recipe and cannot be deleted.")
        names = ", ".join(each.name for each in saved())
        hint = f"Saved are: {names}" if names else "None is saved yet"
        raise UsageError(f"There is no saved profile {name!r} in {saved_folder()}.", hint)
    with writing(path):
        return path.replace(_backup(path))


def as_toml(profile: Profile) -> str:
    """The profile as commented TOML; what `load` reads from it is the same profile."""
    document = tomlkit.document()
    document.add(tomlkit.comment("".join(letter for letter in about(profile) if letter.isprintable())))
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


def about(profile: Profile) -> str:
    """A profile in a line: what the images become, from where to where."""
    return f"{_images(profile)}: {profile.source.path} → {profile.output.path}"


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


def _backup(path: Path) -> Path:
    return path.with_name(f"{path.name}.bak")


def _listed(folder: Path) -> list[Listed]:
    found = []
    for path in sorted(filter(_is_file, folder.glob("*.toml"))):
        try:
            first = path.read_text(encoding="utf-8-sig", errors="replace").partition("\n")[0]
            comment = first.removeprefix("#").strip() if first.startswith("#") else ""
        except OSError as error:
            comment = f"cannot be read: {error.strerror}"
        found.append(Listed(path.stem, path, comment))
    return found


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False
