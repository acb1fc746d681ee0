"""How much memory an image takes while it is put through, foretold from its header before any of it is decoded.

The numbers were measured with images of 20 million pixels, as the growth of a worker's peak resident memory over the
image's pixels; `tests/engine/test_image_memory.py` measures some of them again.
"""

from contextlib import suppress
from dataclasses import dataclass

from wizard.engine.bad_images import too_large
from wizard.engine.transform import Recipe
from wizard.formats import image_codec, png
from wizard.formats.resize import FAITHFUL_SHRINK, Resize, geometry
from wizard.formats.undecodable import Undecodable
from wizard.sources.samples import Sample

_RGB = 3.2
"""Bytes a pixel of a JPEG that is decoded to RGB."""
_CMYK = 24.1
"""Of a JPEG of four components, whose arithmetic takes 16 bits a sample, more than once."""
_PILLOW = 14.2
"""Of what Pillow decodes, at most: PNG without its rows 10 to 14, BMP, GIF and TIFF 11 to 14."""
_PNG_ROWS = 3.1
"""How many times the unpacked rows of a PNG are held before Pillow has them; it then holds them once more."""
_WEBP = 22.3
_MOST = 26
"""More than any JPEG takes, with its coefficients, and what it is shrunk to."""
_ACROSS = 6
"""Of the strip in between that is scaled in width and not yet in height."""
_PILLOWS_OWN = 4
"""Of an image that Pillow holds in its own memory."""
_BLOCK = 64
"""Samples in a block of a JPEG; its coefficients take two bytes each (jpeglib.h, JCOEF)."""
_ALWAYS = 32_000_000
"""Bytes that every worker has for an image."""
_NO_SIZE = (0xC4, 0xC8, 0xCC)
"""DHT, JPG and DAC lie among the markers of frames (ITU-T T.81, table B.1)."""
_SEQUENTIAL = (0xC0, 0xC1)
_SCAN = 0xDA


@dataclass(frozen=True, kw_only=True)
class Needed:
    """What an image takes.

    Attributes:
        height: in pixels.
        width: in pixels.
        bytes: of memory at the peak.
    """

    height: int
    width: int
    bytes: int


def require(data: bytes, sample: Sample, recipe: Recipe, memory: int | None) -> None:
    """Refuses an image that takes more memory than there is for one.

    Args:
        data: its encoded bytes.
        sample: the image, for its name.
        recipe: what becomes of it.
        memory: bytes that a worker has for an image; None where there is no limit.

    Raises:
        MachineError: it takes more.
    """
    if memory is None or _is_small(data, recipe.resize):
        return
    need = needed(data, recipe)
    if need.bytes > max(memory, _ALWAYS):
        raise too_large(sample, need.height, need.width, need.bytes, memory)


def needed(data: bytes, recipe: Recipe) -> Needed:
    """What an image takes at its peak; nothing where its header tells no size, or one that is refused anyway."""
    kind = image_codec.sniff(data[: image_codec.MAGIC_BYTES])
    at = _frame_at(data) if kind == "JPEG" else 0
    frame = _frame(data, at) if at else None
    if frame is not None:
        return _of_jpeg(frame, recipe)
    if kind == "PNG":
        return _of_png(data, recipe)
    height, width = _sides(data)
    return _sum(height, width, _WEBP if kind == "WEBP" else _PILLOW, 0, recipe)


@dataclass(frozen=True, kw_only=True)
class _Frame:
    """A JPEG's frame header: sides in pixels, sampling factors (across, down), and whether it comes in one scan."""

    height: int
    width: int
    factors: list[tuple[int, int]]
    sequential: bool


