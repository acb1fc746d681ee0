"""Decodes the first frame of a GIF as TensorFlow does.

TensorFlow's canvas is as large as the largest frame, whatever screen size the file gives. The first frame is drawn on
black at its own offset, and its transparent pixels are black (tensorflow/core/lib/gif/gif_io.cc). The file is read
block by block, as by giflib's DGifSlurp (GIF89a specification); Pillow decompresses the first frame only.
"""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PIL import Image

from wizard.formats.arrays import Pixels
from wizard.formats.undecodable import Undecodable

_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B
_GRAPHIC_CONTROL = 0xF9
_COLOR_MAP, _INTERLACED, _TRANSPARENT = 0x80, 0x40, 0x01
_SCREEN = 13
"""Bytes of the signature and the logical screen descriptor."""
_CODE_SIZES = range(2, 9)
"""Valid LZW minimum code sizes, in bits (GIF89a specification, appendix F)."""
_PLACE = struct.Struct("<HHHHB")


class Frame(NamedTuple):
    """A frame: its rectangle, flags, color map, and compressed pixels, preceded by their code size."""

    left: int
    top: int
    width: int
    height: int
    flags: int
    colors: bytes
    packed: bytes
    transparent: int


@dataclass(frozen=True, kw_only=True)
class Outline:
    """A GIF's canvas and first frame.

    Attributes:
        height: of the canvas, in pixels.
        width: of the canvas, in pixels.
        first: the first frame.
    """

    height: int
    width: int
    first: Frame


class _Unfinished(Undecodable):
    """A frame is truncated; if it would have enlarged the canvas, only giflib knows whether it does."""

    def __init__(self, why: str, frame: tuple[int, int]) -> None:
        super().__init__(why)
        self.frame = frame


class _Blocks:
    """Sequential reader that refuses to read beyond the end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        found = self._data[self._at : self._at + count]
        if len(found) < count:
            raise Undecodable("it is truncated")
        self._at += count
        return found

    def chain(self) -> bytes:
        """Sub-blocks with their sizes, up to the empty one that ends them."""
        start = self._at
        while size := self.take(1)[0]:
            self.take(size)
        return self._data[start : self._at]


def read_outline(data: bytes) -> Outline:
    """Reads a file to its end without decompressing anything.

    After its first frame, it may be truncated or damaged: giflib keeps the earlier frames, and so does TensorFlow.

    Raises:
        Undecodable: it holds no complete frame.
    """
    frames: list[Frame] = []
    try:
        frames.extend(_frames(_Blocks(data)))
    except Undecodable as error:
        begun = error.frame if isinstance(error, _Unfinished) else (0, 0)
        if not frames or begun[0] > frames[0].height or begun[1] > frames[0].width:
            raise
    if not frames:
        raise Undecodable("it has no frames")
    for frame in frames[1:]:
        if frame.height > frames[0].height or frame.width > frames[0].width:
            _unpacked(frame)  # giflib ignores a damaged frame, which then does not enlarge the canvas
    height, width = max(frame.height for frame in frames), max(frame.width for frame in frames)
    return Outline(height=height, width=width, first=frames[0])


def decode(data: bytes) -> Pixels:
    """The first frame on its canvas.

    Returns:
        uint8[height, width, 3], RGB.

    Raises:
        Undecodable: it is truncated or damaged.
    """
    outline = read_outline(data)
    frame, canvas = outline.first, np.zeros((outline.height, outline.width, 3), np.uint8)
    if not frame.colors:
        raise Undecodable("its first frame has no color map")
    colors = np.frombuffer(frame.colors, np.uint8).reshape(-1, 3)
    below, right = max(0, outline.height - frame.top), max(0, outline.width - frame.left)
    indexes = _unpacked(frame)[:below, :right]
    shown = indexes != frame.transparent
    if indexes[shown].max(initial=0) >= len(colors):
        raise Undecodable("a pixel has a color that is not in the color map")
    region = canvas[frame.top : frame.top + indexes.shape[0], frame.left : frame.left + indexes.shape[1]]
    region[shown] = colors[indexes[shown]]
    return canvas


def _frames(blocks: _Blocks) -> Iterator[Frame]:
    screen = blocks.take(_SCREEN)
    shared = blocks.take(_map_size(screen[10]))
    transparent = -1
    while (kind := blocks.take(1)[0]) != _TRAILER:
        if kind == _EXTENSION:
            found = _extension(blocks)
            transparent = transparent if found is None else found
        elif kind == _IMAGE:
            yield _frame(blocks, shared, transparent)
            transparent = -1
        else:
            raise Undecodable("it is damaged between two blocks")


def _extension(blocks: _Blocks) -> int | None:
    """The transparent color index that it sets, -1 for none; None if it is another kind of extension."""
    label = blocks.take(1)[0]
    chain = blocks.chain()
    if label != _GRAPHIC_CONTROL or chain[0] != 4:
        return None
    return chain[4] if chain[1] & _TRANSPARENT else -1


def _frame(blocks: _Blocks, shared: bytes, transparent: int) -> Frame:
    left, top, width, height, flags = _PLACE.unpack(blocks.take(_PLACE.size))
    own = blocks.take(_map_size(flags))
    if not (width and height):
        raise Undecodable("a frame has a width or height of 0")
    try:
        packed = blocks.take(1) + blocks.chain()
    except Undecodable as error:
        raise _Unfinished(str(error), (height, width)) from error
    return Frame(left, top, width, height, flags, own or shared, packed, transparent)


def _map_size(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & _COLOR_MAP else 0


def _unpacked(frame: Frame) -> Pixels:
    """Decompresses a frame to uint8[height, width], indexes into its color map."""
    if frame.packed[0] not in _CODE_SIZES:
        raise Undecodable("its first frame has an invalid LZW code size")
    grays = bytes(value for value in range(256) for _ in range(3))
    file = (
        b"GIF89a"
        + struct.pack("<HHBBB", frame.width, frame.height, _COLOR_MAP | 7, 0, 0)
        + grays
        + bytes([_IMAGE])
        + _PLACE.pack(0, 0, frame.width, frame.height, frame.flags & _INTERLACED)
        + frame.packed
        + bytes([_TRAILER])
    )
    try:
        with Image.open(io.BytesIO(file), formats=["GIF"]) as image:
            return np.asarray(image.convert("L"))
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise Undecodable(f"its first frame is damaged: {error}") from error
