"""The files of profiles, whatever they say: found by name, listed, written whole and deleted."""

import difflib
import shlex
import shutil
from pathlib import Path
from typing import NamedTuple

from wizard.errors import UsageError, writing
from wizard.folders import recipes_folder, saved_folder
from wizard.storage import write_whole
from wizard.targets.names import KEPT_PROFILE, MANIFEST
from wizard.typed_path import expanded


class Listed(NamedTuple):
    """A profile that can be named."""

    name: str
    path: Path

    @property
    def is_recipe(self) -> bool:
        """Whether it is shipped with the program, with a description as its first comment."""
        return self.path.parent == recipes_folder()


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
    if is_file(path):
        return path
    is_name = Path(name).name == name  # a path is none: it may be an output folder with a file of its name beside it
    known: set[str] = set()
    for folder in (saved_folder(), recipes_folder()):
        if is_name and is_file(folder / f"{name}.toml"):
            return folder / f"{name}.toml"
        known.update(file.stem for file in folder.glob("*.toml"))
    close = difflib.get_close_matches(name, sorted(known), n=1)
    raise UsageError(
        f"There is no profile {name!r}: no file of that path, and none of that name in {saved_folder()} "
        "or among the shipped recipes.",
        (f"Did you mean {close[0]}? " if close else "") + f"Names known: {', '.join(sorted(known))}",
    )


def is_kept(folder: Path) -> bool:
    """Whether a folder says what is built in it, so that it can be given in the place of a profile."""
    return any(is_file(folder / name) for name in (KEPT_PROFILE, MANIFEST))


def command_that_resumes(folder: Path) -> str:
    """What goes on with the build in a folder, as the subject of a sentence."""
    return f"imagenet-setup run {shlex.quote(str(folder))}" if is_kept(folder) else "the command that began it"


def path_of(name: str) -> Path:
    """Where a profile is saved under a name, whether or not there is one."""
    return saved_folder() / f"{name}.toml"


def write(text: bytes, path: Path) -> None:
    """Writes a profile's text, whole or not at all; what was there becomes *.bak.

    Raises:
        MachineError: the folder cannot be written.
    """
    with writing(path):
        # Saving the same again must not push the older version out of the backup.
        if is_file(path) and path.read_bytes() == text:
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


def _backup(path: Path) -> Path:
    return path.with_name(f"{path.name}.bak")


def _listed(folder: Path) -> list[Listed]:
    return [Listed(path.stem, path) for path in sorted(filter(is_file, folder.glob("*.toml")))]


def is_file(path: Path) -> bool:
    """Whether a path is a file that can be looked at."""
    try:
        return path.is_file()
    except OSError:
        return False
