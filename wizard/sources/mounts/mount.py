"""Mounts archives: while one is mounted, `mounts.filesystem` shows it as a folder of its members.

Mounts belong to this process, and are of no use to workers, which are told in which bytes of which file an image lies.
"""

import os
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple

from wizard.errors import InputError, reading
from wizard.formats import tar
from wizard.formatting import human_bytes
from wizard.sources import streams
from wizard.sources.cache import cached, fingerprint
from wizard.sources.locate import says_html
from wizard.sources.mounts.members import DuplicateMember, Members, Progress, members_of
from wizard.sources.mounts.tar_members import tar_members
from wizard.sources.mounts.zip_directory import has_end
from wizard.sources.mounts.zip_members import zip_members

Form = Literal["zip", "tar", "stream"]
"""How members are read: by a zip's local headers, as byte ranges, or as ranges of what the file unpacks to."""
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_POINTER: Final = b"version https://git-lfs"
_UNREAD: Final = {
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "RAR",
    b"\x04\x22\x4d\x18": "LZ4",
    b"\x1f\x9d": "compress",
}
_MOST: Final = 32
"""Archives that stay mounted: a person may try several, and each takes memory."""
_AGAIN: Final = "Download or copy it again"
_mounts: OrderedDict[str, "Mount"] = OrderedDict()


@dataclass(frozen=True, kw_only=True, eq=False)
class Mount:
    """An archive that is shown as a folder.

    Attributes:
        path: of the archive.
        state: its fingerprint when it was indexed.
        beside: whether the folder that it lies in shows it as a folder; else it has to be asked for by its path.
    """

    path: str
    form: Form
    state: str
    members: Members
    beside: bool


class Inside(NamedTuple):
    """A place in a mounted archive; `below` is "" for the archive itself."""

    mount: Mount
    below: str


def mount(path: Path, cache: Path, progress: Progress, *, beside: bool = False) -> Mount:
    """Mounts an archive; its index is cached in a folder, as a compressed one has to be unpacked once for it.

    Raises:
        InputError: it is no archive that can be read, or is cut off, damaged, encrypted, or dangerous.
    """
    with reading(path):
        state = fingerprint(path)
        form = form_of(path)
        known = _mounts.get(str(path))
        if known is not None and known.state == state:
            members = known.members
        else:
            make = zip_members if form == "zip" else tar_members
            arrays = cached(cache, path, f"members1-{form}", lambda: make(path, progress), progress=progress)
            try:
                members = members_of(arrays)
            except DuplicateMember as error:
                raise InputError(f"{path} holds {error} both as a file and as a folder.", "Pack it again") from error
    found = Mount(path=str(path), form=form, state=state, members=members, beside=beside)
    _mounts[str(path)] = found
    _mounts.move_to_end(str(path))
    while len(_mounts) > _MOST:
        _mounts.popitem(last=False)
    return found


def unmount(path: Path) -> None:
    """Shows an archive as a file again."""
    _mounts.pop(str(path), None)


def form_of(path: Path) -> Form:
    """The form of an archive, by its first bytes.

    Raises:
        InputError: it is none.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(tar.BLOCK)
        ends_as_zip = has_end(file)
    if head.startswith(_ZIP) or (ends_as_zip and path.suffix.lower() == ".zip"):
        return "zip"
    if streams.compression(head):
        return "stream"
    if tar.is_header(head):
        return "tar"
    size = human_bytes(path.stat().st_size)
    unread = next((name for magic, name in _UNREAD.items() if head.startswith(magic)), "")
    if unread:
        raise InputError(
            f"{path} is a file of {unread}, which this program does not read.",
            "Unpack it once, and give that folder; or pack it again as zip or tar",
        )
    if not head:
        what = "is empty"
    elif says_html(head):
        what = f"is an HTML page of {size}, most likely a login page saved under the archive's name"
    elif head.startswith(_POINTER):
        raise InputError(
            f"{path} is a Git LFS pointer of {size}, not the archive that it stands for.",
            f"Fetch the archive itself: git lfs pull --include {path.name}",
        )
    elif not any(head):
        what = f"({size}) begins with zeros: its space was allocated for a download or copy that did not finish"
    else:
        what = f"({size}) is neither a zip nor a tar archive: it begins with {head[:16]!r}"
    raise InputError(f"{path} {what}.", _AGAIN)


def mounted(path: Path | str) -> Inside | None:
    """Where in a mounted archive a path leads; None for one on disk."""
    if not _mounts:
        return None
    text = str(path)
    for root, found in _mounts.items():
        if text.startswith(root) and (len(text) == len(root) or text[len(root)] in "/" + os.sep):
            return Inside(found, text[len(root) + 1 :].replace(os.sep, "/"))
    return None


def mounted_in(folder: Path | str) -> dict[str, Mount]:
    """The mounted archives that a folder on disk shows as folders, by their names."""
    found = {}
    for each in _mounts.values():
        parent, name = os.path.split(each.path)
        if each.beside and parent == str(folder):
            found[name] = each
    return found
