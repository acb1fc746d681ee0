"""Encoded images of every kind, and seeded random damage to them."""

import random
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import simplejpeg
from PIL import Image

from tests.helpers import encoded, noise

_STANDALONE = {0xD8, 0xD9, *range(0xD0, 0xD8), 0x01}
_SOS, _SOF0, _APP14, _DHT = 0xDA, 0xC0, 0xEE, 0xC4
_LONG = 200_000
"""Bytes of a text chunk; decompressed, it exceeds the limits of Pillow and other readers."""


class Mutant(NamedTuple):
    """An encoded image, its original kind, and the damage done to it."""

    kind: str
    damage: str
    data: bytes


def originals() -> dict[str, bytes]:
    """An undamaged image of every kind."""
    return {**_jpegs(), **_pngs(), **_gifs(), **_bmps(), **_webps()}


def mutants(seed: int, count: int) -> Iterator[Mutant]:
    """`count` damaged images; the same ones for the same seed."""
    rng = random.Random(seed)
    whole = originals()
    kinds = sorted(whole)
    for _ in range(count):
        kind = rng.choice(kinds)
        damages = _DAMAGE | _OF_FORMAT.get(kind.partition(" ")[0], {})
        damage = rng.choice(sorted(damages))
        yield Mutant(kind, damage, damages[damage](rng, whole[kind]))


def _picture(height: int = 75, width: int = 100) -> Image.Image:
    return Image.fromarray(noise(height, width))


def _jpegs() -> dict[str, bytes]:
    picture = _picture()
    cmyk = encoded(picture.convert("CMYK"), quality=90)
    icc, exif = bytes(range(256)) * 20, Image.Exif()
    exif[0x0112] = 6
    found = {
        "JPEG baseline": encoded(picture, quality=90),
        "JPEG of low quality": encoded(picture, quality=20),
        "JPEG with optimized tables": encoded(picture, optimize=True),
        "JPEG progressive": encoded(picture, progressive=True, quality=90),
        "JPEG progressive gray": encoded(picture.convert("L"), progressive=True),
        "JPEG progressive CMYK": encoded(picture.convert("CMYK"), progressive=True),
        "JPEG with restart markers": encoded(picture, restart_marker_blocks=3),
        "JPEG progressive with restart markers": encoded(picture, progressive=True, restart_marker_rows=1),
        "JPEG gray": encoded(picture.convert("L")),
        "JPEG CMYK": cmyk,
        "JPEG YCCK": with_transform(cmyk, 2),
        "JPEG CMYK without APP14": without_segment(cmyk, _APP14),
        "JPEG RGB": encoded(picture, keep_rgb=True),
        "JPEG with metadata": encoded(picture, icc_profile=icc, exif=exif, comment=b"a comment"),
        "JPEG 1 x 1": encoded(picture.resize((1, 1))),
        "JPEG 17 x 3": encoded(picture.resize((17, 3))),
        "JPEG 3 x 33 progressive": encoded(picture.resize((3, 33)), progressive=True),
        "JPEG with trailing bytes": encoded(picture) + b"\0trailing",
    }
    for subsampling in ("444", "422", "420", "440", "411"):
        found[f"JPEG {subsampling}"] = simplejpeg.encode_jpeg(noise(67, 91), 90, "RGB", subsampling)
    return found


def _pngs() -> dict[str, bytes]:
    picture = _picture(40, 50)
    gray = picture.convert("L")
    ramp = Image.fromarray(np.linspace(0, 65535, 2000).reshape(40, 50).astype(np.uint16))
    colors = picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=40)
    plain = encoded(picture, "PNG")
    return {
        "PNG": plain,
        "PNG with alpha": encoded(Image.merge("RGBA", (*picture.split(), gray)), "PNG"),
        "PNG gray": encoded(gray, "PNG"),
        "PNG gray with alpha": encoded(Image.merge("LA", (gray, gray)), "PNG"),
        "PNG of 16 bits": encoded(ramp, "PNG"),
        "PNG of 1 bit": encoded(picture.convert("1"), "PNG"),
        "PNG with a palette": encoded(colors, "PNG"),
        "PNG with a palette of 4 bits": encoded(picture.quantize(16), "PNG", bits=4),
        "PNG with transparent colors": encoded(colors, "PNG", transparency=bytes(range(40))),
        "PNG with one transparent color": encoded(picture, "PNG", transparency=(1, 2, 3)),
        "PNG interlaced": interlaced(np.asarray(picture)),
        "PNG of 16 bits, RGB": rgb16(np.asarray(picture)),
        "PNG with a huge text": with_chunk(plain, b"zTXt", b"Comment\0\0" + zlib.compress(bytes(_LONG * 10))),
        "PNG with a huge profile": with_chunk(plain, b"iCCP", b"p\0\0" + zlib.compress(bytes(_LONG * 10))),
        "PNG with a long text": with_chunk(plain, b"tEXt", b"Comment\0" + b"x" * _LONG),
        "PNG 1 x 1": encoded(picture.resize((1, 1)), "PNG"),
    }


