"""Parameters that several commands have, and what a shell completes them to."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from wizard.errors import UsageError
from wizard.folders import recipes_folder, saved_folder
from wizard.typed_path import expanded

if TYPE_CHECKING:  # imported by cyclopts only while a shell asks
    from cyclopts import Token
    from cyclopts.completion import CompletionContext


def _as_meant(_type: object, tokens: "Sequence[Token]") -> Path:
    typed = tokens[0].value
    if not typed.strip():  # as of a variable that a script has not set
        raise UsageError(f"{tokens[0].keyword or 'The path'} is empty.", "Name a folder; . is the current one")
    # From the text: a Path of an address would have lost one of its slashes.
    return expanded(typed)


AsMeant = Parameter(converter=_as_meant)
"""For each path that a command takes: it is read as questions and profiles read one (`typed_path`).

The parameter is a Path, so that a shell completes it.
"""


def complete_profile(context: "CompletionContext") -> list[str]:
    """Names of saved profiles and recipes, and paths of TOML files and of folders on the way to them."""
    begun = context.incomplete
    found = [] if "/" in begun else _names(begun, saved_folder(), recipes_folder())
    paths = _paths(begun)
    # A shell puts a blank after the only candidate, so a folder is not offered alone but opened.
    while not found and len(paths) == 1 and paths[0].endswith("/"):
        inside = _paths(paths[0])
        if not inside:
            break
        paths = inside
    return [*found, *paths]


def complete_saved(context: "CompletionContext") -> list[str]:
    """Names of saved profiles that begin with what was typed."""
    return _names(context.incomplete, saved_folder())


def _names(begun: str, *folders: Path) -> list[str]:
    names = {path.stem for folder in folders for path in folder.glob("*.toml")}
    return sorted(name for name in names if name.startswith(begun))


def _paths(begun: str) -> list[str]:
    """Paths that begin so, as they were begun (~ stays ~), each folder with a slash."""
    head, slash, tail = begun.rpartition("/")
    found = []
    try:
        for path in expanded(head + slash or ".").iterdir():
            hidden = path.name.startswith(".") and not tail.startswith(".")
            if hidden or not path.name.startswith(tail):
                continue
            if path.is_dir():
                found.append(f"{head}{slash}{path.name}/")
            elif path.suffix == ".toml":
                found.append(f"{head}{slash}{path.name}")
    except OSError:
        return []
    return sorted(found)


_PROFILE = "A path, a saved profile's name or a shipped recipe's name; or a build's folder, to continue it."
ProfileName = Annotated[str, Parameter(help=_PROFILE, completer=complete_profile)]
"""PROFILE, as profiles takes it."""
ProfileToBuild = Annotated[
    str | None, Parameter(help=f"{_PROFILE} Left out, --set says all.", completer=complete_profile)
]
"""PROFILE, as run, check and submit take it."""
