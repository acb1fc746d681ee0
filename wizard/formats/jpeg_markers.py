"""Parses a JPEG's markers before any codec sees it: frame header, color space, scans, end marker.

Codecs differ in how they handle a coding process that they do not support, and some crash: libjpeg-turbo 3 does when it
scales down a lossless JPEG. So the markers are parsed here, by the rules of libjpeg (jdmarker.c, jdapimin.c) and ITU-T
T.81, and JPEGs that TensorFlow's libjpeg does not decode are refused by their frame header.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from wizard.formats.decoding import Undecodable, refuse_too_large

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_LEAST = 0xC0
"""The lowest marker that libjpeg does not skip when it looks for a restart marker (jpeg_resync_to_restart)."""
_BARE = frozenset({0x00, 0x01, *range(0xD0, 0xD8)})
"""Markers without a segment: an escaped data byte, TEM, and restart markers."""
_AFTER_DATA = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")
"""A marker that ends entropy-coded data: none of the bare ones, nor one below `_LEAST`."""
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Frame headers; DHT, JPG and DAC are numbered among them (ITU-T T.81, table B.1)."""
_SIZED = _FRAMES | {_SOS, 0xC4, 0xCC, 0xDB, 0xDC, 0xDD, 0xFE, *range(0xE0, 0xF0)}
"""Markers with a segment, which begins with its length: frames, scans, tables, DNL, DRI, comments, APPn."""
_FRAME = struct.Struct(">BHHB")
"""Start of a frame header: bits per sample, height, width, components; three bytes per component follow."""
_APP0, _APP14 = 0xE0, 0xEE
_JFIF_BYTES, _ADOBE_BYTES = 14, 12
"""Bytes that libjpeg requires in these segments (APP0_DATA_LEN, APP14_DATA_LEN)."""
_PROGRESSIVE = (0xC2, 0xCA)
_UNSUPPORTED = (
    dict.fromkeys((0xC3, 0xCB), "lossless")
    | dict.fromkeys((0xC5, 0xC6, 0xCD, 0xCE), "hierarchical")
    | dict.fromkeys((0xC7, 0xCF), "hierarchical and lossless")
)
"""Frame headers that TensorFlow refuses; the others are baseline, extended and progressive frames, Huffman or not."""


class Frame(NamedTuple):
    """A JPEG's frame header; sizes in pixels.

    Attributes:
        color: the encoded color space by libjpeg's rules: YCbCr, RGB, Gray, CMYK or YCCK.
        adobe: whether a valid APP14 segment was found: its writer stores CMYK inverted.
        has_multiple_scans: whether decoders must hold all coefficients until the last scan is read; decided as in
            libjpeg (initial_setup in jdinput.c).
        sampling: the sampling factors of each component, horizontal and vertical.
    """

    height: int
    width: int
    color: str
    adobe: bool
    has_multiple_scans: bool
    sampling: list[tuple[int, int]]


_Segment = tuple[int, int, int]
"""A marker, and where its content starts and ends. A plain tuple for speed: every image goes through here."""


def read_frame(data: bytes) -> Frame:
    """Parses the markers up to the first scan.

    Raises:
        Undecodable: they are truncated, or TensorFlow does not decode images of this process, depth, color or size.
    """
    head = _Head()
    scanned = 0  # components in the first scan
    segments = _segments(data)
    for marker, start, end in segments:
        if marker == _SOS:
            scanned = data[start] if start < end else 0
            break
        if marker == _EOI:
            raise Undecodable("it ends before its image data")
        head.note(data, marker, start, end)
    else:
        raise Undecodable("it is truncated before its image data")
    if not head.frame:
        raise Undecodable("its image data comes before a frame header")
    _, height, width, count = _FRAME.unpack_from(head.frame)
    refuse_too_large(height, width, count)
    inverted = head.adobe >= 0
    has_multiple_scans = head.process in _PROGRESSIVE or scanned < count
    if count == 4 and has_multiple_scans and not inverted:
        # Decoders read all scans before they convert the first row, so a later segment still affects the colors.
        inverted = any(_is_adobe(data, *segment) for segment in segments)
    # Three bytes for each component: identifier, sampling factors, quantization table (ITU-T T.81, B.2.2).
    sampling = [(factors >> 4, factors & 15) for factors in head.frame[_FRAME.size + 1 :: 3]]
    return Frame(height, width, head.color, inverted, has_multiple_scans, sampling)