def _of_jpeg(frame: _Frame, recipe: Recipe) -> Needed:
    height, width = frame.height, frame.width
    cmyk = len(frame.factors) == 4
    coefficients = 0 if frame.sequential else 2 * _BLOCK * _blocks(frame)
    if recipe.quality is None and not cmyk:
        return Needed(height=height, width=width, bytes=coefficients + height * width // _BLOCK)
    if cmyk:  # the coefficients are gone before the arithmetic begins
        least = coefficients + 4 * height * width
        whole = _sum(height, width, _CMYK, 0, recipe)
        return Needed(height=height, width=width, bytes=max(least, whole.bytes))
    return _sum(height, width, _RGB, coefficients, recipe)


def _of_png(data: bytes, recipe: Recipe) -> Needed:
    try:
        info = png.read_info(data)
    except Undecodable:
        return Needed(height=0, width=0, bytes=0)
    row_bytes = info.bits / 8
    return _sum(info.height, info.width, max(_PILLOW + row_bytes, _PNG_ROWS * row_bytes), 0, recipe)


def _sum(height: int, width: int, a_pixel: float, more: int, recipe: Recipe) -> Needed:
    """Decoding, with what is gone when it is done; or the decoded pixels and what they are scaled to."""
    if not 0 < height * width * 3 < image_codec.LARGEST:
        return Needed(height=height, width=width, bytes=0)
    decoding = round(height * width * a_pixel) + more
    scaling = _scaling(height, width, geometry(recipe.resize, height, width).scaled)
    return Needed(height=height, width=width, bytes=max(decoding, scaling))


def _scaling(height: int, width: int, scaled: tuple[int, int]) -> int:
    """The pixels before, between and after; Pillow, which takes the extreme shrinking, has a copy of four bytes."""
    if scaled == (height, width):
        return 0
    by_pillow = height > FAITHFUL_SHRINK * scaled[0] or width > FAITHFUL_SHRINK * scaled[1]
    between = _PILLOWS_OWN * height * width if by_pillow else _ACROSS * height * scaled[1]
    return 3 * height * width + between + 3 * scaled[0] * scaled[1]


def _blocks(frame: _Frame) -> int:
    """Blocks of all components, each of whole units (ITU-T T.81, A.1.1 and A.2.4)."""
    across, down = (max(factor[axis] for factor in frame.factors) for axis in (0, 1))
    units = -(-frame.width // (8 * across)) * -(-frame.height // (8 * down))
    return units * sum(h * v for h, v in frame.factors)


def _is_small(data: bytes, resize: Resize) -> bool:
    """Whether it is a JPEG that needs no closer look: nearly all are, and this takes 2 to 4 microseconds."""
    at = _frame_at(data) if data.startswith(b"\xff\xd8\xff") else 0
    if not at:
        return False
    height, width = data[at + 5] << 8 | data[at + 6], data[at + 7] << 8 | data[at + 8]
    scaling = 0
    if resize.upscale or resize.mode in ("exact", "crop"):  # what only shrinks is within _MOST
        scaling = _scaling(height, width, geometry(resize, height, width).scaled)
    return max(height * width * _MOST, scaling) <= _ALWAYS


def _frame_at(data: bytes) -> int:
    """Where a JPEG's frame header is, which lies before the first scan; 0 where there is none."""
    at, end = 2, len(data) - 10
    while at < end and data[at] == 0xFF:
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in _NO_SIZE:
            return at
        if marker == _SCAN:
            return 0
        # Fill bytes may stand before any marker.
        at += 1 if marker == 0xFF else 2 + (data[at + 2] << 8 | data[at + 3])
    return 0


def _frame(data: bytes, at: int) -> _Frame | None:
    """What is there: marker, length, precision, height, width, and three bytes a component (ITU-T T.81, B.2.2)."""
    count = data[at + 9]
    factors = [(packed >> 4, packed & 15) for packed in data[at + 11 : at + 10 + 3 * count : 3]]
    if not factors or len(factors) < count or any(0 in each for each in factors):
        return None
    return _Frame(
        height=int.from_bytes(data[at + 5 : at + 7]),
        width=int.from_bytes(data[at + 7 : at + 9]),
        factors=factors,
        sequential=data[at + 1] in _SEQUENTIAL,
    )


def _sides(data: bytes) -> tuple[int, int]:
    with suppress(Undecodable):
        header = image_codec.read_header(data)
        return header.height, header.width
    return 0, 0
