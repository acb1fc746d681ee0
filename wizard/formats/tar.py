"""Walks a tar archive by its headers alone, and refuses to end early in silence.

`tarfile` ends an iteration quietly at a header that is cut off or damaged, so a truncated archive looks like a
small one. Here every end that is not the archive's own end marker is an error. One header is still parsed by
`tarfile.TarInfo.frombuf`.
"""

import tarfile
from collections.abc import Iterator
from typing import IO, NamedTuple

BLOCK = 512
"""Bytes of a header, and what contents are padded to."""
END = bytes(2 * BLOCK)
"""What an archive ends with."""
_LONGEST_NAME = 1 << 20
_LOOKBACK = 1 << 17
_LONGEST_SEARCHED = 1 << 26
_NAME = slice(0, 100)
_LONGEST_PADDING = 1 << 16
"""Bytes of zeros after an end marker's first block; archivers pad to 10 kB, unless told otherwise."""


class TarDamage(ValueError):
    """The bytes are not a whole tar archive; the message says what was found at which offset."""


class Member(NamedTuple):
    """One regular file of an archive.

    Attributes:
        name: its path inside the archive.
        offset: where its content starts, in bytes from the start of the file that was walked.
        size: bytes of its content.
        head: the content's first bytes, at most as many as were asked for.
    """

    name: str
    offset: int
    size: int
    head: bytes


def members(file: IO[bytes], start: int = 0, end: int | None = None, *, head: int = 0) -> Iterator[Member]:
    """Yields the regular files of the archive at `start` in archive order, reading headers only.

    Args:
        file: is only ever read forwards, so that a decompressing stream does as well as a file on disk.
        start: offset of the first header.
        end: offset just after the archive, where that is known; contents must lie before it.
        head: how many bytes of each content to read along with its header.

    Raises:
        TarDamage: a header or content is cut off, a checksum is wrong, the end marker is missing, or a member is
            a link.
    """
    position = start
    overrides: dict[str, str] = {}
    while True:
        file.seek(position)
        block = file.read(BLOCK) if end is None or position + BLOCK <= end else b""
        if len(block) < BLOCK:
            raise TarDamage(f"the archive breaks off at byte {position:,}, before its end marker")
        if not any(block):
            _check_end(file, position, end)
            return
        info = _header(block, position)
        content = position + BLOCK
        size = _size(overrides.get("size"), info)
        position = content + -(-size // BLOCK) * BLOCK
        if end is not None and content + size > end:
            raise TarDamage(
                f"{overrides.get('path', info.name)} claims {size:,} bytes from byte {content:,} on, "
                f"but the archive has only {max(0, end - content):,} left"
            )
        if info.type in (tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME):
            overrides |= _override(info.type, _exactly(file, size, content))
            continue
        if info.type in tarfile.REGULAR_TYPES:
            peeked = _exactly(file, min(head, size), content)
            yield Member(overrides.get("path", info.name), content, size, peeked)
        elif info.type in (tarfile.LNKTYPE, tarfile.SYMTYPE):
            raise TarDamage(f"{info.name} is a link, not a file")
        overrides = {}


def member_at(file: IO[bytes], place: int, suffix: bytes) -> Member | None:
    """The regular file in whose header or content a byte lies, found without walking there from the archive's start.

    A header's own checksum tells it from content that looks like one. Files of names longer than a header holds are
    not found.

    Args:
        file: the archive, or one that holds archives.
        place: any byte of it.
        suffix: what the file's name ends with.

    Raises:
        TarDamage: there is no such header for longer than any member is.
    """
    end = place // BLOCK * BLOCK + BLOCK
    while end > 0:
        if place - end > _LONGEST_SEARCHED:
            raise TarDamage(f"before byte {place:,} there is no header for {place - end:,} bytes")
        start = max(0, end - _LOOKBACK)
        file.seek(start)
        chunk = file.read(end - start)
        for at in range(len(chunk) // BLOCK * BLOCK - BLOCK, -BLOCK, -BLOCK):
            block = chunk[at : at + BLOCK]
            if block[_NAME].rstrip(b"\0").endswith(suffix) and is_header(block):
                info, content = _header(block, start + at), start + at + BLOCK
                covers = info.type in tarfile.REGULAR_TYPES and place < content + info.size
                return Member(info.name, content, info.size, b"") if covers else None
        end = start
    return None


def is_header(block: bytes) -> bool:
    """Whether an archive could begin with these 512 bytes."""
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def _check_end(file: IO[bytes], position: int, end: int | None) -> None:
    """Zeros end an archive only where nothing but its padding follows; a hole in a download looks just the same."""
    left = None if end is None else end - position - BLOCK
    padding = file.read(_LONGEST_PADDING + 1 if left is None else min(left, _LONGEST_PADDING + 1))
    if len(padding) < BLOCK:
        raise TarDamage(f"the archive breaks off at byte {position:,}, inside its end marker")
    if any(padding):
        raise TarDamage(f"there are zeros at byte {position:,}, as at an archive's end, but data follows")
    if len(padding) > _LONGEST_PADDING:
        raise TarDamage(f"from byte {position:,} on there are only zeros, more than pad an archive")


def _header(block: bytes, position: int) -> tarfile.TarInfo:
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.HeaderError as error:
        raise TarDamage(f"at byte {position:,} there is no tar header ({error})") from error


def _size(override: str | None, info: tarfile.TarInfo) -> int:
    if override is None:
        return info.size
    if not (override.isascii() and override.isdigit()):
        raise TarDamage(f"an extended header gives {info.name} the size {override!r}")
    return int(override)


def _exactly(file: IO[bytes], size: int, position: int) -> bytes:
    content = file.read(size) if size else b""
    if len(content) < size:
        raise TarDamage(f"the archive breaks off at byte {position + len(content):,}, inside a member")
    return content


def _override(kind: bytes, content: bytes) -> dict[str, str]:
    """What an extended header says of the member after it; see "pax Header Block" in POSIX.1-2001."""
    if len(content) > _LONGEST_NAME:
        raise TarDamage(f"an extended header of {len(content):,} bytes")
    if kind == tarfile.GNUTYPE_LONGNAME:
        return {"path": content.rstrip(b"\0").decode("utf-8", "surrogateescape")}
    found: dict[str, str] = {}
    while content:
        length, _, _ = content.partition(b" ")
        if not length.isdigit() or not 0 < int(length) <= len(content):
            raise TarDamage("an extended header whose records cannot be told apart")
        record = content[len(length) + 1 : int(length) - 1].decode("utf-8", "surrogateescape")
        key, _, value = record.partition("=")
        if key in ("path", "size"):
            found[key] = value
        content = content[int(length) :]
    return found


def member(name: str, content: bytes) -> bytes:
    """A regular file as an archive holds it: header, content, padding; the same bytes for the same arguments.

    A name that a POSIX header has no room for, or that is not ASCII, gets an extended header.

    >>> len(member("a.jpg", b"abc"))
    1024
    """
    info = tarfile.TarInfo(name)
    info.size = len(content)
    header = info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
    return b"".join((header, content, bytes(-len(content) % BLOCK)))
