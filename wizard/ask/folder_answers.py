"""What a person means by the path of a folder, what else may be meant, and what is to be said about it."""

from contextlib import suppress
from itertools import islice

from wizard.ask.context import Context
from wizard.ask.defaults import target_of
from wizard.ask.prompt import Choice, Value
from wizard.ask.question import Answers
from wizard.discovery.places import Place
from wizard.discovery.search import search
from wizard.errors import UsageError
from wizard.folders import as_typed, shortened
from wizard.sources.part_of import folder_of_part
from wizard.sources.registry import likely
from wizard.targets.names import STATE_FOLDER
from wizard.typed_path import expanded

_SOON = 0.5
"""Seconds that a look below a folder takes at most."""
_SHOWN = 12
_MANY = 1000
"""Entries of a folder that are counted."""


def folder_meant(value: Value) -> tuple[Value, str]:
    """The folder of raw data, where one of the files in it was named, and a sentence on that; else as it was."""
    with suppress(UsageError):
        path = expanded(str(value)).absolute()
        if folder := folder_of_part(path):
            return as_typed(folder), f"{path.name} is one file of the raw data. Its folder is read: {shortened(folder)}"
    return value, ""


def folders_below(value: Value) -> tuple[Choice, ...]:
    """The raw data below a folder that holds none itself, told by names; nothing about a folder that is raw data."""
    with suppress(UsageError):
        folder = expanded(str(value)).absolute()
        found = search([Place(path=str(folder), depth=2, meant=True)], likely(), limit=_SOON)
        below = [each for each in found if each.path != folder]
        if len(below) == len(found):
            return tuple(
                Choice(as_typed(each.path), str(each.path.relative_to(folder)), each.what) for each in below[:_SHOWN]
            )
    return ()


def output_remark(value: Value, known: Answers[Context]) -> str:
    """What a person should know of a folder that a dataset can be written to, in two sentences; empty for most."""
    path, raw = expanded(str(value)).absolute(), known.context.folder
    name = target_of(known).offer.folder
    try:
        if raw is not None and path.resolve().is_relative_to(raw.resolve()):
            return (
                f"{shortened(path)} is inside the raw data's folder. To keep them apart, go back and name another one, "
                f"such as {shortened(raw.parent / name)}."
            )
        entries = [entry.name for entry in islice(path.iterdir(), _MANY)] if path.is_dir() else []
    except OSError:  # the check before the build says more
        return ""
    if not entries or STATE_FOLDER in entries:
        return ""
    more = " or more" if len(entries) == _MANY else ""
    there = "1 file or folder" if len(entries) == 1 else f"{len(entries):,}{more} files and folders"
    return (
        f"{shortened(path)} already holds {there}, and no dataset of this program; the result will be mixed with "
        f"them. To keep them apart, go back and name another one, such as {shortened(path / name)}."
    )
