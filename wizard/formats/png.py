"""Decodes PNGs to RGB pixels as TensorFlow's libpng does.

A PNG is first reduced to the chunks that its pixels need, and these are validated as libpng does: their checksums must
match, their order must be right, and an end chunk must follow. Other chunks, such as texts and color profiles, are
ignored whatever their size or checksum: libpng only warns about them, while Pillow limits their size.
"""

import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from PIL import Image

from wizard.formats.arrays import Pixels
from wizard.formats.decoding import Undecodable, as_rgb

MAGIC = b"\x89PNG\r\n\x1a\n"
_HEADER = struct.Struct(">IIBBBBB")
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
"""Bits per sample allowed for each color type (PNG specification, 11.2.2)."""
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PALETTE, _COLORED = 3, 2
"""The color type of palette images, and the bit set in color types that are not grayscale."""
_LONGEST_PALETTE = 768
"""Bytes of 256 RGB entries."""
_LONGEST_SIDE = 1_000_000
"""libpng's limit in pixels (PNG_USER_WIDTH_MAX, PNG_USER_HEIGHT_MAX)."""
_BEYOND = 1024
"""Most bytes after the pixels that libpng decompresses to reach the end of the data (PNG_INFLATE_BUF_SIZE)."""
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Adam7: first column and row, steps between columns and rows."""


class Chunk(NamedTuple):
    """A chunk: its kind, its content, and whether its checksum matches."""

    kind: bytes
    content: bytes
    intact: bool


class Info(NamedTuple):
    """The fields of the header; `interlaced` is 0 or 1."""

    width: int
    height: int
    depth: int
    color: int
    compression: int
    filtering: int
    interlaced: int

    @property
    def bits(self) -> int:
        """Bits per pixel."""
        return _SAMPLES[self.color] * self.depth


def read_info(data: bytes) -> Info:
    """Reads the header.

    Raises:
        Undecodable: it is damaged, or has invalid values.
    """
    first = next(_chunks(data))
    if first.kind != b"IHDR" or len(first.content) != _HEADER.size or not first.intact:
        raise Undecodable("its PNG header is damaged")
    info = Info(*_HEADER.unpack(first.content))
    if info.depth not in _DEPTHS.get(info.color, ()) or info.compression or info.filtering or info.interlaced > 1:
        raise Undecodable("its PNG header has invalid values")
    if not (info.width and info.height):
        raise Undecodable("its PNG header gives a width or height of 0")
    if max(info.width, info.height) > _LONGEST_SIDE:
        raise Undecodable(f"{info.width:,} × {info.height:,} pixels are more than TensorFlow decodes")
    return info


def decode(data: bytes) -> Pixels:
    """Decodes to uint8[height, width, 3], RGB, without alpha; of 16-bit samples, the high byte is kept.

    Raises:
        Undecodable: a chunk that its pixels need is damaged.
    """
    with Image.open(io.BytesIO(_reduced(data)), formats=["PNG"]) as image:
        try:
            image.load()
        except (OSError, SyntaxError, ValueError) as error:
            raise Undecodable(f"its pixels are damaged: {error}") from error
        return as_rgb(image)


def _reduced(data: bytes) -> bytes:
    """The PNG with only the chunks that its pixels need.

    A function of its own, so that its copies of the rows are freed before Pillow decodes.
    """
    info = read_info(data)
    palette, compressed = _needed(data, info)
    chunks = [(b"IHDR", _HEADER.pack(*info))]
    if palette:
        chunks.append((b"PLTE", palette))
    # Stored without compression: compressing again would only cost time.
    chunks += [(b"IDAT", zlib.compress(_rows(compressed, info), level=0)), (b"IEND", b"")]
    return MAGIC + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


def _needed(data: bytes, info: Info) -> tuple[bytes, bytes]:
    """The palette, and the compressed pixels from all IDAT chunks."""
    palette: bytes | None = None
    parts: list[bytes] = []
    ended = False
    for number, chunk in enumerate(_chunks(data)):
        if chunk.kind == b"IDAT" and ended:
            continue  # libpng ignores IDAT chunks after other chunks
        ended |= bool(parts) and chunk.kind != b"IDAT"
        if chunk.kind[0] & 0x20:
            continue  # ancillary: bit 5 of the first byte (PNG specification, 5.4)
        if not chunk.intact:
            raise Undecodable(f"its {chunk.kind.decode()} chunk is damaged: its checksum does not match")
        if chunk.kind == b"IDAT":
            parts.append(chunk.content)
        elif chunk.kind == b"PLTE":
            palette = _palette(chunk, info, palette, late=bool(parts))
        elif chunk.kind == b"IEND":
            break
        elif number:  # 0 is IHDR
            raise Undecodable(f"it has the unknown critical chunk {chunk.kind.decode()}")
    else:
        raise Undecodable("it is truncated: it has no end chunk")
    if info.color == _PALETTE and palette is None:
        raise Undecodable("it has no palette")
    return palette or b"", b"".join(parts)


def _palette(chunk: Chunk, info: Info, before: bytes | None, *, late: bool) -> bytes | None:
    """The palette after this PLTE chunk: empty if the pixels need none, None if the chunk is ignored."""
    if before is not None:
        raise Undecodable("it has two palettes")
    if late:
        return None  # libpng ignores a palette after the pixels
    if not info.color & _COLORED:
        return b""
    count = len(chunk.content)
    if not count or (info.color == _PALETTE and (count % 3 or count > _LONGEST_PALETTE)):
        raise Undecodable("its palette has a wrong length")
    if info.color != _PALETTE:
        return b""
    # libpng decodes indexes beyond the palette's end as black.
    return chunk.content[: 3 << info.depth].ljust(_LONGEST_PALETTE, b"\0")


def _rows(compressed: bytes, info: Info) -> bytes:
    """The filtered rows, exactly as many as the header requires; anything after them is ignored."""
    size = _size_of_rows(info)
    unpacking = zlib.decompressobj()
    try:
        rows = unpacking.decompress(compressed, size)
    except zlib.error as error:
        raise Undecodable(f"its compressed pixels are damaged: {error}") from error
    if len(rows) < size:
        raise Undecodable("it has fewer pixels than its header requires")
    with suppress(zlib.error):  # libpng only warns about damage after the pixels, and about surplus pixels
        beyond = unpacking.decompress(unpacking.unconsumed_tail, _BEYOND)
        if len(beyond) < _BEYOND and not unpacking.eof:
            raise Undecodable("its compressed pixels are truncated")
    return rows


def _size_of_rows(info: Info) -> int:
    """The bytes of all rows of all passes, each with its filter byte."""
    size = 0
    for left, top, right, down in _PASSES if info.interlaced else ((0, 0, 1, 1),):
        width, height = -(-(info.width - left) // right), -(-(info.height - top) // down)
        if width > 0 and height > 0:
            size += height * (1 + -(-width * info.bits // 8))
    return size


def _chunks(data: bytes) -> Iterator[Chunk]:
    """Yields chunks until the caller stops; running into the end of the data is an error."""
    at = len(MAGIC)
    while True:
        content = at + 8
        size, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : content]
        if len(kind) < 4 or not kind.isalpha() or size > 0x7FFF_FFFF:
            raise Undecodable("it is truncated or damaged between two chunks")
        end = content + size
        if end + 4 > len(data):
            raise Undecodable(f"it is truncated inside its {kind.decode()} chunk")
        yield Chunk(kind, data[content:end], int.from_bytes(data[end : end + 4]) == zlib.crc32(data[at + 4 : end]))
        at = end + 4
