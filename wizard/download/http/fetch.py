"""One file: its status here and at the server; then fetched, verified, and put in place."""

import time
from dataclasses import replace
from pathlib import Path

from wizard.download.archives import Archive
from wizard.download.errors import (
    DamagedError,
    DownloadError,
    LoginPage,
    PrefixMismatch,
    RangesUnsupported,
    RemoteChanged,
)
from wizard.download.events import Checking, Fetched
from wizard.download.http.file_status import FileStatus, State, part_state, require_plausible
from wizard.download.http.part import Part, remembered, set_aside
from wizard.download.http.remote import ANY, Remote, same_file
from wizard.download.http.session import Session
from wizard.download.http.transfer import Transfer
from wizard.errors import InputError, reading, writing
from wizard.formatting import human_bytes
from wizard.sources.checksums import md5_of, remember_md5
from wizard.sources.locate import says_html
from wizard.sources.source import Progress

_HEAD = 512
"""Bytes by which a file is recognized: a tar header."""
_COMPARED = 1 << 16
"""Bytes of a part that are compared with the server's at each position, if nothing else identifies its file."""
_CHANGES = 3
_UNRELATED = "is not the beginning of the server's file"


def find_status(archive: Archive, session: Session) -> FileStatus:
    """What there is of a file, here and at the server; changes nothing.

    Raises:
        DownloadError: the server does not have it, refuses access, or has another file.
        InputError: what is here cannot be read.
        Interrupted: the person wanted to stop.
    """
    final = session.folder / archive.name
    with reading(final):
        if final.is_dir():
            raise InputError(f"{final} is a folder, and the archive needs its name.", "Move it away")
        have = final.stat().st_size if final.is_file() else -1
    if have >= 0 and archive.bytes in (0, have):
        md5, _when = md5_of(final, archive.md5, session.cache, _checking(archive.name, session))
        if md5 == archive.md5:
            return FileStatus(archive=archive, state="complete", size=have, have=have)
    remote = _probe(archive, session)
    state, kept, freed = _resumable(archive, session, remote, have)
    return FileStatus(archive=archive, state=state, size=remote.size, have=kept, freed=freed, remote=remote)


def fetch_file(status: FileStatus, session: Session) -> Fetched:
    """Fetches what is missing of a file, verifies the whole, and gives it its name; a complete one stays as it is.

    Raises:
        DownloadError: it cannot be had, or its MD5 is wrong; then it is kept aside.
        MachineError: it cannot be written.
        Interrupted: the person wanted to stop.
    """
    archive = status.archive
    if status.remote is None:
        return Fetched(file=archive.name, bytes=status.size, md5=archive.md5, seconds=0.0)
    began = time.monotonic()
    final, path = session.folder / archive.name, session.folder / f"{archive.name}.part"
    if status.state == "short":
        with writing(final):
            final.replace(path)
    elif status.state == "unrelated":
        _warn_aside(path.name, set_aside(path, final), _UNRELATED, session)
    with Part(session.folder, archive.name) as part:
        if status.state == "outdated":
            part.restart()
        md5 = _download(archive, status.remote, part, session)
        _finish(archive, md5, part, session)
    remember_md5(final, archive.md5, session.cache)
    return Fetched(file=archive.name, bytes=part.size, md5=archive.md5, seconds=time.monotonic() - began)


def _finish(archive: Archive, md5: str, part: Part, session: Session) -> None:
    """Gives a part that is complete and right its name; a file that has that name is kept aside."""
    if not part.undisturbed:
        md5 = "another one, because some other program has written to it"
    if md5 != archive.md5:
        kept = part.set_aside()
        _warn_aside(archive.name, kept, "arrived complete with another MD5", session)
        raise DamagedError(
            f"{archive.name} arrived complete, but its MD5 is {md5} and should be {archive.md5}. It is kept aside as "
            f"{kept.name}.",
            "The same command fetches it again. If that ends in the same way, the server has another file: use another "
            "mirror (--base URL), or give the MD5s of this one's files (--checksums FILE)",
        )
    if part.final.exists():
        _warn_aside(
            archive.name, set_aside(part.final, part.final), "was here already and is a different file", session
        )
    part.finish()


def _download(archive: Archive, remote: Remote, part: Part, session: Session) -> str:
    progress = _checking(archive.name, session)
    for _ in range(_CHANGES):
        part.remember(remote)
        try:
            part.md5(progress)  # of the existing bytes, before new ones are hashed
            _transfer(archive.name, remote, part, session)
            return part.md5(progress)
        except PrefixMismatch:
            _warn_aside(part.path.name, part.set_aside(), _UNRELATED, session)
        except RangesUnsupported:
            remote = replace(remote, ranges=False)
        except RemoteChanged:
            remote = _after_change(archive, remote, part, session)
    raise DownloadError(
        f"{archive.name}: {_CHANGES} times, the server contradicted what it had said of this file; "
        f"{human_bytes(part.size)} of it were received and are kept.",
        "Try again later, or use another mirror: --base URL",
    )


