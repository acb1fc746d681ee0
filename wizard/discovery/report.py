"""What was found on this machine, in a sentence for an error."""

import shlex

from wizard.discovery.search import Found, found_here
from wizard.errors import NoRawData, ProfileError, SetupError
from wizard.formatting import few

_LISTED = 3
_MISSING = "source.path is missing"  # as `profile_problems` says it


def hint_with_found(error: SetupError) -> str:
    """The hint of an error; if it is that there is no raw data, with what was found on this machine."""
    missing = isinstance(error, ProfileError) and _MISSING in error.problems
    elsewhere = in_words(found_here()) if missing or isinstance(error, NoRawData) else ""
    return error.hint + (". " if error.hint and elsewhere else "") + elsewhere


def in_words(found: tuple[Found, ...]) -> str:
    """Where raw data is; empty if nothing was found.

    >>> from pathlib import Path
    >>> in_words((Found(path=Path("/data/a b"), real=Path("/data/a b"), what="the official archives"),))
    "Found on this machine: '/data/a b' (the official archives)"
    """
    named = [f"{shlex.quote(str(each.path))} ({each.what})" for each in found]
    return f"Found on this machine: {few(named, _LISTED)}" if named else ""
