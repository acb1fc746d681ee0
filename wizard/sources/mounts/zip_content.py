"""Content of a zip archive's member, found by its local header alone, with its checksum compared."""

import struct
import zlib
from typing import IO, Final, NamedTuple

_HEADER: Final = struct.Struct("<4s5H3L2H")
_MAGIC: Final = b"PK\x03\x04"
_DESCRIPTOR: Final = b"PK\x07\x08"
_DESCRIBED: Final = 1 << 3
"""Flag: the checksum and the sizes are behind the content, as a writer that cannot seek back puts them."""
_DEFLATED: Final = 8
AHEAD: Final = 512
"""Bytes that are read with the content: the local header with its name, so that one read serves for most members."""
_CHUNK: Final = 1 << 16


class ZipDamage(ValueError):
    """A member is not what the central directory says; the message is the end of a sentence."""


class _Local(NamedTuple):
    method: int
    crc: int
    content: int
    described: bool


def zip_content(file: IO[bytes], offset: int, size: int) -> bytes:
    """The content of the member whose local header is at `offset`.

    Raises:
        ZipDamage: there is none, its content has not `size` bytes, or its checksum is another.
        OSError: it cannot be read.
    """
    file.seek(offset)
    data = file.read(_HEADER.size + AHEAD + size)
    local = _header(data, offset)
    if local.method != _DEFLATED:
        while len(data) < local.content + size + AHEAD and (more := file.read(_CHUNK)):
            data += more
        content, behind = data[local.content : local.content + size], data[local.content + size :]
    else:
        content, behind = _inflated(file, data[local.content :], size)
    if len(content) != size:
        raise ZipDamage(f"has {len(content):,} bytes instead of {size:,}")
    found = zlib.crc32(content)
    if found not in (_described(behind) if local.described else {local.crc}):
        raise ZipDamage("is damaged: its CRC does not fit")
    return content


def zip_head(file: IO[bytes], offset: int, size: int) -> bytes:
    """The first bytes of a member's content, or all of them if they are fewer.

    Raises:
        ZipDamage: there is none, or its content cannot be unpacked.
        OSError: it cannot be read.
    """
    file.seek(offset)
    data = file.read(_HEADER.size + AHEAD + _CHUNK)
    local = _header(data, offset)
    packed = data[local.content :]
    if local.method != _DEFLATED:
        return packed[:size]
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, size)
    except zlib.error as error:
        raise ZipDamage(f"cannot be unpacked ({error})") from error


def _header(data: bytes, offset: int) -> _Local:
    if len(data) < _HEADER.size or not data.startswith(_MAGIC):
        raise ZipDamage(f"is not there: at byte {offset:,} there is no header of a member")
    _, _, flags, method, _, _, crc, _, _, name, extra = _HEADER.unpack_from(data)
    return _Local(method, crc, _HEADER.size + name + extra, bool(flags & _DESCRIBED))


def _inflated(file: IO[bytes], data: bytes, size: int) -> tuple[bytes, bytes]:
    """Content of at most one byte more than `size`, so that nothing can fill the memory; and the bytes behind it."""
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    content = bytearray()
    try:
        while len(content) <= size:
            content += unpacker.decompress(data, size + 1 - len(content))
            if unpacker.eof:
                break
            data = unpacker.unconsumed_tail or file.read(_CHUNK)
            if not data:
                raise ZipDamage("is cut off")
    except zlib.error as error:
        raise ZipDamage(f"is damaged and cannot be unpacked ({error})") from error
    behind = unpacker.unused_data
    return bytes(content), behind + (file.read(_CHUNK) if len(behind) < _HEADER.size else b"")


def _described(behind: bytes) -> set[int]:
    """The checksum in a data descriptor, which begins with a mark or without."""
    at = len(_DESCRIPTOR) if behind.startswith(_DESCRIPTOR) else 0
    return {int.from_bytes(behind[:4], "little"), int.from_bytes(behind[at : at + 4], "little")}
