"""Decodes the first frame of a GIF as TensorFlow does.

TensorFlow's canvas is as large as the largest frame, whatever screen size the file states. The first frame is drawn on
black at its own offset, and its transparent pixels are black (tensorflow/core/lib/gif/gif_io.cc). The file is read
block by block, as by giflib's DGifSlurp (GIF89a specification); Pillow decompresses the first frame only.
"""

import io
import struct
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from PIL import Image

from wizard.formats.arrays import Pixels
from wizard.formats.decoding import Undecodable

_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B
_GRAPHIC_CONTROL = 0xF9
_COLOR_MAP, _INTERLACED, _TRANSPARENT = 0x80, 0x40, 0x01
_SCREEN = 13
"""Bytes of the signature and the logical screen descriptor."""
_DESCRIPTOR = struct.Struct("<HHHHB")
"""An image descriptor without its separator: left, top, width, height, flags (GIF89a, section 20)."""


class Frame(NamedTuple):
    """A frame: its rectangle, flags, color map, and compressed pixels after their code size; empty if truncated."""

    left: int
    top: int
    width: int
    height: int
    flags: int
    colors: bytes
    packed: bytes
    transparent: int


class Outline(NamedTuple):
    """The canvas's height and width in pixels, and the first frame."""

    height: int
    width: int
    first: Frame


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
        size = self.take(1)[0]
        while size:
            self.take(size)
            size = self.take(1)[0]
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
    except Undecodable:
        if not (frames and frames[0].packed):
            raise
    if not frames:
        raise Undecodable("it has no frames")
    for frame in frames[1:]:
        if frame.height > frames[0].height or frame.width > frames[0].width:
            _unpacked(frame)  # giflib ignores a damaged frame, which then does not enlarge the canvas
    return Outline(max(frame.height for frame in frames), max(frame.width for frame in frames), frames[0])


def decode(data: bytes) -> Pixels:
    """The first frame on its canvas: uint8[height, width, 3], RGB.

    Raises:
        Undecodable: it is truncated or damaged.
    """
    height, width, frame = read_outline(data)
    canvas = np.zeros((height, width, 3), np.uint8)
    if not frame.colors:
        raise Undecodable("its first frame has no color map")
    colors = np.frombuffer(frame.colors, np.uint8).reshape(-1, 3)
    # A frame may lie partly or wholly outside the canvas; what is outside is not drawn.
    indexes = _unpacked(frame)[: max(0, height - frame.top), : max(0, width - frame.left)]
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
    while True:
        kind = blocks.take(1)[0]
        if kind == _TRAILER:
            return
        if kind == _EXTENSION:
            label, chain = blocks.take(1)[0], blocks.chain()
            if label == _GRAPHIC_CONTROL and chain[0] == 4:
                transparent = chain[4] if chain[1] & _TRANSPARENT else -1
        elif kind == _IMAGE:
            frame = _frame(blocks, shared, transparent)
            yield frame
            if not frame.packed:
                raise Undecodable("it is truncated")
            transparent = -1  # a graphic control extension applies to the next frame only (GIF89a, section 23)
        else:
            raise Undecodable("it is damaged between two blocks")


def _frame(blocks: _Blocks, shared: bytes, transparent: int) -> Frame:
    left, top, width, height, flags = _DESCRIPTOR.unpack(blocks.take(_DESCRIPTOR.size))
    own = blocks.take(_map_size(flags))
    if not (width and height):
        raise Undecodable("a frame has a width or height of 0")
    try:
        packed = blocks.take(1) + blocks.chain()
    except Undecodable:
        packed = b""
    return Frame(left, top, width, height, flags, own or shared, packed, transparent)


def _map_size(flags: int) -> int:
    """Bytes of the color map that these flags announce."""
    return 3 << (flags & 7) + 1 if flags & _COLOR_MAP else 0


def _unpacked(frame: Frame) -> Pixels:
    """Decompresses a frame to uint8[height, width], indexes into its color map.

    Pillow decompresses it as a GIF of its own, with a gray color map in which each index is its own shade.
    """
    if not frame.packed:  # whether it enlarges the canvas depends on how far giflib gets
        raise Undecodable("it is truncated")
    if not 2 <= frame.packed[0] <= 8:  # GIF89a specification, appendix F
        raise Undecodable("its first frame has an invalid LZW code size")
    grays = np.repeat(np.arange(256, dtype=np.uint8), 3).tobytes()
    file = (
        b"GIF89a"
        + struct.pack("<HHBBB", frame.width, frame.height, _COLOR_MAP | 7, 0, 0)
        + grays
        + bytes([_IMAGE])
        + _DESCRIPTOR.pack(0, 0, frame.width, frame.height, frame.flags & _INTERLACED)
        + frame.packed
        + bytes([_TRAILER])
    )
    try:
        with Image.open(io.BytesIO(file), formats=["GIF"]) as image:
            return np.asarray(image.convert("L"))
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise Undecodable(f"its first frame is damaged: {error}") from error
