import base64
import struct

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.formats.mutations import originals, segments
from tests.helpers import encoded, noise
from wizard.formats import image_codec
from wizard.formats.jpeg_markers import is_ended, read_frame
from wizard.formats.undecodable import Undecodable

PICTURE = encoded(Image.fromarray(noise(40, 60)))
ARITHMETIC = base64.b85decode(
    "|JeWF01!$>Nk#wx0RR9200961|JwjV01yid4h#wq4h;?x5fBp?C>j_R78o%jB^@X_Gd(;xGdMRuNL)@pL{~*OI8bd-S6^ahXlFi6ad~iLcwA*?WB=O#Lje&I5*QU2FB%#zV?sDWV`F1uV`F1uV`F1uV`F1uV`F1uV`F1uV`F1uV`F1uV`F1uV`F1uV`F1uV`F1uV`Klx01*fP4FD4Z0U`hb5di}c0sqVZ3IGrg1pyEd1^?Or3<CiG0ucid06zfkgZX?M6@?<h;ELy*_KHYZRni~S+?KkLuKlT?fd*vFpn8Uv-b{m(|Je"
)
"""19 x 13 pixels of noise with arithmetic codes (cjpeg -arithmetic), which none of this project's codecs writes."""


def lossless(height: int, width: int) -> bytes:
    """A gray lossless JPEG of one shade: each difference to the pixel before is 0, a code of one bit."""

    def segment(marker: int, content: bytes) -> bytes:
        return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content

    table = bytes([0, 1, *[0] * 15, 0])
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0"
    codes = bytes(-(-height * width // 8))
    return (
        b"\xff\xd8" + segment(0xC3, frame) + segment(0xC4, table) + segment(0xDA, b"\1\1\0\1\0\0") + codes + b"\xff\xd9"
    )


def with_process(marker: int) -> bytes:
    at = PICTURE.index(b"\xff\xc0")
    return PICTURE[: at + 1] + bytes([marker]) + PICTURE[at + 2 :]


def with_depth(bits: int) -> bytes:
    at = PICTURE.index(b"\xff\xc0") + 4
    return PICTURE[:at] + bytes([bits]) + PICTURE[at + 1 :]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (lossless(80, 96), "lossless JPEG"),
        (with_process(0xC3), "lossless JPEG"),
        (with_process(0xC5), "hierarchical JPEG"),
        (with_process(0xC6), "hierarchical JPEG"),
        (with_process(0xC7), "hierarchical and lossless JPEG"),
        (with_process(0xCB), "lossless JPEG"),
        (with_process(0xCD), "hierarchical JPEG"),
        (with_process(0xCF), "hierarchical and lossless JPEG"),
        (with_depth(12), "12 bits per sample"),
        (with_depth(16), "16 bits per sample"),
    ],
)
def test_what_tensorflow_decodes_no_jpeg_of_is_refused_by_its_frame_header(data: bytes, why: str) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError):
        tf.io.decode_jpeg(data, channels=3)
    with pytest.raises(Undecodable, match=why):
        image_codec.read_header(data)
    with pytest.raises(Undecodable, match=why):
        image_codec.decode(data)


def test_arithmetic_codes_are_decoded_as_tensorflow_decodes_them() -> None:
    theirs = tf.io.decode_jpeg(ARITHMETIC, channels=3, dct_method="INTEGER_ACCURATE").numpy()
    assert np.array_equal(image_codec.decode(ARITHMETIC), theirs)
    image_codec.check(ARITHMETIC, image_codec.read_header(ARITHMETIC))


@pytest.mark.parametrize("sampling", [(0x41, 0x11, 0x11), (0x14, 0x11, 0x11), (0x21, 0x11, 0x21), (0x22, 0x12, 0x21)])
def test_samplings_that_have_no_name_are_decoded_as_tensorflow_decodes_them(sampling: tuple[int, ...]) -> None:
    data = bytearray(encoded(Image.new("RGB", (97, 43), (200, 30, 90)), subsampling=0))
    at = data.index(b"\xff\xc0") + 11
    data[at], data[at + 3], data[at + 6] = sampling
    theirs = tf.io.decode_jpeg(bytes(data), channels=3, dct_method="INTEGER_ACCURATE").numpy()
    assert np.array_equal(image_codec.decode(bytes(data)), theirs)


@pytest.mark.parametrize("kind", sorted(kind for kind in originals() if kind.startswith("JPEG")))
def test_a_whole_jpeg_is_ended_and_one_without_its_end_marker_is_not(kind: str) -> None:
    data = originals()[kind]
    assert is_ended(data)
    assert not is_ended(b"".join(content for marker, content in segments(data) if marker not in (0xD9, 0)))


def test_a_jpeg_of_its_full_length_whose_rest_is_zeros_is_refused() -> None:
    data = encoded(Image.fromarray(noise(375, 500)), quality=92)
    zeroed = data[: len(data) // 2] + bytes(len(data) - len(data) // 2)
    with pytest.raises(Undecodable, match="it is truncated"):
        image_codec.decode(zeroed)
    with pytest.raises(Undecodable, match="it is truncated"):
        image_codec.check(zeroed, image_codec.read_header(zeroed))


@pytest.mark.parametrize(
    ("kind", "color"),
    [
        ("JPEG baseline", "YCbCr"),
        ("JPEG gray", "Gray"),
        ("JPEG RGB", "RGB"),
        ("JPEG CMYK", "CMYK"),
        ("JPEG YCCK", "YCCK"),
        ("JPEG CMYK without APP14", "CMYK"),
    ],
)
def test_the_color_space_is_told(kind: str, color: str) -> None:
    assert read_frame(originals()[kind]).color == color


def test_markers_that_break_off_are_refused_at_every_byte() -> None:
    scan = PICTURE.index(b"\xff\xda")
    for cut in range(2, scan):
        with pytest.raises(Undecodable):
            read_frame(PICTURE[:cut])


def test_gray_images_may_have_three_times_the_pixels_of_others() -> None:
    data = bytearray(encoded(Image.new("L", (40, 40))))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", 20_000, 20_000)
    assert read_frame(bytes(data)).width == 20_000
    data[at : at + 4] = struct.pack(">HH", 30_000, 30_000)
    with pytest.raises(Undecodable, match="more than TensorFlow decodes"):
        read_frame(bytes(data))
