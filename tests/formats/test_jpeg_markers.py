import base64
import struct

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.formats.mutations import mutants, originals, segments
from tests.helpers import encoded, noise
from wizard.formats import image_codec
from wizard.formats.decoding import Undecodable
from wizard.formats.jpeg_markers import check_structure, is_ended, read_frame

PICTURE = encoded(Image.fromarray(noise(40, 60)))
ARITHMETIC = base64.b85decode(
    "|JeWF01!$>Nk#wx0RR9200961|JwjV01yid4h#wq4h;?x5fBp?C>j_R78o%jB^@X_Gd(;xGdMRuNL)@pL{~*OI8bd-S6^ahXlFi6ad~iLcwA*?WB=O#Lje&I5*QU2FB%#zV?sDWV`F1uV`F1uV`F1uV`F1uV`F1uV`F1uV`F1uV`F1uV`F1uV`F1uV`F1uV`F1uV`Klx01*fP4FD4Z0U`hb5di}c0sqVZ3IGrg1pyEd1^?Or3<CiG0ucid06zfkgZX?M6@?<h;ELy*_KHYZRni~S+?KkLuKlT?fd*vFpn8Uv-b{m(|Je"
)
"""19 x 13 pixels of noise with arithmetic codes (cjpeg -arithmetic); no codec of this project writes such a file."""


def lossless(height: int, width: int) -> bytes:
    """A uniform gray lossless JPEG: each difference to the previous pixel is 0, a code of one bit."""

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
def test_a_frame_header_that_tensorflow_does_not_decode_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError):
        tf.io.decode_jpeg(data, channels=3)
    with pytest.raises(Undecodable, match=why):
        image_codec.read_header(data)
    with pytest.raises(Undecodable, match=why):
        image_codec.decode(data)


def test_arithmetic_coding_is_decoded_as_by_tensorflow() -> None:
    theirs = tf.io.decode_jpeg(ARITHMETIC, channels=3, dct_method="INTEGER_ACCURATE").numpy()
    assert np.array_equal(image_codec.decode(ARITHMETIC), theirs)
    image_codec.check(ARITHMETIC, image_codec.read_header(ARITHMETIC))


@pytest.mark.parametrize("sampling", [(0x41, 0x11, 0x11), (0x14, 0x11, 0x11), (0x21, 0x11, 0x21), (0x22, 0x12, 0x21)])
def test_unusual_sampling_factors_are_decoded_as_by_tensorflow(sampling: tuple[int, ...]) -> None:
    data = bytearray(encoded(Image.new("RGB", (97, 43), (200, 30, 90)), subsampling=0))
    at = data.index(b"\xff\xc0") + 11
    data[at], data[at + 3], data[at + 6] = sampling
    theirs = tf.io.decode_jpeg(bytes(data), channels=3, dct_method="INTEGER_ACCURATE").numpy()
    assert np.array_equal(image_codec.decode(bytes(data)), theirs)


@pytest.mark.parametrize("kind", sorted(kind for kind in originals() if kind.startswith("JPEG")))
def test_a_jpeg_is_ended_only_with_its_end_marker(kind: str) -> None:
    data = originals()[kind]
    assert is_ended(data)
    assert not is_ended(b"".join(content for marker, content in segments(data) if marker not in (0xD9, 0)))


JPEGS = {kind: data for kind, data in originals().items() if kind.startswith("JPEG")}


def end_of(data: bytes) -> int:
    """Where a JPEG's end marker ends."""
    return data.rindex(b"\xff\xd9") + 2


def structure_is_accepted(data: bytes) -> bool:
    try:
        read_frame(data)
        check_structure(data)
    except Undecodable:
        return False
    return True


@pytest.mark.parametrize("kind", sorted(JPEGS))
def test_the_structure_of_an_intact_jpeg_is_accepted(kind: str) -> None:
    assert structure_is_accepted(JPEGS[kind])


@given(st.sampled_from(sorted(JPEGS)), st.data())
def test_the_structure_of_a_jpeg_truncated_anywhere_before_its_end_is_refused(kind: str, draw: st.DataObject) -> None:
    cut = draw.draw(st.integers(0, end_of(JPEGS[kind]) - 1))
    assert not structure_is_accepted(JPEGS[kind][:cut])


@given(st.sampled_from(sorted(JPEGS)), st.data())
def test_the_structure_of_a_jpeg_that_ends_in_zeros_is_refused(kind: str, draw: st.DataObject) -> None:
    data = JPEGS[kind][: end_of(JPEGS[kind])]
    cut = draw.draw(st.integers(2, len(data) - 1))
    assert not structure_is_accepted(data[:cut] + bytes(len(data) - cut))


@given(st.sampled_from(sorted(JPEGS)), st.data())
def test_a_segment_that_extends_beyond_the_end_is_refused_by_the_structure(kind: str, draw: st.DataObject) -> None:
    data = JPEGS[kind]
    starts, at = [], 0
    for marker, content in segments(data):
        if marker not in (0, 0xD8, 0xD9) and not 0xD0 <= marker <= 0xD7:
            starts.append(at)
        at += len(content)
    at = draw.draw(st.sampled_from([start for start in starts if start + 2 + 0xFFFF > len(data)]))
    assert not structure_is_accepted(data[: at + 2] + b"\xff\xff" + data[at + 4 :])


def test_a_scan_without_data_is_refused_by_the_structure() -> None:
    scan = PICTURE.index(b"\xff\xda")
    length = struct.unpack_from(">H", PICTURE, scan + 2)[0]
    with pytest.raises(Undecodable, match="a scan without data"):
        check_structure(PICTURE[: scan + 2 + length] + b"\xff\xd9")


def test_what_can_be_decoded_has_an_accepted_structure() -> None:
    decodable = 0
    for mutant in mutants(seed=13, count=4000):
        if mutant.kind.startswith("JPEG"):
            try:
                image_codec.check(mutant.data, image_codec.read_header(mutant.data))
            except Undecodable:
                continue
            decodable += 1
            assert structure_is_accepted(mutant.data), mutant
    assert decodable > 100


def test_a_jpeg_whose_second_half_is_zeros_is_refused() -> None:
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
def test_the_color_space_is_read_from_the_markers(kind: str, color: str) -> None:
    assert read_frame(originals()[kind]).color == color


def test_markers_truncated_at_any_byte_are_refused() -> None:
    scan = PICTURE.index(b"\xff\xda")
    for cut in range(2, scan):
        with pytest.raises(Undecodable):
            read_frame(PICTURE[:cut])


def test_gray_images_may_have_three_times_as_many_pixels_as_others() -> None:
    data = bytearray(encoded(Image.new("L", (40, 40))))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", 20_000, 20_000)
    assert read_frame(bytes(data)).width == 20_000
    data[at : at + 4] = struct.pack(">HH", 30_000, 30_000)
    with pytest.raises(Undecodable, match="more than TensorFlow decodes"):
        read_frame(bytes(data))
