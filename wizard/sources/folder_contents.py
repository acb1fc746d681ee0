"""What a folder holds: in words, for a person whose raw data is not all there, or nothing but another folder."""

import shlex
from pathlib import Path

from wizard.errors import reading
from wizard.formatting import human_bytes
from wizard.sources.mounts import filesystem
from wizard.sources.mounts.filesystem import Entry
from wizard.sources.split_names import split_of_folder
from wizard.sources.trees.image_names import passed_over

_LISTED = 8
_PART = ".part"  # behind the name of an archive whose download is under way; see `download.part`


def describe_folder(folder: Path) -> str:
    """What a folder holds, on disk or in an archive, in a sentence; what lies beside a file.

    Raises:
        InputError: it cannot be looked into.
    """
    with reading(folder):
        if not filesystem.is_dir(folder) and folder.is_file():
            folder = folder.parent
    with reading(folder), filesystem.scandir(folder) as entries:
        there = sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name)
        named = ", ".join(map(_named, there[:_LISTED]))
    more = f" and {len(there) - _LISTED:,} more" if len(there) > _LISTED else ""
    parts = [entry.name for entry in there if entry.name.endswith(_PART)]
    resume = f"imagenet-setup download --to {shlex.quote(str(folder))} resumes it"
    begun = f" {parts[0]} is an unfinished download: {resume}." if parts else ""
    return f"Found there: {named}{more}.{begun}" if there else "There is nothing in it."


def only_folder(folder: Path) -> Path | None:
    """The folder that is all that lies in another; None if there is more, or if it is a split's.

    Raises:
        OSError: the folder cannot be looked into.
    """
    if not folder.is_dir():
        return None
    inside = [path for path in folder.iterdir() if not passed_over(path.name)]
    if len(inside) != 1 or not inside[0].is_dir() or inside[0].is_symlink():
        return None
    return None if split_of_folder(inside[0].name) else inside[0]


def _named(entry: Entry) -> str:
    if entry.is_dir():
        return f"{entry.name}/"
    return f"{entry.name} ({human_bytes(entry.stat(follow_symlinks=False).st_size)})"
