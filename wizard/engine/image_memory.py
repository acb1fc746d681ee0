"""How much memory an image takes while it is put through, foretold from its header before any of it is decoded.

The numbers were measured with images of 20 million pixels, as the growth of a worker's peak resident memory over the
image's pixels; `tests/engine/test_image_memory.py` measures some of them again.
"""

from contextlib import suppress
from dataclasses import dataclass

from wizard.engine.bad_images import too_large
from wizard.engine.transform import Recipe
from wizard.formats import jpeg
from wizard.formats.resize import geometry
from wizard.sources.samples import Sample

_RGB = 3.2
"""Bytes a pixel of a JPEG that is decoded to RGB."""
_CMYK = 24.1
"""Of a JPEG of four components, whose arithmetic takes 16 bits a sample, more than once."""
_PILLOW = 14.2
"""Of what Pillow decodes, at most: PNG 10 to 14, BMP, GIF and TIFF 11 to 14."""
_WEBP = 22.3
_ACROSS = 6
"""Of the strip in between that is scaled in width and not yet in height."""
_BLOCK = 64
"""Samples in a block of a JPEG; its coefficients take two bytes each (jpeglib.h, JCOEF)."""
_ALWAYS = 16_000_000
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
    if memory is None:
        return
    need = needed(data, recipe)
    if need.bytes > max(memory, _ALWAYS):
        raise too_large(sample, need.height, need.width, need.bytes, memory)


def needed(data: bytes, recipe: Recipe) -> Needed:
    """What an image takes at its peak; nothing where its header tells no size, or one that is refused anyway."""
    kind = jpeg.sniff(data[: jpeg.MAGIC_BYTES])
    frame = _frame(data) if kind == "JPEG" else None
    if frame is not None:
        return _of_jpeg(frame, recipe)
    if kind == "PNG" and data[12:16] == b"IHDR":
        width, height = int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    else:
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


def _sum(height: int, width: int, a_pixel: float, more: int, recipe: Recipe) -> Needed:
    """Decoding, with what is gone when it is done; or the decoded pixels and what they are scaled to."""
    if not 0 < height * width * 3 < jpeg.LARGEST:
        return Needed(height=height, width=width, bytes=0)
    scaled = geometry(recipe.resize, height, width).scaled
    decoding = round(height * width * a_pixel) + more
    scaling = 0
    if scaled != (height, width):
        scaling = 3 * height * width + _ACROSS * height * scaled[1] + 3 * scaled[0] * scaled[1]
    return Needed(height=height, width=width, bytes=max(decoding, scaling))


def _blocks(frame: _Frame) -> int:
    """Blocks of all components, each of whole units (ITU-T T.81, A.1.1 and A.2.4)."""
    across, down = (max(factor[axis] for factor in frame.factors) for axis in (0, 1))
    units = -(-frame.width // (8 * across)) * -(-frame.height // (8 * down))
    return units * sum(h * v for h, v in frame.factors)


def _frame(data: bytes) -> _Frame | None:
    """Walks the segments before the first scan; None where no frame header is among them."""
    at, end = 2, len(data) - 10
    while at < end and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # fill bytes may stand before any marker
            at += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in _NO_SIZE:
            return _parsed(data[at + 2 : at + 4 + 6 + 3 * data[at + 9]], sequential=marker in _SEQUENTIAL)
        if marker == _SCAN:
            return None
        at += 2 + (data[at + 2] << 8 | data[at + 3])
    return None


def _parsed(segment: bytes, *, sequential: bool) -> _Frame | None:
    """A frame header from its length on: precision, height, width, and three bytes a component (ITU-T T.81, B.2.2)."""
    count = segment[7]
    factors = [(packed >> 4, packed & 15) for packed in segment[9 : 8 + 3 * count : 3]]
    if not factors or len(factors) < count or any(0 in each for each in factors):
        return None
    height, width = int.from_bytes(segment[3:5]), int.from_bytes(segment[5:7])
    return _Frame(height=height, width=width, factors=factors, sequential=sequential)


def _sides(data: bytes) -> tuple[int, int]:
    with suppress(jpeg.Undecodable):
        header = jpeg.read_header(data)
        return header.height, header.width
    return 0, 0
