"""The central directory of a zip archive: what its members are, where they lie, and whether that can be true.

After APPNOTE.TXT 6.3.10, "ZIP File Format Specification". Python's `zipfile` makes an object of half a kilobyte of each
member, so that a million take half a gigabyte.
"""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, NamedTuple

from wizard.errors import InputError

_END: Final = struct.Struct("<4s4H2LH")
_END_MAGIC: Final = b"PK\x05\x06"
_END64_LOCATOR: Final = struct.Struct("<4sLQL")
_END64_LOCATOR_MAGIC: Final = b"PK\x06\x07"
_END64: Final = struct.Struct("<4sQ2H2L4Q")
_END64_MAGIC: Final = b"PK\x06\x06"
_ENTRY: Final = struct.Struct("<4s4B4HL2L5H2L")
_ENTRY_MAGIC: Final = b"PK\x01\x02"
_LONGEST_COMMENT: Final = 1 << 16
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
"""Values of fields whose own value is in the zip64 extra field."""
_ZIP64: Final = 1
_UTF8: Final = 1 << 11
_DOS: Final = 0
_CHUNK: Final = 1 << 24
AGAIN: Final = "Download or copy the archive again; if you packed it yourself, pack it again"


class ZipEntry(NamedTuple):
    """A member as the central directory has it.

    Attributes:
        name: as stored, with / between its parts; a folder's ends in one.
        flags: "general purpose bit flag".
        method: of compression.
        packed: bytes of its content in the archive.
        size: bytes of its content.
        offset: of its local header, in the file.
        mode: its Unix mode; 0 if it has none.
    """

    name: str
    flags: int
    method: int
    packed: int
    size: int
    offset: int
    mode: int


class _Directory(NamedTuple):
    offset: int
    size: int
    entries: int
    base: int


def zip_entries(path: Path, file: IO[bytes]) -> Iterator[ZipEntry]:
    """The members of an archive in the order of its central directory.

    Raises:
        InputError: it has none, as one that is cut off, or is one part of several; or it is damaged.
    """
    where = _find(path, file)
    file.seek(where.offset)
    left, data, at, count = where.size, b"", 0, 0
    while count < where.entries:
        if len(data) - at < 3 * _LONGEST_COMMENT + _ENTRY.size and left:
            chunk = file.read(min(_CHUNK, left))
            left -= len(chunk)
            data, at = data[at:] + chunk, 0
            if not chunk:
                break
        if data[at : at + 4] != _ENTRY_MAGIC or len(data) - at < _ENTRY.size:
            break
        entry, at = _parse(data, at, where.base)
        yield entry
        count += 1
    if count != where.entries:
        raise _damaged(path, f"its central directory has {where.entries:,} entries, but only {count:,} can be read")


def has_end(file: IO[bytes]) -> bool:
    """Whether a file ends as a zip archive does, which may begin with something else: the last part of a split one."""
    total = file.seek(0, os.SEEK_END)
    file.seek(max(0, total - _LONGEST_COMMENT - _END.size))
    return _END_MAGIC in file.read()


def _find(path: Path, file: IO[bytes]) -> _Directory:
    total = path.stat().st_size
    start = max(0, total - _LONGEST_COMMENT - _END.size)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(_END_MAGIC)
    if at < 0 or len(tail) - at < _END.size:
        raise _without_end(path, total)
    _, disk, first_disk, _, entries, size, offset, _ = _END.unpack_from(tail, at)
    end = start + at
    if _FULL16 in (disk, entries) or _FULL32 in (size, offset):
        found = _find64(path, file, end)
        if found is not None:
            return found
    if disk or first_disk:
        raise _of_several(path)
    base = end - size - offset
    if base < 0:
        raise _damaged(path, f"its central directory of {size:,} bytes would begin before the file does")
    return _Directory(offset + base, size, entries, base)


def _find64(path: Path, file: IO[bytes], end: int) -> _Directory | None:
    place = end - _END64_LOCATOR.size
    if place < 0:
        return None
    file.seek(place)
    magic, _, stated, disks = _END64_LOCATOR.unpack(file.read(_END64_LOCATOR.size))
    if magic != _END64_LOCATOR_MAGIC:
        return None
    if disks > 1:
        raise _of_several(path)
    for at in (stated, place - _END64.size):  # the latter if something was put before the archive
        file.seek(at)
        record = file.read(_END64.size)
        if len(record) == _END64.size and record.startswith(_END64_MAGIC):
            *_, disk, first_disk, _, entries, size, offset = _END64.unpack(record)
            if disk or first_disk:
                raise _of_several(path)
            base = at - size - offset
            if base < 0:
                break
            return _Directory(offset + base, size, entries, base)
    raise _damaged(path, "its zip64 end record is not where it says")


def _parse(data: bytes, at: int, base: int) -> tuple[ZipEntry, int]:
    fields = _ENTRY.unpack_from(data, at)
    system, flags, method = fields[2], fields[5], fields[6]
    packed, size = fields[10], fields[11]
    name_length, extra_length, comment_length = fields[12], fields[13], fields[14]
    external, offset = fields[17], fields[18]
    after = at + _ENTRY.size
    raw = data[after : after + name_length]
    extra = data[after + name_length : after + name_length + extra_length]
    if _FULL32 in (packed, size, offset):
        size, packed, offset = _in_zip64(extra, size, packed, offset)
    name = _decoded(raw, utf8=bool(flags & _UTF8))
    if system == _DOS and "\\" in name:  # of .NET before 4.6.1, which wrote Windows's own separators
        name = name.replace("\\", "/")
    entry = ZipEntry(name, flags, method, packed, size, offset + base, external >> 16)
    return entry, after + name_length + extra_length + comment_length


def _in_zip64(extra: bytes, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """Those of the three numbers that did not fit, from the zip64 extra field, which has them in this order."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == _ZIP64:
            values = [int.from_bytes(extra[at + 4 + 8 * k : at + 12 + 8 * k], "little") for k in range(length // 8)]
            found = [values.pop(0) if each == _FULL32 and values else each for each in (size, packed, offset)]
            return found[0], found[1], found[2]
        at += 4 + length
    return size, packed, offset


def _decoded(raw: bytes, *, utf8: bool) -> str:
    if utf8 or raw.isascii():
        return raw.decode("utf-8", "surrogateescape")
    try:  # many writers on Linux and macOS forget the flag
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp437")


def _without_end(path: Path, total: int) -> InputError:
    if any(path.parent.glob(f"{path.stem}.z[0-9][0-9]")):
        return _of_several(path)
    part = path.suffix[1:].isdigit()  # x.zip.001
    return InputError(
        f"{path} ({total:,} bytes) has no central directory at its end: it is cut off"
        f"{', or one part of an archive that was split' if part else ', as by a download that did not finish'}.",
        "Join the parts in their order (cat x.zip.* > x.zip), and give the result" if part else AGAIN,
    )


def _of_several(path: Path) -> InputError:
    return InputError(
        f"{path} is one part of an archive that was split ({path.stem}.z01, …): its members cannot be read in place.",
        f"Join the parts once: zip -s 0 {path.name} --out joined.zip; then give joined.zip",
    )


def _damaged(path: Path, why: str) -> InputError:
    return InputError(f"{path} is damaged: {why}.", AGAIN)
