"""Finds images that may be copies: by their names, by links between classes, by folders inside class folders."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from wizard.sources.names import in_lists
from wizard.sources.samples import Copies
from wizard.sources.trees.image_names import parse_image_name

# Every name that `_COPY` matches contains one of these; searching all names at once for them is fast.
_TOKENS = (b"(", b"~", b"cop", b"kop", b"g.")
_WORD = r"(?:copy|copie|copia|kopie)"
_COPY = re.compile(
    rf"""(?P<stem>.+?)
    (?: \ ?\(\d+\)                                      # x (1).jpg: Windows, Chrome; x(1).jpg: Firefox
    |   \ \((?:another\ |\d+(?:st|nd|rd|th)\ )?{_WORD}(?:\ \d+)?\)          # x (copy).jpg, x (3rd copy).jpg: GNOME
    |   (?:\ -\ |[ ._-]){_WORD}(?:\ \d+|\ ?\(\d+\))?    # x copy 2.jpg: macOS; x - Copy (2).jpg: Windows
    |   ~\d+                                            # x~1.jpg: Android
    )(?P<suffix>\.\w+)?
    | {_WORD}\ (?:\(\d+\)\ )?(?:of|von|de|di)\ (?P<rest>.+)                 # Copy of x.jpg: Google Drive, Windows XP
    | (?P<fetched>.+\.(?:jpe?g|png))\.\d+               # x.jpg.1: wget""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


def original_name(base: str) -> str:
    """The name of the file that a file was copied from, judging by its own name; empty if it is not named like a copy.

    >>> original_name("x (1).JPEG"), original_name("x - Copy.jpg"), original_name("x.jpg")
    ('x.JPEG', 'x.jpg', '')
    """
    match = _COPY.fullmatch(base)
    if match is None:
        return ""
    return match["rest"] or match["fetched"] or match["stem"] + (match["suffix"] or "")


def copies(names: npt.NDArray[np.bytes_]) -> Copies | None:
    """The images of a split, by their names in UTF-8, that are named like copies of images beside them."""
    suspects: dict[str, list[str]] = {}
    for some in in_lists(names):
        joined = b"\n".join(some).lower()
        if any(token in joined for token in _TOKENS):
            suspects |= {name: originals for name in map(bytes.decode, some) if (originals := _originals(name))}
    sought = {original.encode() for originals in suspects.values() for original in originals}
    there: set[bytes] = set()
    for some in in_lists(names) if sought else ():
        there |= sought.intersection(some)
    found: list[tuple[str, str]] = []
    for name, originals in suspects.items():
        found += [(name, original) for original in originals if original.encode() in there][:1]
    return Copies(len(found), *found[0]) if found else None


def _originals(name: str) -> list[str]:
    """The names that an image's original would have; none if it is not named like a copy."""
    folder, cut, base = name.rpartition("/")
    original = original_name(base)
    if not original:
        return []
    parsed = parse_image_name(original)  # official images are known by their official names, whatever their spelling
    return [f"{folder}{cut}{original}", *([parsed.name] if parsed else [])]


def link_warnings(folders: Sequence[Path]) -> list[str]:
    """A sentence, without its full stop, for each class's folder or archive that is a link to another one."""
    real = {os.path.realpath(folder): folder for folder in folders if not folder.is_symlink()}
    links = [folder for folder in folders if folder.is_symlink()]
    targets = [(link, real.get(os.path.realpath(link))) for link in links]
    return [f"{link} is a link to {folder}: the same images are in both classes" for link, folder in targets if folder]


def nested_warning(
    folders: Sequence[str], folder: npt.NDArray[np.int32], inside: npt.NDArray[np.bytes_], label: npt.NDArray[np.int16]
) -> str:
    """A sentence, without its full stop, on images that may have been put aside: cat/thumbnails/1.jpg by cat/1.jpg.

    A class whose images are all in folders inside its own, as in Tiny ImageNet, is left unmentioned.

    Args:
        folders: paths that `folder` counts in.
        folder: int32[n], the folder of each image.
        inside: bytes[n], its path below that folder.
        label: int16[n], its class's rank; -1 for none.
    """
    deeper = (np.char.find(inside, b"/") >= 0) & (label >= 0)
    if not deeper.any():
        return ""
    mixed = np.bincount(folder[~deeper], minlength=len(folders)) > 0
    rows = np.flatnonzero(deeper & mixed[folder])
    if not len(rows):
        return ""
    first = f"{folders[folder[rows[0]]]}/{inside[rows[0]].decode()}"
    are = "1 image is" if len(rows) == 1 else f"{len(rows):,} images are"
    return f"{are} in a folder inside a class folder, and read as images of that class; the first is {first}"