def _transfer(name: str, remote: Remote, part: Part, session: Session) -> None:
    if not remote.ranges and (part.size or session.connections > 1):
        one = ", over one connection" if session.connections > 1 else ""
        again = f"; the {human_bytes(part.size)} that are here are sent again and compared" if part.size else ""
        session.warn(f"{name}: this server sends only whole files{one}{again}")
    session.with_login(lambda: Transfer(name, remote, part, session).run())


def _after_change(archive: Archive, before: Remote, part: Part, session: Session) -> Remote:
    """The server's current file, after an answer that was about another one.

    The part is discarded only if the server's file is the right one and has other bytes.
    """
    remote = _probe(archive, session)
    if same_file(before, remote):
        # Where servers behind one name give the file ETags of their own, If-Range fails at all but one of them.
        return replace(remote, etag="") if remote.modified else remote
    if remote.size == before.size and _same_bytes(part.path, part.size, archive, remote, session):
        return replace(remote, etag=ANY)
    here = human_bytes(part.size)
    session.warn(f"{archive.name}: the server's file has changed since {here} of it arrived; starting over")
    part.restart()
    return remote


def _resumable(archive: Archive, session: Session, remote: Remote, have: int) -> tuple[State, int, int]:
    """The state of a file that is not complete, how many bytes of it are kept, and how many are deleted.

    `have` is the size of the file under its final name; -1 where there is none.
    """
    part, final = session.folder / f"{archive.name}.part", session.folder / archive.name
    with reading(part):
        size = part.stat().st_size if part.is_file() else 0
    if not size:
        if 0 < have < remote.size and _same_bytes(final, have, archive, remote, session):
            return "short", have, 0
        return "absent" if have < 0 else "mismatch", 0, 0
    record = remembered(session.folder, archive.name)
    state = part_state(size, record, remote)
    if state == "partial" or (state == "unknown" and _same_bytes(part, size, archive, remote, session)):
        return "partial" if have < 0 else "mismatch", size, 0
    if state == "outdated" or (record is not None and record.server == remote.server):
        return "outdated", 0, size
    return "unrelated", 0, 0


def _same_bytes(path: Path, size: int, archive: Archive, remote: Remote, session: Session) -> bool:
    """Whether a beginning has the server's bytes at its start, in its middle and at its end.

    Where the server sends no ranges, all of it is compared when it is sent again.
    """
    if not remote.ranges:
        return True
    last = max(0, size - _COMPARED)
    mine: dict[int, bytes] = {}
    with reading(path), path.open("rb") as file:
        for start in (last, last // 2, 0):
            file.seek(start)
            mine[start] = file.read(min(size - start, _COMPARED))
    try:
        return all(_read(archive.name, start, len(data), session)[1] == data for start, data in mine.items())
    except RemoteChanged:
        return False


def _probe(archive: Archive, session: Session) -> Remote:
    """The server's file, from its first bytes, which also show whether access is granted."""
    address = session.client.address(archive.name)
    try:
        remote, head = _read(archive.name, 0, _HEAD, session)
    except RemoteChanged as nothing:
        raise DownloadError(f"{address} is empty.", "Use another mirror: --base URL") from nothing
    require_plausible(archive, address, remote, head)
    return remote


def _read(name: str, start: int, count: int, session: Session) -> tuple[Remote, bytes]:
    """The server's file, and bytes of it; none where the server sends others than these."""

    def ask() -> tuple[Remote, bytes]:
        with session.client.open(name, start, start + count) as answer:
            data = bytearray()
            for chunk in answer.chunks if answer.start == start else ():
                data += chunk
                if len(data) >= count:  # the server may send all of the file
                    break
        if start == 0 and says_html(bytes(data)):
            raise LoginPage(session.client.host)
        return answer.remote, bytes(data[:count])

    return session.with_retries(name, ask)


def _checking(file: str, session: Session) -> Progress:
    def progress(done: int, total: int) -> None:
        session.check_stop()
        session.report(Checking(file=file, done=done, total=total))

    return progress


def _warn_aside(name: str, kept: Path, why: str, session: Session) -> None:
    session.warn(f"{name} {why}; it is kept aside as {kept.name}, which may be deleted")