def _gifs() -> dict[str, bytes]:
    picture = _picture(30, 44)
    frames = [_picture(30, 44).rotate(angle) for angle in (90, 180)]
    plain = encoded(picture, "GIF", interlace=0)
    return {
        "GIF": plain,
        "GIF interlaced": encoded(picture, "GIF", interlace=1),
        "GIF transparent": encoded(picture.quantize(30), "GIF", transparency=3),
        "GIF animated": encoded(picture, "GIF", save_all=True, append_images=frames),
        "GIF smaller than its canvas": with_canvas(plain, 60, 50),
        "GIF at an offset": with_canvas(plain, 60, 50, left=5, top=7),
        "GIF larger than its canvas": with_canvas(plain, 20, 20),
    }


def _bmps() -> dict[str, bytes]:
    picture = _picture(21, 35)
    plain = encoded(picture, "BMP")
    return {
        "BMP": plain,
        "BMP with a palette": encoded(picture.quantize(64), "BMP"),
        "BMP gray": encoded(picture.convert("L"), "BMP"),
        "BMP of 1 bit": encoded(picture.convert("1"), "BMP"),
        "BMP of 32 bits": encoded(picture.convert("RGBA"), "BMP"),
        "BMP top-down": plain[:22] + struct.pack("<i", -21) + plain[26:],
    }


def _webps() -> dict[str, bytes]:
    picture = _picture(36, 52)
    return {
        "WEBP": encoded(picture, "WEBP"),
        "WEBP lossless": encoded(picture, "WEBP", lossless=True),
    }


def segments(data: bytes) -> list[tuple[int, bytes]]:
    """A JPEG's segments as (marker, bytes including the marker); scan data belongs to its SOS."""
    found, at = [], 0
    while at + 2 <= len(data):
        marker = data[at + 1]
        end = at + 2
        if marker not in _STANDALONE:
            end += int.from_bytes(data[at + 2 : at + 4])
        if marker == _SOS:
            while end + 1 < len(data) and (data[end] != 0xFF or data[end + 1] in (0, *range(0xD0, 0xD8))):
                end += 1
        found.append((marker, data[at:end]))
        at = end
        if marker == 0xD9:
            break
    return [*found, (0, data[at:])] if at < len(data) else found


def without_segment(data: bytes, marker: int) -> bytes:
    """A JPEG without the segments of one marker."""
    return b"".join(content for found, content in segments(data) if found != marker)


def with_transform(data: bytes, transform: int) -> bytes:
    """A JPEG whose APP14 segment states another color transform."""
    at = data.index(b"Adobe") + 11
    return data[:at] + bytes([transform]) + data[at + 1 :]


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def chunks(data: bytes) -> list[bytes]:
    """The chunks of a PNG, with lengths and checksums."""
    found, at = [], 8
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4])
        found.append(data[at:end])
        at = end
    return found


def with_chunk(data: bytes, kind: bytes, content: bytes) -> bytes:
    """A PNG with one more chunk after its header."""
    return data[:33] + chunk(kind, content) + data[33:]


def interlaced(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    """An RGB PNG in the seven passes of Adam7, which Pillow does not write: uint8[height, width, 3]."""
    height, width = pixels.shape[:2]
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    rows = b"".join(
        b"\0" + row.tobytes() for top, left, down, right in passes for row in pixels[top::down, left::right] if row.size
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1)
    return _png(header, rows)


def rgb16(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    """An RGB PNG of 16 bits a sample: uint8[height, width, 3] as the high bytes."""
    height, width = pixels.shape[:2]
    wide = (pixels.astype(">u2") << 8) + 77
    rows = b"".join(b"\0" + row.tobytes() for row in wide)
    return _png(struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0), rows)


def _png(header: bytes, rows: bytes) -> bytes:
    magic = b"\x89PNG\r\n\x1a\n"
    return magic + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def with_canvas(data: bytes, width: int, height: int, *, left: int = 0, top: int = 0) -> bytes:
    """A GIF with another canvas size, and its only frame at another offset."""
    at = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    while data[at] == 0x21:  # extensions
        at += 2
        while data[at]:
            at += data[at] + 1
        at += 1
    moved = data[at : at + 1] + struct.pack("<HH", left, top) + data[at + 5 :]
    return data[:6] + struct.pack("<HH", width, height) + data[10:at] + moved


Damage = Callable[[random.Random, bytes], bytes]


def _cut(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data))]


