"""Unpacks the gzipped tars of the hubs; the caller records that it was done."""

import gzip
import zlib
from pathlib import Path
from typing import IO, cast

from wizard.download.errors import DownloadError
from wizard.download.events import Checking, Report
from wizard.download.http.part import set_aside
from wizard.errors import reading, writing
from wizard.events import Note
from wizard.formats import tar
from wizard.sources.names import unsafe

_LARGEST = 1 << 28
"""Bytes of the largest file to expect in these archives; each is in memory once."""
_REPORTED = 500
"""Files between two reports."""


def unpack(archive: Path, folder: Path, report: Report) -> None:
    """Unpacks all of an archive, which stays.

    The tar's end mark and gzip's checksum behind it are checked: what was unpacked is complete.

    Args:
        archive: a gzipped tar of regular files.
        folder: where they go; what an interrupted run left there is overwritten.
        report: called with the bytes of the archive that are done.

    Raises:
        DownloadError: it is damaged, and was set aside; or a name in it is unsafe.
        MachineError: a file cannot be written.
    """
    report(Note(text=f"Unpacking {archive} into {folder}."))
    try:
        _unpack(archive, folder, report)
    except (tar.TarDamage, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise damaged(archive, str(error)) from error
    except OSError as error:
        with reading(archive):
            raise error


def damaged(archive: Path, why: str) -> DownloadError:
    """Sets a damaged archive aside; the error that says so."""
    bad = set_aside(archive, archive)
    return DownloadError(
        f"{archive} is damaged and cannot be unpacked ({why}). It was set aside as {bad.name}.",
        f"Remove {bad}; the same command then fetches it again",
    )


def _unpack(archive: Path, folder: Path, report: Report) -> None:
    with reading(archive):
        file = archive.open("rb")
    with file, gzip.open(file) as opened:
        stream, total = cast(IO[bytes], opened), archive.stat().st_size
        made: set[Path] = set()
        for number, member in enumerate(tar.members(stream, head=_LARGEST)):
            if member.size > _LARGEST:
                raise tar.TarDamage(f"{member.name} has {member.size:,} bytes")
            if why := unsafe(member.name):
                raise DownloadError(
                    f"{archive} holds a file whose name {why}: {member.name!r}. Nothing was written there.",
                    "It is not the official archive: remove it, and ask whoever provides it",
                )
            path = folder / member.name
            with writing(path):
                if path.parent not in made:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    made.add(path.parent)
                path.write_bytes(member.head)
            if number % _REPORTED == 0:
                report(Checking(file=archive.name, done=file.tell(), total=total))
        report(Checking(file=archive.name, done=total, total=total))
