"""Finds the official archives in a folder and says what is wrong with them before anything is read."""

import shlex
from collections.abc import Collection, Mapping
from pathlib import Path

from wizard.errors import InputError, reading
from wizard.formats import tar
from wizard.formatting import human_bytes
from wizard.ilsvrc2012.archives import BOXES, IMAGES, Split

_HTML = (b"<!doctype", b"<html", b"<head", b"<?xml", b"<script")
_GZIP = b"\x1f\x8b"
_LISTED = 8
_PART = ".part"
"""Behind the name of an archive whose download is under way; see `download.part`."""


def image_archives(folder: Path, splits: Collection[Split]) -> dict[Split, Path]:
    """The tar of each split.

    Raises:
        InputError: the folder or an archive is missing, or its first bytes show that it is none.
    """
    found = _find(folder, {split: IMAGES[split].names for split in splits})
    there = ", ".join(f'"{split}"' for split in splits if split in found and _is_sound(found[split]))
    way_out = f", or build only what is there: --set 'source.splits=[{there}]'" if there else ""
    return _complete(folder, found, {split: IMAGES[split].name for split in splits}, way_out)


def box_archives(folder: Path, splits: Collection[Split]) -> dict[Split, Path]:
    """The annotation archive of each split.

    Raises:
        InputError: as for `image_archives`.
    """
    found = _find(folder, {split: BOXES[split].names for split in splits})
    boxes = "train" if "train" in found else "none"
    way_out = f", or do without its boxes, which classification does not need: --set source.boxes={boxes}"
    return _complete(folder, found, {split: BOXES[split].names[0] for split in splits}, way_out)


def require_folder(folder: Path) -> None:
    """Sees to it that raw data can be looked for there.

    Raises:
        InputError: it is no folder.
        OSError: it cannot be looked at.
    """
    if not folder.is_dir():
        raise InputError(
            f"{folder} is a file, not a folder." if folder.exists() else f"{folder} does not exist.",
            "Give the folder that holds the archives: --set source.path=FOLDER",
        )


def _find(folder: Path, names: Mapping[Split, tuple[str, ...]]) -> dict[Split, Path]:
    with reading(folder):
        if names:
            require_folder(folder)
        paths = {
            split: [folder / name for name in known if (folder / name).is_file()] for split, known in names.items()
        }
    return {split: present[0] for split, present in paths.items() if present}


def _complete(folder: Path, found: dict[Split, Path], names: Mapping[Split, str], way_out: str) -> dict[Split, Path]:
    missing = [name for split, name in names.items() if split not in found]
    if missing:
        raise InputError(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing in {folder}. {contents(folder)}",
            f"Put {'it' if len(missing) == 1 else 'them'} there{way_out}",
        )
    for path in found.values():
        with reading(path):
            sniff(path)
    return found


def _is_sound(path: Path) -> bool:
    try:
        with reading(path):
            sniff(path)
    except InputError:
        return False
    return True


def contents(folder: Path) -> str:
    """What a folder holds, in a sentence.

    Raises:
        InputError: it cannot be looked into.
    """
    with reading(folder):
        files = sorted(file for file in folder.iterdir() if not file.name.startswith("."))
    named = ", ".join(
        f"{file.name}/" if file.is_dir() else f"{file.name} ({human_bytes(file.lstat().st_size)})"
        for file in files[:_LISTED]
    )
    more = f" and {len(files) - _LISTED:,} more" if len(files) > _LISTED else ""
    parts = [file.name for file in files if file.name.endswith(_PART)]
    goes_on = f"imagenet-setup download --to {shlex.quote(str(folder))} goes on with it"
    begun = f" {parts[0]} is a download that was not finished: {goes_on}." if parts else ""
    return f"Found there: {named}{more}.{begun}" if files else "There is nothing in it."


def sniff(path: Path) -> None:
    """Looks at the first bytes of what should be a tar archive.

    Raises:
        InputError: they show that it is none.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(tar.BLOCK)
    size = path.stat().st_size
    again = "Download it again while logged in to image-net.org, or with imagenet-setup download"
    if not size:
        raise InputError(f"{path} is empty.", again)
    if says_html(head):
        raise InputError(
            f"{path} is an HTML page of {human_bytes(size)}, most likely a login page saved under the archive's name.",
            again,
        )
    gzipped = head.startswith(_GZIP)
    if gzipped and any(path.name in archive.names for archive in IMAGES.values()):
        raise InputError(
            f"{path} is gzipped, and images are read in place, which a compressed archive does not allow.",
            f"Unpack it once: mv {path.name} {path.name}.gz && gunzip {path.name}.gz",
        )
    if not any(head):
        raise InputError(
            f"{path} ({human_bytes(size)}) begins with zeros: its space was allocated for a download or copy that did "
            "not finish.",
            again,
        )
    if not gzipped and not tar.is_header(head):
        raise InputError(f"{path} ({human_bytes(size)}) is no tar archive: it begins with {head[:16]!r}.", again)


def says_html(head: bytes) -> bool:
    """Whether a file that begins so is a web page."""
    return head.lstrip().lower().startswith(_HTML)
