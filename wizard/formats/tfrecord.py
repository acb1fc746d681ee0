"""TFRecord framing: a length, its masked CRC32C, the payload, its masked CRC32C.

Source: `tensorflow/core/lib/io/record_writer.h`; the tests hold both directions against TensorFlow itself.
"""

import struct
from collections.abc import Iterator
from mmap import mmap
from typing import IO, NamedTuple

import google_crc32c

HEADER = 12
"""Bytes of framing before a payload."""
OVERHEAD = 16
"""Bytes that framing adds to a payload."""
_LENGTH = struct.Struct("<Q")
_CRC = struct.Struct("<I")


class RecordDamage(ValueError):
    """A record that does not fit its framing; the message says what was expected and seen."""

    def __init__(self, record: int, offset: int, reason: str) -> None:
        super().__init__(reason)
        self.record = record
        self.offset = offset


class Record(NamedTuple):
    """One payload, and the byte offset of the frame that holds it."""

    offset: int
    payload: bytes


def masked_crc(data: bytes) -> int:
    """The CRC32C of `data`, rotated and offset as TFRecord stores it; an unsigned 32-bit number."""
    crc: int = google_crc32c.value(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def frame(payload: bytes) -> bytes:
    """The bytes that stand for `payload` in a TFRecord file.

    >>> len(frame(b"abc")) == OVERHEAD + 3
    True
    """
    length = _LENGTH.pack(len(payload))
    return b"".join((length, _CRC.pack(masked_crc(length)), payload, _CRC.pack(masked_crc(payload))))


def records(file: IO[bytes]) -> Iterator[Record]:
    """Reads the file's records from its current position to its end.

    Raises:
        RecordDamage: a CRC is wrong, or the file ends inside a record.
    """
    offset = file.tell()
    index = 0
    while head := file.read(12):
        if len(head) < 12:
            raise RecordDamage(index, offset, f"the file ends after {len(head)} bytes of a record's header")
        _compare(index, offset, "length", _CRC.unpack(head[8:])[0], masked_crc(head[:8]))
        (length,) = _LENGTH.unpack(head[:8])
        body = file.read(length + 4)
        if len(body) < length + 4:
            raise RecordDamage(
                index, offset, f"the record takes {length + 4:,} more bytes, but the file has {len(body):,}"
            )
        payload = body[:length]
        _compare(index, offset, "payload", _CRC.unpack(body[length:])[0], masked_crc(payload))
        yield Record(offset, payload)
        offset += OVERHEAD + length
        index += 1


def spans(file: IO[bytes]) -> Iterator[tuple[int, int]]:
    """Offset and length in bytes of each frame, without reading payloads.

    Raises:
        RecordDamage: a length's CRC is wrong, or the file ends inside a header.
    """
    offset = 0
    index = 0
    while head := file.read(12):
        if len(head) < 12:
            raise RecordDamage(index, offset, f"the file ends after {len(head)} bytes of a record's header")
        _compare(index, offset, "length", _CRC.unpack(head[8:])[0], masked_crc(head[:8]))
        size = OVERHEAD + _LENGTH.unpack(head[:8])[0]
        yield offset, size
        offset += size
        index += 1
        file.seek(offset)


def payloads(buffer: bytes | mmap) -> Iterator[tuple[int, int]]:
    """Start and end of each payload in a buffer that begins with a record; only what lies before payloads is read.

    Raises:
        RecordDamage: a length's CRC is wrong, or the buffer ends inside a record.
    """
    offset = index = 0
    while offset < len(buffer):
        head = buffer[offset : offset + HEADER]
        if len(head) < HEADER:
            raise RecordDamage(index, offset, f"the file ends after {len(head)} bytes of a record's header")
        _compare(index, offset, "length", _CRC.unpack(head[8:])[0], masked_crc(head[:8]))
        start = offset + HEADER
        end = start + _LENGTH.unpack(head[:8])[0]
        if end + _CRC.size > len(buffer):
            takes, left = end + _CRC.size - start, len(buffer) - start
            raise RecordDamage(index, offset, f"the record takes {takes:,} more bytes, but the file has {left:,}")
        yield start, end
        offset = end + _CRC.size
        index += 1


def begins(head: bytes) -> bool:
    """Whether a file that begins with these bytes begins with a record, by the CRC of its length.

    >>> begins(frame(b"abc")), begins(bytes(HEADER))
    (True, False)
    """
    return len(head) >= HEADER and _CRC.unpack(head[8:HEADER])[0] == masked_crc(head[:8])


def _compare(record: int, offset: int, part: str, stored: int, computed: int) -> None:
    if stored != computed:
        raise RecordDamage(record, offset, f"{part} CRC is {computed:08x}, stored {stored:08x}")
