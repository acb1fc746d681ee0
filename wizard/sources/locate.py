"""Checks folders of raw data, and files that are named as archives."""

import os
from contextlib import suppress
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from wizard.errors import Hint, InputError, NoRawData
from wizard.folders import shortened
from wizard.formats import tar
from wizard.formatting import counted, human_bytes
from wizard.ilsvrc2012.archives import IMAGE_ARCHIVES, IMAGES, Split

_HTML = (b"<!doctype", b"<html", b"<head", b"<?xml", b"<script")
_GZIP = b"\x1f\x8b"
ON_BAD_IMAGE = Hint("leave such images out with {}", "output.on_bad_image=skip")
_LOOKED_AT = 10_000
"""Entries of a folder that are compared with a missing name."""
_PROVE = "imagenet-setup run PROFILE --md5 compares its MD5 with the official one; if it differs, download it again"


def require_folder(folder: Path) -> None:
    """Requires a readable folder.

    Raises:
        NoRawData: it is no folder.
        OSError: it cannot be looked at.
    """
    if not folder.is_dir():
        near = similar_folder(folder)
        raise NoRawData(
            f"{shortened(folder)} is a file, not a folder."
            if folder.exists()
            else f"{shortened(folder)} does not exist.",
            Hint("Give the folder that holds the raw data: {}", "source.path=FOLDER")
            if near is None
            else f"Did you mean {shortened(near)}?",
        )
    os.scandir(folder).close()  # a folder without permission is named here, not a path below it


def similar_folder(missing: Path) -> Path | None:
    """The folder that a missing one was probably meant to be: its name is like that of one which is there."""
    with suppress(OSError):
        wrong = next(each for each in (missing, *missing.parents) if each.parent.is_dir())
        with os.scandir(wrong.parent) as entries:
            folders = {entry.name.lower(): entry.name for entry in islice(entries, _LOOKED_AT) if entry.is_dir()}
        for name in get_close_matches(wrong.name.lower(), folders, n=1):
            near = wrong.with_name(folders[name])
            below = near / missing.relative_to(wrong)
            return below if below.is_dir() else near
    return None


def sniff(path: Path) -> None:
    """Looks at the first bytes of what should be a tar archive.

    Raises:
        InputError: it is not one.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(tar.BLOCK)
    size = human_bytes(path.stat().st_size)
    gzipped = head.startswith(_GZIP)
    if gzipped and path.name in IMAGE_ARCHIVES:
        raise InputError(
            f"{path} is gzipped, and images are read in place, which a compressed archive does not allow.",
            f"Unpack it once: mv {path.name} {path.name}.gz && gunzip {path.name}.gz",
        )
    problem = ""
    if not head:
        problem = "is empty"
    elif says_html(head):
        problem = f"is an HTML page of {size}, most likely a login page saved under the archive's name"
    elif not any(head):
        problem = f"({size}) begins with zeros: its space was allocated for a download or copy that did not finish"
    elif not gzipped and not tar.is_header(head):
        problem = f"({size}) is not a tar archive: it begins with {head[:16]!r}"
    if problem:
        again = "Download it again while logged in to image-net.org, or with imagenet-setup download"
        raise InputError(f"{path} {problem}.", again)


def says_html(head: bytes) -> bool:
    """Whether a file with these first bytes is a web page."""
    return head.lstrip().lower().startswith(_HTML)


def may_be_official(path: Path, split: Split) -> bool:
    """Whether an archive has the official name, and the official size if that is known.

    Raises:
        OSError: it cannot be accessed.
    """
    official = IMAGES[split]
    return path.name in official.md5s and official.bytes in (0, path.stat().st_size)


def way_out(path: Path, split: Split) -> str:
    """The hint for an archive that is damaged or holds an unexpected member.

    Raises:
        OSError: it cannot be accessed.
    """
    if may_be_official(path, split):
        return _PROVE
    size, official = path.stat().st_size, IMAGES[split].bytes
    if size < official:
        return (
            f"It has {human_bytes(size)} of the official {human_bytes(official)}: if its download was interrupted, "
            "resume it (imagenet-setup download, wget -c); if you packed it yourself, pack it again"
        )
    return "It is not the official archive: pack it again, or download the official one"


def zeros_warning(archive: str, zeros: int, what: str, *, inside: bool = False, others: int = 0) -> str:
    """A warning about bytes of zeros at the end of an archive, and of `others` in it, where `what` may be missing.

    They begin `inside` the last file, or are more than padding explains.
    """
    more = f" (and of {counted(others, 'more archive')} in it)" if others else ""
    why = "which ends in zeros itself" if inside else "more than tar's usual padding"
    return (
        f"{human_bytes(zeros)} of zeros follow the last file of {archive}{more}, {why}: if it was downloaded or "
        f"copied, {what} may be missing; compare its size and checksum with those of the original"
    )
