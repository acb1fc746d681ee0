"""One file after the other: looked at here and at the server, fetched, proven, put in place."""

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
from wizard.download.http.digest import Digest
from wizard.download.http.file_status import FileStatus, State, of_part, require_believable
from wizard.download.http.http_client import Answer
from wizard.download.http.part import Part, remembered, set_aside
from wizard.download.http.remote import ANY, Remote, same_file
from wizard.download.http.session import POLL_SECONDS, Session, check_stop, with_login, with_retries
from wizard.download.http.transfer import Transfer
from wizard.errors import InputError, reading, writing
from wizard.events import Note
from wizard.formatting import human_bytes
from wizard.sources.checksums import md5_of, remember_md5
from wizard.sources.locate import says_html

_HEAD = 512
"""Bytes by which a file is known: a tar header."""
_OVERLAP = 1 << 16
"""Bytes of a part that are compared with the server's at each place, where nothing else tells of which file it is."""
_CHANGES = 3


def look(archive: Archive, session: Session) -> FileStatus:
    """What there is of a file, here and at the server; changes nothing.

    Raises:
        DownloadError: the server does not have it, does not give it, or has another one.
        InputError: what is here cannot be read.
        Interrupted: the person wanted to stop.
    """
    final = session.folder / archive.name
    with reading(final):
        if final.is_dir():
            raise InputError(f"{final} is a folder, and the archive would have its name.", "Move it away")
        have = final.stat().st_size if final.is_file() else -1
    found_md5 = _sum(final, archive, session) if have >= 0 and archive.bytes in (0, have) else ""
    if found_md5 == archive.md5:
        return FileStatus(archive=archive, state="right", size=have, have=have, md5=found_md5)
    remote = _probe(archive, session)
    state, kept = _begun(archive, session, remote, have)
    part = session.folder / f"{archive.name}.part"
    freed = part.stat().st_size if state == "changed" else 0
    return FileStatus(
        archive=archive, state=state, size=remote.size, have=kept, freed=freed, remote=remote, md5=found_md5
    )


def fetch(found: FileStatus, session: Session) -> Fetched:
    """Fetches what is missing of a file, proves the whole, and gives it its name; one that is right stays as it is.

    Raises:
        DownloadError: it cannot be had, or its MD5 is wrong; then it is kept aside.
        MachineError: it cannot be written.
        Interrupted: the person wanted to stop.
    """
    archive, remote = found.archive, found.remote
    if remote is None:
        return Fetched(file=archive.name, bytes=found.size, md5=found.md5, seconds=0.0)
    began = time.monotonic()
    _make_way(found, session)
    path = _proven(archive, remote, session, anew=found.state == "changed")
    remember_md5(path, archive.md5, session.cache)
    seconds = time.monotonic() - began
    return Fetched(file=archive.name, bytes=path.stat().st_size, md5=archive.md5, seconds=seconds)


def _proven(archive: Archive, remote: Remote, session: Session, *, anew: bool) -> Path:
    """The file under its final name, once it is whole and right; what was there under that name is kept aside."""
    with Part(session.folder, archive.name) as part:
        if anew:
            part.restart()
        md5 = _whole(archive, remote, part, session)
        if not part.undisturbed:
            md5 = "another one, because some other program has written to it"
        if md5 != archive.md5:
            kept = part.set_aside()
            part.discard()
            raise DamagedError(
                f"{archive.name} came whole, but its MD5 is {md5} and should be {archive.md5}. It is kept aside as "
                f"{kept.name}.",
                "The same command fetches it anew. If that ends so too, the server's file is another one: take another "
                "mirror (--base URL), or give the sums of this one's files (--checksums FILE)",
                file=archive.name,
                kept=kept,
            )
        final = session.folder / archive.name
        if final.exists():
            _tell_aside(final.name, set_aside(final, final), "was here and is not what it should be", session)
        return part.finish()


def _tell_aside(name: str, kept: Path, why: str, session: Session) -> None:
    session.report(Note(text=f"{name} {why}; it is kept aside as {kept.name}, which may be deleted", warning=True))


def _whole(archive: Archive, remote: Remote, part: Part, session: Session) -> str:
    """Fetches until the part is whole; its MD5."""
    for _ in range(_CHANGES):
        part.remember(remote)
        try:
            with Digest(part.path, part.size) as digest:
                _transfer(archive.name, remote, part, digest, session)
                return _summed(archive.name, digest, part.size, session)
        except PrefixMismatch:
            _tell_aside(part.path.name, part.set_aside(), "is not the beginning of the server's file", session)
        except RemoteChanged:
            remote = _after_change(archive, remote, part, session)
    raise DownloadError(
        f"{archive.name}: {_CHANGES} times the server's answer did not fit what it says of the file; "
        f"{human_bytes(part.size)} of it are here and are kept.",
        "Try again when it is settled, or take another mirror: --base URL",
    )


