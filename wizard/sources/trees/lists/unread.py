"""Lists that seem to say splits, but are not read: in a form that is not known, or outside of the folder given."""

from collections.abc import Sequence
from pathlib import Path

from wizard.errors import InputError
from wizard.sources.trees.listing import Bounds
from wizard.sources.trees.lists.find import files_beside, find_splits, look_into
from wizard.sources.trees.lists.names import WRAPPERS, splits_in
from wizard.sources.trees.lists.parse import SUFFIXES

_NAMED = 4


def unread_lists(folder: Path) -> list[str]:
    """In sentences, which lists seem to say splits of the images in a folder, where its folders say none.

    Args:
        folder: given by the person; for one called images/, lists beside it count too.
    """
    try:
        told = _unread(folder)
        if told or folder.name.lower() not in WRAPPERS:
            return told
        return _above(folder) or _unread(folder.parent)
    except InputError:  # what cannot be looked into says nothing here; where it is to be read, that is told
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
        f"{folder} has files that are named as lists of splits, {names}: they are not read, for they name no images "
        "here, or have a form that is not known. All images are taken for one split."
    ]


def _above(folder: Path) -> list[str]:
    found = find_splits(folder.parent, Bounds.of(folder.parent, follow=False))
    lists = found.lists if found else {}
    return [
        f"{each.path} says which of these images are {split}, but is not read: give {folder.parent} to have it read."
        for split, each in lists.items()
        if each.folder == folder
    ]


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
