"""Walks a tar archive by its headers alone, and never mistakes a truncated archive for a complete one.

`tarfile` stops iterating without an error at a truncated or damaged header, so a truncated archive looks like a small
one. Here, anything but the archive's own end marker is an error, and so is every member whose content is stored
elsewhere or in pieces. Single headers are parsed by `tarfile`; see `tar_header`.
"""

import io
import tarfile
from collections.abc import Callable, Iterator
from typing import IO, NamedTuple

from wizard.formats.padding import BLOCK as BLOCK
from wizard.formats.padding import END as END
from wizard.formats.padding import skip_zeros
from wizard.formats.tar_header import Header, HeaderParser
from wizard.formats.tar_header import is_header as is_header

_LARGEST_EXTENDED = 1 << 20
"""Most bytes of an extended header that are read into memory."""
_LOOKBACK = 1 << 17
"""Bytes that `member_at` reads at once; it reads backwards, from one chunk to the one before."""
_LONGEST_SEARCHED = 1 << 26
"""Bytes after which `member_at` gives up: more than any image of the dataset has."""
_NAME = slice(0, 100)
_EXTENDED = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)
_FILES = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)
_LINKS = (tarfile.LNKTYPE, tarfile.SYMTYPE)
_SKIPPED = (tarfile.DIRTYPE, tarfile.XGLTYPE, b"D", b"V")
"""Types that are skipped because they hold no file; D and V are GNU's folder listings and volume names."""
_REFUSED = {
    tarfile.LNKTYPE: ("is a link to another member, not a file", "Pack it again with tar --hard-dereference"),
    tarfile.SYMTYPE: ("is a symbolic link, not a file", "Pack it again with tar --dereference"),
    tarfile.GNUTYPE_SPARSE: ("is stored as a sparse file, in pieces", "Pack it again without --sparse (-S)"),
    b"M": ("begins in another volume", "Join the volumes first: unpack them with tar --multi-volume, and pack again"),
}


class TarDamage(ValueError):
    """The bytes are not a complete tar archive, or not one that can be read in place.

    Attributes:
        hint: what to do about it; empty if that depends on where the archive comes from.
    """

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.hint = hint


class Member(NamedTuple):
    """A regular file: its path in the archive, its content's offset in the file walked, size, and first bytes."""

    name: str
    offset: int
    size: int
    head: bytes


class Link(NamedTuple):
    """A member that is a link: its path, and the path it leads to, from the archive's root if it is a hard link."""

    name: str
    target: str
    hard: bool


Ended = Callable[[int, int], None]
"""Called with an archive's size, and the number of zero bytes at its end, for `padding.is_padding`."""


