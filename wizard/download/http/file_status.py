"""What there is of a file, here and at the server, and what follows from it."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wizard.download.archives import Archive
from wizard.download.errors import DownloadError
from wizard.download.http.remote import Remote, same_file
from wizard.errors import MachineError
from wizard.formats import tar
from wizard.formatting import human_bytes
from wizard.machine.disks import Disk

State = Literal["complete", "partial", "short", "absent", "outdated", "unrelated", "mismatch"]
"""Of a file: complete, with the right MD5; a part that is resumed; a short file under the final name that is resumed;
nothing there; a part of another version; a part of another file; another file under the final name."""

_DESCRIPTIONS: Mapping[State, str] = {
    "complete": "here, with the right MD5",
    "partial": "{have} here; {resumed}",
    "short": "{have} here under its final name; {resumed}",
    "absent": "",
    "outdated": "the part here is of another version; starts over",
    "unrelated": "the part here is of another file; it is kept aside",
    "mismatch": "the file here is another one; it is kept aside",
}
_GZIP = b"\x1f\x8b"
_RESERVE = 16_000_000
"""Bytes that a download leaves free."""


@dataclass(frozen=True, kw_only=True)
class FileStatus:
    """A file that is wanted, and what there is of it.

    Attributes:
        size: bytes of the complete file.
        have: bytes of it that need not be fetched.
        freed: bytes that are here and will be deleted.
        remote: the server's file; None where the server was not asked, because the file is complete.
    """

    archive: Archive
    state: State
    size: int
    have: int = 0
    freed: int = 0
    remote: Remote | None = None

    @property
    def missing(self) -> int:
        """Bytes of disk that it still takes; negative where it starts over with a smaller file."""
        return self.size - self.have - self.freed

    @property
    def left(self) -> int:
        """Bytes that are still to be sent."""
        return self.size if self._sent_again else self.size - self.have

    @property
    def description(self) -> str:
        """What there is of it, in words; empty where there is nothing."""
        resumed = "this server sends all of it again" if self._sent_again else "will be resumed"
        return _DESCRIPTIONS[self.state].format(have=human_bytes(self.have), resumed=resumed)

    @property
    def _sent_again(self) -> bool:
        return self.remote is not None and not self.remote.ranges


def part_state(
    size: int, record: Remote | None, remote: Remote
) -> Literal["partial", "outdated", "unrelated", "unknown"]:
    """Whether a part of this size can be resumed; unknown where only a comparison of bytes can decide.

    The `record` is the version that it belongs to; None where that is not known.
    """
    if record is None or record.server != remote.server:
        return "unknown" if size <= remote.size else "unrelated"
    if record.size != remote.size or size > remote.size:
        return "outdated"
    return "partial" if same_file(record, remote) else "unknown"


def require_plausible(archive: Archive, address: str, remote: Remote, head: bytes) -> None:
    """Checks, by its size and its first bytes, that the server's file can be the one that is wanted.

    Raises:
        DownloadError: it cannot.
    """
    if archive.bytes and remote.size != archive.bytes:
        raise DownloadError(
            f"{address} has {remote.size:,} bytes; {archive.name} has {archive.bytes:,}. It is another file, or "
            "incomplete.",
            "Use another mirror: --base URL. If this one has files of its own, give their MD5s: --checksums FILE, "
            f"with a line for {archive.name}",
        )
    gzipped = archive.name.endswith((".gz", ".tgz"))
    if not (head.startswith(_GZIP) if gzipped else tar.is_header(head)):
        raise DownloadError(
            f"{address} ({human_bytes(remote.size)}) is not a {'gzipped ' if gzipped else ''}tar archive: it begins "
            f"with {head[:16]!r}.",
            "Use another mirror: --base URL",
        )


def least_missing(archives: Collection[Archive], folder: Path) -> int:
    """Bytes of disk that archives still take at least, as far as their sizes are published; no server is asked.

    Whatever has their names in the folder is taken for as much of them.
    """
    return sum(max(0, archive.bytes - bytes_here(archive.name, folder)) for archive in archives)


def bytes_here(name: str, folder: Path) -> int:
    """The size of a file or of its part, whichever is larger; 0 if there is neither, or they cannot be looked at."""
    sizes = [0]
    for path in (folder / name, folder / f"{name}.part"):
        with suppress(OSError):
            sizes.append(path.stat().st_size)
    return max(sizes)


def require_room(left: int, folder: Path, disk: Disk) -> None:
    """Raises MachineError if the disk has no room for the bytes that are still to come."""
    if left > 0 and disk.free < left + _RESERVE:
        where = f"{disk.mount} ({disk.kind})" if disk.mount else str(folder)
        raise MachineError(
            f"{human_bytes(disk.free)} are free on {where} for {folder}; {human_bytes(left)} are still to come, and "
            f"{human_bytes(_RESERVE)} must stay free.",
            f"Free {human_bytes(left + _RESERVE - disk.free)} there, choose another folder (--to DIR), or fewer files "
            "(--what)",
        )
