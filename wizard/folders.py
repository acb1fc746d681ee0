"""Where this program keeps its own files, and how paths are shown."""

import os
import shlex
from contextlib import suppress
from pathlib import Path

import platformdirs

from wizard.typed_path import quoted


def config_folder() -> Path:
    """Where saved profiles are; under $IMAGENET_SETUP_HOME where that is set."""
    return _home("config", platformdirs.user_config_path("imagenet-setup"))


def saved_folder() -> Path:
    """Where the person's own profiles are."""
    return config_folder() / "profiles"


def cache_folder() -> Path:
    """Where indexes, verified sums and previews are kept; safe to delete at any time."""
    return _home("cache", platformdirs.user_cache_path("imagenet-setup"))


def state_folder() -> Path:
    """Where unfinished answers, unfinished builds and crash logs are kept."""
    return _home("state", platformdirs.user_state_path("imagenet-setup"))


def recipes_folder() -> Path:
    """The shipped recipes: inside the package once installed, beside it in a checkout."""
    # pyproject.toml's force-include puts them into the wheel.
    inside = Path(__file__).parent / "profiles"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "profiles"


def shortened(path: Path) -> str:
    """The path as text, with ~ for the home folder."""
    try:
        home = Path.home()
    except RuntimeError:  # no home folder: a user ID without an entry, as in some containers
        return str(path)
    return str(Path("~") / path.relative_to(home)) if path.is_relative_to(home) else str(path)


def as_typed(path: Path) -> str:
    """An absolute path as a person would type it: with ~ for the home folder, or quoted where it has to be."""
    text = quoted(path)
    return shortened(path) if text == str(path) else text


def in_command(path: Path) -> str:
    """An absolute path as a word of a command line: with ~ for the home folder, or quoted for the shell.

    >>> in_command(Path("/data/my images"))
    "'/data/my images'"
    """
    text = shortened(path)
    is_plain = shlex.quote(text.removeprefix("~/")) == text.removeprefix("~/")
    return text if is_plain else shlex.quote(str(path))


def existing(path: Path) -> Path:
    """The path, or the nearest parent that exists; one that cannot be accessed counts as missing."""
    for place in (path, *path.parents):
        with suppress(OSError):
            if place.exists():
                return place
    return path


def _home(part: str, default: Path) -> Path:
    home = os.environ.get("IMAGENET_SETUP_HOME")
    return Path(home).expanduser().absolute() / part if home else default