def members(
    file: IO[bytes],
    start: int = 0,
    end: int | None = None,
    *,
    head: int = 0,
    ended: Ended | None = None,
    linked: Callable[[Link], None] | None = None,
) -> Iterator[Member]:
    """Yields the regular files of the archive at `start` in archive order, reading headers only.

    Args:
        file: only ever read forwards, so it may be a decompressing stream.
        start: offset of the first header.
        end: offset just after the archive, if known; contents must lie before it.
        head: how many bytes of each content to read along with its header.
        ended: called once at the end marker. Any number of zeros is valid here; the caller decides whether there are
            more than padding explains.
        linked: called with each link; without it, links are refused.

    Raises:
        TarDamage: a header or content is cut off, a checksum is wrong, the end marker is missing or followed by
            anything but zeros, or a member is a link, sparse, or not a file.
    """
    position = start
    overrides: dict[str, str] = {}
    parser = HeaderParser()
    # A plain file can go back if the content is shorter; one call for both takes a third off the time of a walk.
    ahead = head if isinstance(file, io.FileIO) else 0
    while True:
        file.seek(position)
        # A header that would extend beyond the known end belongs to whatever follows the archive.
        read = file.read(BLOCK + ahead) if end is None or position + BLOCK <= end else b""
        block = read[:BLOCK]
        if len(block) < BLOCK:
            raise TarDamage(f"the archive is truncated at byte {position:,}, before its end marker")
        if not any(block):
            stop = _skip_end(file, position, end)
            if ended is not None:
                ended(stop - start, stop - position)
            return
        header = _header(parser, block, position)
        name, size = header.name, header.size
        if overrides:
            name, size = overrides.get("path", name), _size(overrides.get("size"), header)
        content = position + BLOCK
        position = content + -(-size // BLOCK) * BLOCK
        _check_size(header.type, name, content, size, end)
        if header.type in _EXTENDED:  # describes the next member; several may precede it
            overrides |= _override(header.type, _exactly(file, size, content, read[BLOCK:]))
            continue
        if header.type in _FILES and "sparse" not in overrides:
            yield Member(name, content, size, _exactly(file, min(head, size), content, read[BLOCK:]))
        elif header.type in _LINKS and linked is not None:
            target = overrides.get("linkpath", header.link)
            linked(Link(name, target, header.type == tarfile.LNKTYPE))
            position = content  # some writers state the size of what a hard link leads to, and no content follows
        elif header.type not in _SKIPPED:
            raise _refused(name, tarfile.GNUTYPE_SPARSE if "sparse" in overrides else header.type)
        overrides = {}


def _check_size(kind: bytes, name: str, content: int, size: int, end: int | None) -> None:
    if kind in _EXTENDED and size > _LARGEST_EXTENDED:
        raise TarDamage(f"an extended header of {size:,} bytes")
    if end is not None and content + size > end:
        left = max(0, end - content)
        raise TarDamage(
            f"{name} claims {size:,} bytes from byte {content:,} on, but the archive has only {left:,} left"
        )


def _refused(name: str, kind: bytes) -> TarDamage:
    what, hint = _REFUSED.get(kind, (f"is not a regular file (type {kind.decode('latin-1')!r})", ""))
    return TarDamage(f"{name} {what}", hint)


def member_at(file: IO[bytes], place: int, suffix: bytes) -> Member | None:
    """The regular file whose header or content includes a byte, found by searching backwards for its header.

    A header's checksum distinguishes it from content that looks like one. Only names that end with `suffix` count, and
    names too long for a plain header are not found.

    Raises:
        TarDamage: no header is found within the length of the longest member.
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
            # The suffix is compared first: a checksum costs far more, and most blocks are content.
            if block[_NAME].rstrip(b"\0").endswith(suffix) and is_header(block):
                header, content = _header(HeaderParser(), block, start + at), start + at + BLOCK
                covers = header.type in _FILES and place < content + header.size
                return Member(header.name, content, header.size, b"") if covers else None
        end = start
    return None


def _skip_end(file: IO[bytes], position: int, end: int | None) -> int:
    """The offset after the zeros that an archive ends in, of which the first block has been read."""
    file.seek(position + BLOCK)
    stop, data = skip_zeros(file, position + BLOCK, end)
    if data:  # so the zeros may just as well be a hole in the middle of a damaged archive
        raise _data_after_end(position, stop, data)
    return stop


def _data_after_end(position: int, after: int, block: bytes) -> TarDamage:
    if len(block) == BLOCK and is_header(block):
        return TarDamage(
            f"the archive ends at byte {position:,}, but another member follows at byte {after:,}: several archives "
            "were joined, or part of it was lost",
            "If archives were joined with cat, unpack them with tar --ignore-zeros, and pack again",
        )
    return TarDamage(
        f"there are zeros at byte {position:,}, as at an archive's end, but data follows at byte {after:,}"
    )


def _header(parser: HeaderParser, block: bytes, position: int) -> Header:
    try:
        return parser.parse(block)
    except tarfile.HeaderError as error:
        raise TarDamage(f"at byte {position:,} there is no tar header ({error})") from error


def _size(override: str | None, header: Header) -> int:
    if override is None:
        return header.size
    if not (override.isascii() and override.isdigit()):
        raise TarDamage(f"an extended header gives {header.name} the size {override!r}")
    return int(override)


def _exactly(file: IO[bytes], size: int, position: int, ahead: bytes) -> bytes:
    """The first bytes of a content, of which some may have been read ahead."""
    if len(ahead) >= size:
        return ahead[:size]
    file.seek(position + len(ahead))
    content = ahead + file.read(size - len(ahead))
    if len(content) < size:
        raise TarDamage(f"the archive is truncated at byte {position + len(content):,}, inside a member")
    return content


def _override(kind: bytes, content: bytes) -> dict[str, str]:
    """The paths and size that an extended header gives the next member ("pax Header Block" in POSIX.1-2001)."""
    if kind in (tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK):
        key = "path" if kind == tarfile.GNUTYPE_LONGNAME else "linkpath"
        return {key: content.rstrip(b"\0").decode("utf-8", "surrogateescape")}
    found: dict[str, str] = {}
    while content:
        length, _, _ = content.partition(b" ")
        if not length.isdigit() or not 0 < int(length) <= len(content):
            raise TarDamage("an extended header whose records cannot be separated")
        record = content[len(length) + 1 : int(length) - 1].decode("utf-8", "surrogateescape")
        key, _, value = record.partition("=")
        if key in ("path", "linkpath", "size"):
            found[key] = value
        elif key.startswith("GNU.sparse."):
            found["sparse"] = value
        content = content[int(length) :]
    return found


def member(name: str, content: bytes) -> bytes:
    """A regular file as stored in an archive: header, content, padding. The same arguments give the same bytes.

    A name that is not ASCII or does not fit a POSIX header gets an extended header.

    >>> len(member("a.jpg", b"abc"))
    1024
    """
    info = tarfile.TarInfo(name)
    info.size = len(content)
    header = info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
    return b"".join((header, content, bytes(-len(content) % BLOCK)))
