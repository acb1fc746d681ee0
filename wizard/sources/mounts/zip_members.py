"""Indexes a zip archive by its central directory, and refuses what cannot be true or cannot be read."""

import stat
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from wizard.errors import InputError
from wizard.formatting import human_bytes
from wizard.sources.cache import Arrays
from wizard.sources.mounts.members import UNKNOWN, DuplicateMember, MembersBuilder, Progress
from wizard.sources.mounts.naming import NESTED, member_path
from wizard.sources.mounts.zip_directory import AGAIN, ZipEntry, zip_entries
from wizard.sources.trees.image_names import is_image

_ENCRYPTED: Final = 1 | 1 << 6 | 1 << 13
_STORED, _DEFLATED = 0, 8
_METHODS: Final = {
    **{1: "Shrink", 6: "Implode", 9: "Deflate64", 12: "bzip2", 14: "LZMA", 20: "Zstandard", 93: "Zstandard"},
    **{95: "xz", 96: "JPEG", 98: "PPMd", 99: "AES encryption"},
}
_HEADER: Final = 30  # fewest bytes of a local header
_LARGE: Final = 1 << 22
_MOST_RATIO: Final = 100
"""An image hardly shrinks, and text to a tenth; deflate reaches 1,000 with zeros."""
_LARGEST: Final = 1 << 31
_BATCH: Final = 10_000  # members between two reports of progress


def zip_members(path: Path, progress: Progress) -> Arrays:
    """The columns of `Members` of a zip archive; offsets are those of local headers.

    Raises:
        InputError: it is cut off or damaged, encrypted, compressed as cannot be read, holds a path twice or one that
            leads out of it, or declares sizes that no archive of images has.
        OSError: it cannot be read.
    """
    found = MembersBuilder()
    starts, ends = array("q"), array("q")
    links: list[str] = []
    total = path.stat().st_size
    with path.open("rb") as file:
        for entry in zip_entries(path, file):
            if entry.name.endswith("/"):
                member_path(entry.name.rstrip("/") or entry.name, str(path))
                continue
            name = member_path(entry.name, str(path))
            _check(path, entry, total)
            starts.append(entry.offset)
            ends.append(entry.offset + _HEADER + entry.packed)
            if stat.S_ISLNK(entry.mode):
                links.append(name)
            elif NESTED.fullmatch(name):
                raise InputError(
                    f"{path}: {name} is an archive in a zip archive, where its images cannot be read in place.",
                    "Unpack the zip archive once, and give that folder; the archives in it may stay as they are",
                )
            elif name:
                found.add(name, entry.offset, entry.size, (entry.size > 0) if is_image(name) else UNKNOWN)
            if len(starts) % _BATCH == 0:
                progress(file.tell(), total)
    _check_spans(path, np.frombuffer(starts, np.int64), np.frombuffer(ends, np.int64))
    progress(total, total)
    try:
        return found.built(tuple(_on_links(path, links)))
    except DuplicateMember as error:
        raise InputError(f"{path} holds {error} more than once.", "Unpack it, remove one, and pack it again") from error


def _check(path: Path, entry: ZipEntry, total: int) -> None:
    if entry.flags & _ENCRYPTED:
        raise InputError(
            f"{path}: {entry.name} is encrypted, and this program asks for no passwords.",
            "Unpack it once with its password, and give that folder",
        )
    if entry.method not in (_STORED, _DEFLATED):
        method = f"method {entry.method}"
        if entry.method in _METHODS:
            method = f"{_METHODS[entry.method]} ({method})"
        raise InputError(
            f"{path}: {entry.name} is compressed by {method}; only stored and deflated members can be read.",
            "Unpack the archive once, with 7-Zip if unzip cannot, and give that folder",
        )
    if entry.offset + _HEADER + entry.packed > total:
        raise InputError(
            f"{path} is damaged: {entry.name} would lie beyond the file's end, at byte {entry.offset:,}.", AGAIN
        )
    most = entry.packed if entry.method == _STORED else _MOST_RATIO * entry.packed
    if entry.size > _LARGEST or (entry.size > max(_LARGE, most)) or (not entry.method and entry.size != entry.packed):
        raise InputError(
            f"{path}: {entry.name} claims to unpack from {human_bytes(entry.packed)} to {human_bytes(entry.size)}, as "
            "no image does: the archive is damaged, or made to fill memory and disks.",
            "Fetch the archive from where it is published, and do not use this one",
        )


def _check_spans(path: Path, starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]) -> None:
    """Refuses members that share their bytes, which lets a small archive hold far more than its size."""
    order = np.argsort(starts, kind="stable")
    shared = np.flatnonzero(starts[order][1:] < ends[order][:-1])
    if len(shared):
        raise InputError(
            f"{path}: {len(shared):,} of its {len(starts):,} members lie in the same bytes as others, first at byte "
            f"{starts[order][shared[0] + 1]:,}: the archive is damaged, or made to fill memory and disks.",
            "Fetch the archive from where it is published, and do not use this one",
        )


def _on_links(path: Path, links: Sequence[str]) -> list[str]:
    if not links:
        return []
    more = f" and {len(links) - 1:,} more links" if len(links) > 1 else ""
    return [f"{path} holds the link {links[0]}{more}, which are not followed in a zip archive"]