def _after_change(archive: Archive, before: Remote, part: Part, session: Session) -> Remote:
    """The server's file of now, after an answer that was about another one; a part of another is let go.

    Only a file that is known for the right one, and is of other bytes, makes what is here useless.
    """
    remote = _probe(archive, session)
    if same_file(before, remote):
        return remote
    if remote.size == before.size and _alike(part.path, part.size, archive, remote, session):
        return replace(remote, etag=ANY)
    told = f"{archive.name}: the server's file has changed since {human_bytes(part.size)} of it came"
    session.report(Note(text=f"{told}; starting over", warning=True))
    part.restart()
    return remote


def _transfer(name: str, remote: Remote, part: Part, digest: Digest, session: Session) -> None:
    if not remote.ranges and (part.size or session.connections > 1):
        one = ", over one connection" if session.connections > 1 else ""
        again = f"; the {human_bytes(part.size)} that are here come again, and are compared" if part.size else ""
        said = f"{name}: this server sends files from their beginning only{one}{again}"
        session.report(Note(text=said, warning=True))
    try:
        with_login(lambda: Transfer(name, remote, part, digest, session).run(), session)
    except RangesUnsupported:
        _transfer(name, replace(remote, ranges=False), part, digest, session)


def _summed(name: str, digest: Digest, size: int, session: Session) -> str:
    with reading(session.folder / name):
        while not digest.wait(POLL_SECONDS):
            check_stop(session)
            session.report(Checking(file=name, done=digest.summed, total=size))
    return digest.hex()


def _begun(archive: Archive, session: Session, remote: Remote, have: int) -> tuple[State, int]:
    """What of a file that is not right can be gone on with, and how many bytes that is.

    Args:
        archive: the file that is wanted.
        session: how it is fetched.
        remote: the server's file.
        have: bytes of the file under its final name; -1 where there is none.
    """
    part = session.folder / f"{archive.name}.part"
    with reading(part):
        size = part.stat().st_size if part.is_file() else 0
    if size:
        record = remembered(session.folder, archive.name)
        state = of_part(size, record, remote)
        if state == "unknown":
            ours = record is not None and record.server == remote.server
            state = "begun" if _alike(part, size, archive, remote, session) else "changed" if ours else "foreign"
        return ("wrong", size) if have >= 0 and state == "begun" else (state, size if state == "begun" else 0)
    if have < 0:
        return "absent", 0
    short = 0 < have < remote.size
    if short and _alike(session.folder / archive.name, have, archive, remote, session):
        return "adopted", have
    return "wrong", 0


def _make_way(found: FileStatus, session: Session) -> None:
    """A short file under the final name becomes the part; a part that is none of this file is kept aside."""
    name = found.archive.name
    final, part = session.folder / name, session.folder / f"{name}.part"
    if found.state == "adopted":
        with writing(final):
            final.replace(part)
    elif found.state == "foreign":
        _tell_aside(part.name, set_aside(part, final), "is not the beginning of the server's file", session)


def _alike(path: Path, size: int, archive: Archive, remote: Remote, session: Session) -> bool:
    """Whether a beginning has the server's bytes at its start, in its middle and at its end.

    Where the server sends no ranges, all of it is compared when it comes again.
    """
    if not remote.ranges:
        return True
    places = sorted({0, max(0, size - _OVERLAP) // 2, max(0, size - _OVERLAP)}, reverse=True)
    try:
        return all(_same_at(path, place, min(size, place + _OVERLAP), archive, session) for place in places)
    except RemoteChanged:
        return False


def _same_at(path: Path, start: int, stop: int, archive: Archive, session: Session) -> bool:
    with reading(path), path.open("rb") as file:
        file.seek(start)
        mine = file.read(stop - start)

    def theirs() -> bytes:
        with session.client.open(archive.name, start, stop) as answer:
            return _first(answer, stop - start) if answer.start == start else b""

    return with_retries(archive.name, theirs, session) == mine


def _probe(archive: Archive, session: Session) -> Remote:
    """Asks the server for the beginning of a file, by which the file and the right to it are known."""

    def ask() -> tuple[Remote, bytes]:
        with session.client.open(archive.name, 0, _HEAD) as answer:
            head = _first(answer, _HEAD)
        if says_html(head):
            raise LoginPage(session.client.host)
        return answer.remote, head

    try:
        remote, head = with_retries(archive.name, ask, session)
    except RemoteChanged as nothing:
        raise DownloadError(
            f"{session.client.address(archive.name)} is empty.", "Take another mirror: --base URL"
        ) from nothing
    require_believable(archive, session.client.address(archive.name), remote, head)
    return remote


def _first(answer: Answer, count: int) -> bytes:
    """The first bytes of an answer, which may go on with all of the file."""
    head = bytearray()
    for chunk in answer.chunks:
        head += chunk
        if len(head) >= count:
            break
    return bytes(head[:count])


def _sum(path: Path, archive: Archive, session: Session) -> str:
    """The MD5 of a file that is there."""

    def progress(done: int, total: int) -> None:
        check_stop(session)
        session.report(Checking(file=path.name, done=done, total=total))

    found, _when = md5_of(path, archive.md5, session.cache, progress)
    return found
