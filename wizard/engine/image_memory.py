"""Estimates the memory needed to process an image, from its header, before anything is decoded.

The numbers were measured with images of 20 million pixels, as the growth of a worker's peak resident memory over the
image's pixels; `tests/engine/test_image_memory.py` measures some of them again.
"""

from contextlib import suppress
from dataclasses import dataclass

from wizard.engine.bad_images import too_large
from wizard.engine.transform import Recipe
from wizard.formats import image_codec, png
from wizard.formats.resize import FAITHFUL_SHRINK, Resize, geometry
from wizard.formats.size_limit import is_too_large
from wizard.formats.undecodable import Undecodable
from wizard.sources.readers import Sample

_RGB = 3.2
"""Bytes a pixel of a JPEG that is decoded to RGB."""
_CMYK = 24.1
"""Bytes a pixel of a JPEG of four components: its colour conversion holds 16 bits a sample, several times."""
_PILLOW = 14.2
"""Bytes a pixel that Pillow needs at most: 10 to 14 for PNG without its rows, 11 to 14 for BMP, GIF and TIFF."""
_PNG_ROWS = 3.1
"""Copies of a PNG's unpacked rows held before Pillow has them; Pillow then holds one more."""
_WEBP = 22.3
_MOST = 26
"""Bytes a pixel, more than any JPEG needs, including its coefficients and the image it is shrunk to."""
_ACROSS = 6
"""Bytes a pixel of the intermediate image, scaled in width but not yet in height."""
_PILLOWS_OWN = 4
"""Bytes a pixel of an image in Pillow's own memory."""
_BLOCK = 64
"""Samples in a block of a JPEG; its coefficients take two bytes each (jpeglib.h, JCOEF)."""
_ALWAYS = 32_000_000
"""Bytes that every worker has for an image, whatever the machine."""
_NO_SIZE = (0xC4, 0xC8, 0xCC)
"""DHT, JPG and DAC: not frame headers, though numbered among them (ITU-T T.81, table B.1)."""
_SEQUENTIAL = (0xC0, 0xC1)
_SCAN = 0xDA


@dataclass(frozen=True, kw_only=True)
class Needed:
    """Memory that an image needs.

    Attributes:
        height: in pixels.
        width: in pixels.
        bytes: peak memory.
    """

    height: int
    width: int
    bytes: int


def require(data: bytes, sample: Sample, recipe: Recipe, memory: int | None) -> None:
    """Refuses an image that needs more memory than a worker has for one.

    Args:
        data: its encoded bytes.
        sample: the image, for its name.
        recipe: how it is processed.
        memory: bytes that a worker has for an image; None if there is no limit.

    Raises:
        MachineError: it needs more.
    """
    if memory is None or _is_small(data, recipe.resize):
        return
    need = needed(data, recipe)
    if need.bytes > max(memory, _ALWAYS):
        raise too_large(sample, need.height, need.width, need.bytes, memory)


def needed(data: bytes, recipe: Recipe) -> Needed:
    """Peak memory for an image; 0 if its header gives no size, or a size that is refused anyway."""
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
    if cmyk:  # the coefficients are freed before colour conversion begins
        least = coefficients + 4 * height * width
        whole = _sum(height, width, _CMYK, 0, recipe, samples=4)
        return Needed(height=height, width=width, bytes=max(least, whole.bytes))
    return _sum(height, width, _RGB, coefficients, recipe, samples=len(frame.factors))


def _of_png(data: bytes, recipe: Recipe) -> Needed:
    try:
        info = png.read_info(data)
    except Undecodable:
        return Needed(height=0, width=0, bytes=0)
    row_bytes = info.bits / 8
    return _sum(info.height, info.width, max(_PILLOW + row_bytes, _PNG_ROWS * row_bytes), 0, recipe)


def _sum(height: int, width: int, a_pixel: float, more: int, recipe: Recipe, samples: int = 3) -> Needed:
    """The larger of the two peaks: decoding with its `more` bytes of buffers, or scaling the decoded pixels."""
    if not height * width or is_too_large(height, width, samples):
        return Needed(height=height, width=width, bytes=0)
    decoding = round(height * width * a_pixel) + more
    scaling = _scaling(height, width, geometry(recipe.resize, height, width).scaled)
    return Needed(height=height, width=width, bytes=max(decoding, scaling))


def _scaling(height: int, width: int, scaled: tuple[int, int]) -> int:
    """Bytes of the pixels before, during and after scaling; Pillow, used for extreme shrinking, copies them first."""
    if scaled == (height, width):
        return 0
    by_pillow = height > FAITHFUL_SHRINK * scaled[0] or width > FAITHFUL_SHRINK * scaled[1]
    between = _PILLOWS_OWN * height * width if by_pillow else _ACROSS * height * scaled[1]
    return 3 * height * width + between + 3 * scaled[0] * scaled[1]


def _blocks(frame: _Frame) -> int:
    """Number of blocks in all components, rounded up to whole coding units (ITU-T T.81, A.1.1 and A.2.4)."""
    across, down = (max(factor[axis] for factor in frame.factors) for axis in (0, 1))
    units = -(-frame.width // (8 * across)) * -(-frame.height // (8 * down))
    return units * sum(h * v for h, v in frame.factors)


def _is_small(data: bytes, resize: Resize) -> bool:
    """Whether it is a JPEG too small to need the full estimate; nearly all are, and this takes 2 to 4 microseconds."""
    at = _frame_at(data) if data.startswith(b"\xff\xd8\xff") else 0
    if not at:
        return False
    height, width = data[at + 5] << 8 | data[at + 6], data[at + 7] << 8 | data[at + 8]
    scaling = 0
    if resize.upscale or resize.mode in ("exact", "crop"):  # what only shrinks is within _MOST
        scaling = _scaling(height, width, geometry(resize, height, width).scaled)
    return max(height * width * _MOST, scaling) <= _ALWAYS


def _frame_at(data: bytes) -> int:
    """Offset of a JPEG's frame header, which precedes the first scan; 0 if there is none."""
    at, end = 2, len(data) - 10
    while at < end and data[at] == 0xFF:
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in _NO_SIZE:
            return at
        if marker == _SCAN:
            return 0
        # Any marker may be preceded by fill bytes.
        at += 1 if marker == 0xFF else 2 + (data[at + 2] << 8 | data[at + 3])
    return 0


def _frame(data: bytes, at: int) -> _Frame | None:
    """Parses the header: marker, length, precision, height, width, three bytes a component (ITU-T T.81, B.2.2)."""
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
