"""What is there of a file, here and at the server, and what follows from it."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from wizard.download.archives import Archive
from wizard.download.errors import DownloadError
from wizard.download.http.remote import Remote, same_file
from wizard.errors import MachineError
from wizard.formats import tar
from wizard.formatting import human_bytes
from wizard.machine.resources import Disk

State = Literal["right", "begun", "adopted", "absent", "changed", "foreign", "wrong"]
"""Of a file: complete and right; a part that goes on; a short file under the final name that goes on; nothing there; a
part of another version; a part of something else; under the final name, another file."""

_GZIP = b"\x1f\x8b"
_RESERVE = 16_000_000
"""Bytes that a download leaves free."""


@dataclass(frozen=True, kw_only=True)
class FileStatus:
    """A file that is wanted, and what there is of it.

    Attributes:
        archive: which.
        state: of what is there.
        size: bytes that it has when it is complete.
        have: bytes of it that need not be fetched.
        freed: bytes of what is here that are let go.
        remote: the server's; None where it was not asked, because nothing is wanted of it.
        md5: that the file was found to have; empty where it was not read.
    """

    archive: Archive
    state: State
    size: int
    have: int = 0
    freed: int = 0
    remote: Remote | None = None
    md5: str = ""

    @property
    def missing(self) -> int:
        """Bytes that it will take beside what it takes now; fewer than none, where it starts over."""
        return self.size - self.have - self.freed

    @property
    def left(self) -> int:
        """Bytes that are still to be sent."""
        again = self.remote is not None and not self.remote.ranges
        return self.size if again else self.size - self.have

    @property
    def told(self) -> str:
        """What there is of it, in words; empty where nothing is."""
        again = self.remote is not None and not self.remote.ranges
        goes_on = "; this server sends all of it again" if again else "; goes on"
        match self.state:
            case "right":
                return "here, and its MD5 is as it should be"
            case "begun":
                return f"{human_bytes(self.have)} here{goes_on}"
            case "adopted":
                return f"{human_bytes(self.have)} here under its final name{goes_on}"
            case "changed":
                return "what is here is of another version; starts over"
            case "foreign":
                return "a part is here, but of something else; it is kept aside"
            case "wrong":
                return "a file of this name is here, but is another one; it is kept aside"
            case "absent":
                return ""


def of_part(size: int, record: Remote | None, remote: Remote) -> Literal["begun", "changed", "foreign", "unknown"]:
    """Whether a part can be gone on with; unknown where only a look at its bytes can tell.

    Args:
        size: bytes that there are.
        record: of which version it is a part; None where that is not known.
        remote: the server's version.
    """
    if record is None or record.server != remote.server:
        return "unknown" if size <= remote.size else "foreign"
    if record.size != remote.size or size > remote.size:
        return "changed"
    return "begun" if same_file(record, remote) else "unknown"


def require_believable(archive: Archive, address: str, remote: Remote, head: bytes) -> None:
    """Sees to it that the server's file can be the one that is wanted, before it is fetched.

    Args:
        archive: that is wanted.
        address: of the server's file.
        remote: what the server says of it.
        head: its first bytes.

    Raises:
        DownloadError: it cannot.
    """
    if archive.bytes and remote.size != archive.bytes:
        raise DownloadError(
            f"{address} has {remote.size:,} bytes; {archive.name} has {archive.bytes:,}. It is another file, or "
            "not all of it.",
            "Take another mirror: --base URL. If this one holds files of its own, give their MD5s: --checksums FILE, "
            f"with a line for {archive.name}",
        )
    gzipped = archive.name.endswith((".gz", ".tgz"))
    if not (head.startswith(_GZIP) if gzipped else tar.is_header(head)):
        raise DownloadError(
            f"{address} ({human_bytes(remote.size)}) is no {'gzipped ' if gzipped else ''}tar archive: it begins with "
            f"{head[:16]!r}.",
            "Take another mirror: --base URL",
        )


def require_room(found: Collection[FileStatus], folder: Path, disk: Disk) -> None:
    """Sees to it that what is still to come has room.

    Raises:
        MachineError: it has not.
    """
    left = sum(each.missing for each in found)
    if left > 0 and disk.free < left + _RESERVE:
        where = f"{disk.mount} ({disk.kind})" if disk.mount else str(folder)
        raise MachineError(
            f"{human_bytes(disk.free)} are free on {where} for {folder}; {human_bytes(left)} are still to come, and "
            f"{human_bytes(_RESERVE)} are to stay free.",
            f"Free {human_bytes(left + _RESERVE - disk.free)} there, choose another folder (--to DIR), or fewer files "
            "(--what)",
        )
