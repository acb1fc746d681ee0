"""Finds lists that seem to define splits but are not read: in an unknown format, or outside the given folder."""

from collections.abc import Sequence
from pathlib import Path

from wizard.errors import InputError
from wizard.sources.trees.listing import Bounds
from wizard.sources.trees.lists.find import files_beside, find_splits, look_into
from wizard.sources.trees.lists.names import WRAPPERS, splits_in
from wizard.sources.trees.lists.parse import SUFFIXES

_NAMED = 4


def unread_lists(folder: Path) -> list[str]:
    """Sentences on lists that seem to define splits of a folder's images, if its folders define none.

    Args:
        folder: as given by the user; if it is called images/, lists beside it are included.
    """
    try:
        told = _unread(folder)
        if told or folder.name.lower() not in WRAPPERS:
            return told
        return _above(folder) or _unread(folder.parent)
    except InputError:  # an unreadable folder is ignored here; it is reported when it has to be read
        return []


def _unread(folder: Path) -> list[str]:
    inside = look_into(folder)
    if any(map(splits_in, inside.folders)):
        return []
    paths = [path for files in files_beside(inside) for _, path in sorted(files.items())]
    named = [path for path in paths if path.suffix.lower() in SUFFIXES and splits_in(path.stem)]
    if len({split for path in named for split in splits_in(path.stem)}) < 2:
        return []
    names = _few([str(path.relative_to(folder)) for path in named])
    return [
        f"{folder} has files named like lists of splits, {names}: they are not read, because they name no images "
        "here, or have an unknown format. All images are treated as one split."
    ]


def _above(folder: Path) -> list[str]:
    found = find_splits(folder.parent, Bounds.of(folder.parent, follow=False))
    lists = found.lists if found else {}
    return [
        f"{each.path} states which of these images are {split}, but is not read: give {folder.parent} to have it read."
        for split, each in lists.items()
        if each.folder == folder
    ]


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