def _cut_the_end(rng: random.Random, data: bytes) -> bytes:
    return data[: -rng.randint(1, min(16, len(data)))]


def _zero_the_rest(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + bytes(len(data) - at)


def _zero_a_part(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    long = min(len(data) - at, rng.choice((1, 4, 40, 512)))
    return data[:at] + bytes(long) + data[at + long :]


def _flip_a_bit(rng: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _change_bytes(rng: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 2, 5, 20))):
        changed[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(changed)


def _change_the_head(rng: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 2, 3))):
        changed[rng.randrange(min(len(data), 700))] = rng.randrange(256)
    return bytes(changed)


def _remove_a_part(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.choice((1, 2, 16, 300)) :]


def _insert_bytes(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + rng.randbytes(rng.choice((1, 2, 16, 300))) + data[at:]


def _append(rng: random.Random, data: bytes) -> bytes:
    return data + rng.choice((bytes(1), bytes(600), rng.randbytes(50), data))


def _nothing(_rng: random.Random, data: bytes) -> bytes:
    return data


_DAMAGE: dict[str, Damage] = {
    "none": _nothing,
    "cut": _cut,
    "last bytes cut": _cut_the_end,
    "rest zeroed": _zero_the_rest,
    "part zeroed": _zero_a_part,
    "bit flipped": _flip_a_bit,
    "bytes changed": _change_bytes,
    "head changed": _change_the_head,
    "part removed": _remove_a_part,
    "bytes inserted": _insert_bytes,
    "bytes appended": _append,
}


def _drop_segment(rng: random.Random, data: bytes) -> bytes:
    parts = segments(data)
    del parts[rng.randrange(1, len(parts))]
    return _joined(parts)


def _double_segment(rng: random.Random, data: bytes) -> bytes:
    parts = segments(data)
    at = rng.randrange(len(parts))
    return _joined([*parts[:at], parts[at], *parts[at:]])


def _swap_segments(rng: random.Random, data: bytes) -> bytes:
    parts = segments(data)
    one, other = rng.randrange(len(parts)), rng.randrange(len(parts))
    parts[one], parts[other] = parts[other], parts[one]
    return _joined(parts)


def _drop_scan(rng: random.Random, data: bytes) -> bytes:
    parts = segments(data)
    scans = [at for at, (marker, _) in enumerate(parts) if marker == _SOS]
    if scans:
        del parts[rng.choice(scans)]
    return _joined(parts)


def _insert_marker(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(2, len(data))
    marker = rng.choice((0xD9, 0xD0, 0xD3, 0xD7, 0xFF, 0x01, 0xD8, _SOS, 0xDD, 0xDC, 0xFE, 0xC0, 0xC8, 0xF0))
    return data[:at] + bytes([0xFF, marker]) + data[at:]


def _insert_segment(rng: random.Random, data: bytes) -> bytes:
    parts = segments(data)
    adobe = b"Adobe\0d\0\0\0\0" + bytes([rng.randrange(4)])
    content = rng.choice((adobe, adobe[:11], adobe[:5], adobe + b"more", b"\0\4\0\0", b"\0\2", rng.randbytes(9)))
    marker = rng.choice((_APP14, _APP14, 0xE0, 0xFE, 0xDD, 0xDC))
    at = rng.randrange(1, len(parts) + 1)
    parts.insert(at, (marker, bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content))
    return _joined(parts)


def _change_frame(rng: random.Random, data: bytes) -> bytes:
    """Another process, size, number of components or sampling."""
    changed = bytearray(data)
    at = next((at for at in range(len(data) - 20) if data[at] == 0xFF and data[at + 1] in (0xC0, 0xC1, 0xC2)), 0)
    place = rng.choice((1, 1, 4, 6, 8, 9, 10, 11, 12, 13, 14))
    changed[at + place] = rng.choice((*range(0xC0, 0xD0), 1, 2, 4, 8, 12, 0x11, 0x12, 0x21, 0x22, 0x41, 0x14))
    return bytes(changed)


def _joined(parts: list[tuple[int, bytes]]) -> bytes:
    return b"".join(content for _, content in parts)


def _drop_chunk(rng: random.Random, data: bytes) -> bytes:
    parts = chunks(data)
    del parts[rng.randrange(len(parts))]
    return data[:8] + b"".join(parts)


def _double_chunk(rng: random.Random, data: bytes) -> bytes:
    parts = chunks(data)
    at = rng.randrange(len(parts))
    return data[:8] + b"".join([*parts[:at], parts[at], *parts[at:]])


def _swap_chunks(rng: random.Random, data: bytes) -> bytes:
    parts = chunks(data)
    one, other = rng.randrange(len(parts)), rng.randrange(len(parts))
    parts[one], parts[other] = parts[other], parts[one]
    return data[:8] + b"".join(parts)


def _break_sum(rng: random.Random, data: bytes) -> bytes:
    parts = chunks(data)
    at = rng.randrange(len(parts))
    parts[at] = parts[at][:-1] + bytes([parts[at][-1] ^ 1])
    return data[:8] + b"".join(parts)


def _insert_chunk(rng: random.Random, data: bytes) -> bytes:
    parts = chunks(data)
    kind = rng.choice(
        (b"tEXt", b"zTXt", b"iTXt", b"gAMA", b"tIME", b"teSt", b"TEST", b"PLTE", b"tRNS", b"IDAT", b"IEND")
    )
    made = chunk(kind, rng.randbytes(rng.choice((0, 1, 4, 12, 300))))
    if rng.random() < 0.5:
        made = made[:-1] + bytes([made[-1] ^ 1])
    parts.insert(rng.randrange(len(parts) + 1), made)
    return data[:8] + b"".join(parts)


def _with_data(data: bytes, change: Callable[[bytes], list[bytes]]) -> bytes:
    """A PNG with each IDAT chunk replaced by others."""
    made: list[bytes] = []
    for part in chunks(data):
        made += change(part[8:-4]) if part[4:8] == b"IDAT" else [part]
    return data[:8] + b"".join(made)


def _split_data(rng: random.Random, data: bytes) -> bytes:
    """The compressed pixels in several chunks, some of them empty, some with another chunk between them."""

    def split(content: bytes) -> list[bytes]:
        cut = rng.randrange(len(content) + 1)
        between = [chunk(b"tEXt", b"a\0b")] if rng.random() < 0.3 else []
        return [chunk(b"IDAT", content[:cut]), chunk(b"IDAT", b""), *between, chunk(b"IDAT", content[cut:])]

    return _with_data(data, split)


def _change_pixels(rng: random.Random, data: bytes) -> bytes:
    """Changes, shortens or extends the compressed data, with correct checksums."""

    def changed(content: bytes) -> list[bytes]:
        rows = zlib.decompress(content) if rng.random() < 0.9 else b""
        ways: list[Callable[[], bytes]] = [
            lambda: zlib.compress(rows[: rng.randrange(len(rows) + 1)]),
            lambda: zlib.compress(rows + rng.randbytes(rng.choice((1, 40, 4000)))),
            lambda: content[:-4] + rng.randbytes(4),
            lambda: content[: rng.randrange(len(content) + 1)],
            lambda: _change_bytes(rng, content),
            lambda: content + rng.randbytes(rng.choice((1, 40))),
        ]
        return [chunk(b"IDAT", rng.choice(ways)())]

    return _with_data(data, changed)


def _change_header(rng: random.Random, data: bytes) -> bytes:
    content = bytearray(chunks(data)[0][8:-4])
    content[rng.choice((3, 7, 8, 9, 10, 11, 12))] = rng.choice((0, 1, 2, 3, 4, 6, 8, 16, 40, 200))
    return data[:8] + chunk(b"IHDR", bytes(content)) + data[33:]


def _change_bitmap(rng: random.Random, data: bytes) -> bytes:
    """Another field of the headers."""
    changed = bytearray(data)
    changed[rng.choice((2, 6, 10, 14, 18, 19, 22, 23, 25, 26, 28, 30, 34, 46))] = rng.choice((0, 1, 8, 16, 24, 32, 255))
    return bytes(changed)


_OF_FORMAT: dict[str, dict[str, Damage]] = {
    "JPEG": {
        "segment dropped": _drop_segment,
        "segment doubled": _double_segment,
        "segments swapped": _swap_segments,
        "scan dropped": _drop_scan,
        "marker inserted": _insert_marker,
        "segment inserted": _insert_segment,
        "frame changed": _change_frame,
    },
    "PNG": {
        "chunk dropped": _drop_chunk,
        "chunk doubled": _double_chunk,
        "chunks swapped": _swap_chunks,
        "sum broken": _break_sum,
        "chunk inserted": _insert_chunk,
        "data split": _split_data,
        "pixels changed": _change_pixels,
        "header changed": _change_header,
    },
    "BMP": {"header changed": _change_bitmap},
}
