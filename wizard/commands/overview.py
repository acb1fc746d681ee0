"""`imagenet-setup --help`: the commands in their groups, on a screen of 80 x 24.

Not by cyclopts, whose import alone took longer (0.2 s) than this page may; the pages of commands are its own.
"""

import shutil
import sys
from collections.abc import Mapping, Sequence

from wizard.commands.catalog import EXAMPLES, GROUPS, OPTIONS
from wizard.wrapping import wrapped

_ABOUT = (
    "Usage: imagenet-setup [COMMAND] [OPTIONS]",
    "Turns ImageNet, in any of its forms, into a dataset that trainers open.",
)
_GAP = 2
"""Columns between the group, the name and what it is for."""
_LEAST = 40
"""Columns below which a terminal has to wrap lines by itself."""


def is_wanted(words: Sequence[str]) -> bool:
    """Whether a command line asks for this page: help alone, or --help without a command."""
    if list(words) == ["help"]:
        return True
    asks = any(word in ("--help", "-h") for word in words)
    return asks and all(word.startswith("-") and word != "--install-completion" for word in words)


def overview(width: int) -> str:
    """The page for a terminal of so many columns."""
    width = max(_LEAST, width)
    titles = max(map(len, (*GROUPS, "Options"))) + _GAP
    lines = [line for each in _ABOUT for line in wrapped(each, width, indent=0)] + [""]
    for title, commands in GROUPS.items():
        lines += _rows(title, {name: command.summary for name, command in commands.items()}, titles, width)
    lines += [*_rows("Options", OPTIONS, titles, width), ""]
    lines += [f"{'' if number else 'Try':<{titles}}imagenet-setup {each}" for number, each in enumerate(EXAMPLES)]
    return "\n".join(lines)


def _rows(title: str, entries: Mapping[str, str], titles: int, width: int) -> list[str]:
    """A group's lines; names of commands are in one column over all groups, longer ones of options in their own."""
    names = max(len("free-memory"), *map(len, entries)) + _GAP
    lines = []
    for name, summary in entries.items():
        lines += wrapped(f"{title:<{titles}}{name:<{names}}{summary}", width, indent=titles + names)
        title = ""
    return lines


def show() -> None:
    """Prints the page; a reader that has gone is no error."""
    try:
        sys.stdout.write(overview(shutil.get_terminal_size().columns) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stderr.close()  # Python would report at its end that it cannot flush