def check_structure(data: bytes) -> None:
    """Checks an image whose frame header was read as far as possible without decoding: segments, scans, end marker.

    Bytes that were changed inside the entropy-coded data are not found. Takes about 5 % of the time of `jpeg.check`.

    Raises:
        Undecodable: a segment extends beyond the end, a scan has no data, or there is no end marker.
    """
    scanned_to = -1  # where the data of the last scan begins
    for marker, start, end in _segments(data):
        # From a marker's content back to its first byte; fill bytes before it count as data, which is too kind at most.
        before = start - (4 if marker in _SIZED else 2)
        if before == scanned_to:
            raise Undecodable("it has a scan without data")
        if marker == _EOI:
            return
        scanned_to = end if marker == _SOS else -1
    raise Undecodable("it is truncated: there is no end marker after its image data")


def is_ended(data: bytes) -> bool:
    """Whether there is an end marker after the scans.

    libjpeg inserts a missing end marker; TensorFlow refuses the image instead.
    """
    try:
        return any(marker == _EOI for marker, _, _ in _segments(data))
    except Undecodable:
        return False


def _segments(data: bytes) -> Iterator[_Segment]:
    """Yields the segments as libjpeg finds them; other bytes between markers, such as scan data, are skipped.

    Raises:
        Undecodable: a marker is unknown, or a segment extends beyond the end.
    """
    at, scanned, size = 2, False, len(data)
    while True:
        if scanned:  # one search for all escaped bytes and restart markers, of which a scan has hundreds
            found = _AFTER_DATA.search(data, at)
            at = found.start() if found else -1
        else:
            at = data.find(b"\xff", at)
        while 0 <= at < size and data[at] == 0xFF:  # any number of fill bytes may precede a marker (T.81, B.1.1.2)
            at += 1
        if not 0 <= at < size:
            return
        marker = data[at]
        at += 1
        if marker in _SIZED:
            scanned |= marker == _SOS
            end = at + int.from_bytes(data[at : at + 2])
            if end < at + 2 or end > size:
                raise Undecodable("it is truncated inside a segment, or a segment has no length")
            yield marker, at + 2, end
            at = end
        elif marker == _EOI:
            yield marker, at, at
            return
        elif marker == _SOI:
            raise Undecodable("it has two start markers")
        elif marker not in _BARE and (marker >= _LEAST or not scanned):
            # In scan data, libjpeg skips lower markers on its way to a restart marker; elsewhere it refuses them.
            raise Undecodable(f"it has the unknown marker {marker:02X}")


@dataclass(slots=True)
class _Head:
    """What the segments before the first scan state."""

    process: int = 0
    frame: bytes = b""
    jfif: bool = False
    adobe: int = -1
    """The color transform from a valid APP14 segment; -1 if there is none."""

    def note(self, data: bytes, marker: int, start: int, end: int) -> None:
        if marker in _FRAMES:
            if self.frame:
                raise Undecodable("it has two frame headers")
            self.process, self.frame = marker, data[start:end]
            _require_decoded(marker, self.frame)
        elif marker == _APP0:  # other APP0 segments, such as JFXX thumbnails, do not count
            self.jfif = self.jfif or (end - start >= _JFIF_BYTES and data.startswith(b"JFIF\0", start))
        elif _is_adobe(data, marker, start, end):
            self.adobe = data[start + 11]

    @property
    def color(self) -> str:
        """The color space, guessed as libjpeg does (default_decompress_parms in jdapimin.c)."""
        names = self.frame[_FRAME.size :: 3]
        if len(names) == 1:
            return "Gray"
        if len(names) == 4:  # libjpeg takes unknown transforms for YCCK, with a warning
            return "CMYK" if self.adobe in (-1, 0) else "YCCK"
        if self.jfif:
            return "YCbCr"
        if self.adobe >= 0:
            return "RGB" if self.adobe == 0 else "YCbCr"
        return "RGB" if names == b"RGB" else "YCbCr"


def _is_adobe(data: bytes, marker: int, start: int, end: int) -> bool:
    return marker == _APP14 and end - start >= _ADOBE_BYTES and data.startswith(b"Adobe", start)


def _require_decoded(marker: int, frame: bytes) -> None:
    if marker in _UNSUPPORTED:
        raise Undecodable(f"it is a {_UNSUPPORTED[marker]} JPEG, which TensorFlow does not decode")
    if len(frame) < _FRAME.size or len(frame) != _FRAME.size + 3 * frame[5]:
        raise Undecodable("its frame header has a wrong length")
    depth, height, width, count = _FRAME.unpack_from(frame)
    if depth != 8:
        raise Undecodable(f"it has {depth} bits per sample; TensorFlow decodes JPEGs with 8")
    if count not in (1, 3, 4):
        raise Undecodable(f"it has {count} color components; TensorFlow decodes JPEGs with 1, 3 or 4")
    if not (height and width):
        raise Undecodable("its frame header gives a width or height of 0")
