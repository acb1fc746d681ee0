"""The raw data that was found on this machine, as the choices and the default of the question where it is."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from wizard.ask.prompt import Choice
from wizard.discovery.places import names_imagenet
from wizard.discovery.search import Found, found_here, within
from wizard.errors import UsageError
from wizard.folders import as_typed, shortened
from wizard.typed_path import expanded

_SHOWN = 8
"""Found folders in the list, of which there may be many on a machine that others use too."""
_BROAD = 46
"""Most columns of a path in the list, so that what it is fits beside it on a screen of 80."""
_END = 18
"""Columns of the end of a path that is cut inside a name."""
_AT_ONCE = (".", "raw-data", "imagenet", "~/imagenet/raw-data", "~/imagenet", "~/data/imagenet", "~/Downloads")
"""Where this program proposes to keep raw data, and the person's own folders."""
_SOON = 0.05
"""Seconds to wait for the last profile's folder, which may be on a network disk that is gone."""


def likely_source(last: str = "") -> str | None:
    """A folder to propose: the last profile's if it is still there, else the first that was found."""
    if last and _holds_anything(last):
        return last
    found = found_here()
    return as_typed(found[0].path) if found else None


def source_choices(first: str) -> tuple[Choice, ...]:
    """The folders that were found, if any; before them `first`, the answer so far, unless it is empty."""
    found = found_here()[:_SHOWN]
    if not found:
        return ()
    same = [each for each in found if first and _absolute(first) in (each.path, each.real)]
    others = [each for each in found if each not in same]
    titles = _titles([*same, *others])
    choices = [Choice(as_typed(each.path), titles[each.path], each.what) for each in others]
    if first:
        choices.insert(0, Choice(first, first if not same else titles[same[0].path], same[0].what if same else ""))
    return tuple(choices)


def at_hand() -> bool:
    """Whether raw data lies in one of the person's own folders, and no download of it has stopped there."""
    own = [Path(place).expanduser().absolute() for place in _AT_ONCE]
    found = [each.path for each in found_here() if each.path in own]
    # With a partial download, the person wants the rest, not a build of half the archives.
    return bool(found) and not any(found[0].glob("*.part"))


def found_in_words() -> str:
    """The first folder that was found, for whoever has to decide whether to download; empty if there is none."""
    found = found_here()
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return f"found: {elided(shortened(found[0].path))}{more}" if found else ""


def elided(path: str, width: int = _BROAD) -> str:
    """A path within so many columns; its beginning and the part that names ImageNet are kept, if they can be.

    >>> elided("~/.cache/huggingface/hub/datasets--ILSVRC--imagenet-1k/snapshots/49e2ee26f3810fb5a753")
    '~/.cache/…/datasets--ILSVRC--imagenet-1k/…'
    """
    if len(path) <= width:
        return path
    parts = path.split("/")
    telling = next((place for place, part in enumerate(parts) if names_imagenet(part)), len(parts) - 1)
    before, after = parts[:telling], parts[telling + 1 :]
    for head in (2, 1):
        beginning = before if len(before) <= head else [*before[:head], "…"]
        for end in (after, ["…", *after[-1:]], ["…"]) if after else ([],):
            text = "/".join([*beginning, parts[telling], *end])
            if len(text) <= width:
                return text
    return f"{path[: width - _END - 1]}…{path[-_END:]}"


def _titles(found: Iterable[Found]) -> dict[Path, str]:
    """Short paths, no two alike."""
    short = {each.path: elided(shortened(each.path)) for each in found}
    alike = [title for title in short.values() if [*short.values()].count(title) > 1]
    return {path: shortened(path) if title in alike else title for path, title in short.items()}


def _absolute(text: str) -> Path | None:
    try:
        return expanded(text).absolute()
    except UsageError:
        return None


@cache
def _holds_anything(place: str) -> bool:
    path = _absolute(place)
    return path is not None and bool(within(_SOON, lambda: path.is_file() or any(path.iterdir())))
