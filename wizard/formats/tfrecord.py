"""TFRecord framing: a length, its masked CRC32C, the payload, its masked CRC32C.

Source: `tensorflow/core/lib/io/record_writer.h`. The tests compare with TensorFlow's own writer.
"""

import itertools
import struct
import zlib
from collections.abc import Iterator
from mmap import mmap
from pathlib import Path
from typing import IO, Literal, NamedTuple

import google_crc32c

HEADER = 12
"""Bytes of framing before a payload."""
OVERHEAD = 16
"""Bytes that framing adds to a payload."""
Compression = Literal["plain", "gzip", "zlib"]
"""How a whole file is compressed, as in TensorFlow's `TFRecordOptions`."""
_LENGTH = struct.Struct("<Q")
_CRC = struct.Struct("<I")
_WBITS: dict[Compression, int] = {"gzip": 31, "zlib": 15}
_SNIFFED = 4096  # bytes of a compressed file that surely hold the header of its first record


class RecordDamage(ValueError):
    """A record, counted from 0, whose framing is damaged; its frame starts at the byte `offset`."""

    def __init__(self, record: int, offset: int, reason: str) -> None:
        super().__init__(reason)
        self.record = record
        self.offset = offset


class Record(NamedTuple):
    """A payload, and the byte offset of its frame."""

    offset: int
    payload: bytes


def masked_crc(data: bytes) -> int:
    """The CRC32C of `data`, rotated and offset as TFRecord stores it; an unsigned 32-bit number."""
    crc: int = google_crc32c.value(data)
    # kMaskDelta and the rotation are those of tensorflow/core/lib/hash/crc32c.h.
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def frame(payload: bytes) -> bytes:
    """The payload with its framing, as stored in a TFRecord file.

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
    for index in itertools.count():
        head = file.read(HEADER)
        if not head:
            return
        length = _length(head, index, offset)
        body = file.read(length + _CRC.size)
        if len(body) < length + _CRC.size:
            raise _truncated(index, offset, length, len(body))
        payload = body[:length]
        _compare(index, offset, "payload", _CRC.unpack(body[length:])[0], masked_crc(payload))
        yield Record(offset, payload)
        offset += OVERHEAD + length


def frame_spans(file: IO[bytes]) -> Iterator[tuple[int, int]]:
    """Offset and length in bytes of each frame of a file, without reading payloads.

    Raises:
        RecordDamage: a length's CRC is wrong, or the file ends inside a header.
    """
    offset = 0
    for index in itertools.count():
        head = file.read(HEADER)
        if not head:
            return
        size = OVERHEAD + _length(head, index, offset)
        yield offset, size
        offset += size
        file.seek(offset)


def payload_spans(buffer: bytes | mmap) -> Iterator[tuple[int, int]]:
    """Start and end of each payload in a buffer that begins with a record.

    Payloads are not read: of a mapped file, their pages stay on the disk.

    Raises:
        RecordDamage: a length's CRC is wrong, or the buffer ends inside a record.
    """
    offset = index = 0
    while offset < len(buffer):
        start = offset + HEADER
        length = _length(buffer[offset:start], index, offset)
        end = start + length
        if end + _CRC.size > len(buffer):
            raise _truncated(index, offset, length, len(buffer) - start)
        yield start, end
        offset = end + _CRC.size
        index += 1


def starts_with_record(head: bytes) -> bool:
    """Whether a file's first bytes are a record's header, judged by the CRC of its length.

    >>> starts_with_record(frame(b"abc")), starts_with_record(bytes(HEADER))
    (True, False)
    """
    return len(head) >= HEADER and _CRC.unpack(head[8:HEADER])[0] == masked_crc(head[:8])


def compression_of(path: Path) -> Compression | None:
    """How the records in a file are compressed; None where it is empty or does not begin with a record.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(_SNIFFED)
    if starts_with_record(head):
        return "plain"
    for compression, wbits in _WBITS.items():
        try:
            if starts_with_record(zlib.decompressobj(wbits).decompress(head, HEADER)):
                return compression
        except zlib.error:
            continue
    return None


def _length(head: bytes, record: int, offset: int) -> int:
    """The payload's length from a frame's header, after checking its CRC."""
    if len(head) < HEADER:
        raise RecordDamage(record, offset, f"the file ends after {len(head)} bytes of a record's header")
    _compare(record, offset, "length", _CRC.unpack(head[8:])[0], masked_crc(head[:8]))
    return int.from_bytes(head[:8], "little")


def _truncated(record: int, offset: int, length: int, left: int) -> RecordDamage:
    return RecordDamage(
        record, offset, f"the record takes {length + _CRC.size:,} more bytes, but the file has {left:,}"
    )


def _compare(record: int, offset: int, part: str, stored: int, computed: int) -> None:
    if stored != computed:
        raise RecordDamage(record, offset, f"{part} CRC is {computed:08x}, stored {stored:08x}")
