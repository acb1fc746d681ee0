import contextlib
import io
import random
import struct

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.helpers import encoded, noise, psnr
from wizard import synthetic
from wizard.formats import image_codec, jpeg
from wizard.formats.decoding import Undecodable

PICTURE = Image.fromarray(noise(75, 100))
EXIF = Image.Exif()
EXIF[0x0112] = 6


def without_adobe_marker(data: bytes) -> bytes:
    start = data.index(b"\xff\xee")
    length = int.from_bytes(data[start + 2 : start + 4])
    return data[:start] + data[start + 2 + length :]


def gray16() -> bytes:
    ramp = np.linspace(0, 65535, 60 * 40).reshape(60, 40).astype(np.uint16)
    return encoded(Image.fromarray(ramp), "PNG")


def with_fill_bytes(data: bytes) -> bytes:
    start = data.index(b"\xff\xee")
    return data[:start] + b"\xff\xff" + data[start:]


def run_length_encoded() -> bytes:
    """A bitmap of 8 bits with two colors, 4 x 2 pixels, run-length encoded (BI_RLE8)."""
    runs = bytes((4, 0, 0, 0, 2, 1, 2, 0, 0, 1))
    palette = bytes((10, 20, 200, 0, 250, 240, 30, 0))
    head = struct.pack("<IiiHHIIiiII", 40, 4, 2, 1, 8, 1, len(runs), 0, 0, 2, 0)
    start = 14 + len(head) + len(palette)
    return struct.pack("<2sIHHI", b"BM", start + len(runs), 0, 0, start) + head + palette + runs


RUNS = run_length_encoded()


def checked(data: bytes) -> None:
    image_codec.check(data, image_codec.read_header(data))


DECODABLE = {
    "rgb": encoded(PICTURE, quality=95),
    "4:4:4": encoded(PICTURE, quality=95, subsampling=0),
    "gray": encoded(PICTURE.convert("L")),
    "progressive": encoded(PICTURE, progressive=True),
    "turned": encoded(PICTURE, exif=EXIF),
    "cmyk with Adobe marker": encoded(PICTURE.convert("CMYK"), quality=95),
    "cmyk without": without_adobe_marker(encoded(PICTURE.convert("CMYK"), quality=95)),
    "cmyk with fill bytes": with_fill_bytes(encoded(PICTURE.convert("CMYK"), quality=95)),
    "png": encoded(PICTURE, "PNG"),
    "png with alpha": encoded(Image.merge("RGBA", (*PICTURE.split(), PICTURE.convert("L"))), "PNG"),
    "png with palette": encoded(PICTURE.convert("P"), "PNG"),
    "png, gray with alpha": encoded(PICTURE.convert("LA"), "PNG"),
    "png of 16 bits": gray16(),
    "bmp": encoded(PICTURE, "BMP"),
    "gif": encoded(PICTURE, "GIF"),
    "1 x 1": encoded(PICTURE.resize((1, 1))),
    "trailing bytes": encoded(PICTURE) + b"\0trailing",
}


@pytest.mark.parametrize("kind", DECODABLE)
def test_pixels_are_those_that_tensorflow_decodes(kind: str) -> None:
    data = DECODABLE[kind]
    if image_codec.sniff(data) == "JPEG":
        theirs = tf.io.decode_jpeg(data, channels=3, dct_method="INTEGER_ACCURATE").numpy()
    else:
        theirs = tf.io.decode_image(data, channels=3, expand_animations=False).numpy()
    assert psnr(image_codec.decode(data), theirs) > 55
    header = image_codec.read_header(data)
    assert (header.height, header.width, 3) == theirs.shape
    checked(data)


@pytest.mark.parametrize("kind", DECODABLE)
def test_the_content_decides_whether_an_image_needs_conversion(kind: str) -> None:
    wanted = next((name for name in ("PNG", "CMYK", "BMP", "GIF") if kind.upper().startswith(name)), "")
    assert image_codec.read_header(DECODABLE[kind]).needs_conversion == wanted


@pytest.mark.parametrize("kind", ["rgb", "cmyk with Adobe marker", "png", "gif", "bmp"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_truncated_image_is_refused(kind: str, share: float) -> None:
    data = DECODABLE[kind][: int(len(DECODABLE[kind]) * share)]
    for read in (image_codec.decode, checked):
        with pytest.raises(Undecodable):
            read(data)


@pytest.mark.parametrize("data", [b"", b"<html>", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0" + bytes(99), b"BM" + bytes(40)])
def test_bytes_that_are_not_an_image_are_refused(data: bytes) -> None:
    for read in (image_codec.decode, checked, image_codec.read_header):
        with pytest.raises(Undecodable):
            read(data)


def test_stray_bytes_that_tensorflow_accepts_are_accepted() -> None:
    whole = DECODABLE["rgb"]
    damaged = whole[:2000] + bytes(40) + whole[2040:]
    assert image_codec.decode(damaged).shape == tf.io.decode_jpeg(damaged, channels=3).shape
    checked(damaged)


@given(st.integers(0, 2**32), st.sampled_from(sorted(DECODABLE)))
def test_a_damaged_image_raises_only_undecodable(seed: int, kind: str) -> None:
    rng, data = random.Random(seed), bytearray(DECODABLE[kind])
    for _ in range(3):
        data[rng.randrange(min(len(data), 1500))] = rng.randrange(256)
    for read in (image_codec.decode, checked):
        with contextlib.suppress(Undecodable):
            read(bytes(data))


FOREIGN = {
    "tiff": encoded(PICTURE, "TIFF"),
    "tiff, deflated": encoded(PICTURE, "TIFF", compression="tiff_adobe_deflate"),
    "tiff, LZW": encoded(PICTURE, "TIFF", compression="tiff_lzw"),
    "tiff of JPEGs": encoded(PICTURE, "TIFF", compression="jpeg"),
    "tiff of 16 bits": encoded(Image.fromarray(np.linspace(0, 65535, 900).reshape(30, 30).astype(np.uint16)), "TIFF"),
    "ppm": encoded(PICTURE, "PPM"),
    "pgm": encoded(PICTURE.convert("L"), "PPM"),
    "avif": encoded(PICTURE.resize((32, 24)), "AVIF"),
    "webp with alpha": encoded(PICTURE.convert("RGBA"), "WEBP"),
    "webp, animated": encoded(PICTURE, "WEBP", save_all=True, append_images=[PICTURE.rotate(90)]),
    "bmp, run-length encoded": RUNS,
}
"""Images that TensorFlow does not decode to three channels."""


@pytest.mark.parametrize("kind", FOREIGN)
def test_formats_unknown_to_tensorflow_are_decoded_as_by_pillow(kind: str) -> None:
    data = FOREIGN[kind]
    header, pixels = image_codec.read_header(data), image_codec.decode(data)
    assert (header.height, header.width, 3) == pixels.shape
    assert header.needs_conversion == image_codec.sniff(data)
    if "16 bits" not in kind:
        assert psnr(pixels, np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))) > 60


@given(st.integers(0, 2**32), st.sampled_from(sorted(FOREIGN)))
def test_a_damaged_image_of_a_foreign_format_raises_only_undecodable(seed: int, kind: str) -> None:
    rng, data = random.Random(seed), bytearray(FOREIGN[kind])
    for _ in range(rng.choice((1, 3, 20))):
        data[rng.randrange(rng.choice((16, 200, len(data)))) % len(data)] = rng.randrange(256)
    for read in (image_codec.decode, checked):
        with contextlib.suppress(Undecodable):
            read(bytes(data[: rng.choice((len(data), rng.randrange(len(data))))]))


def test_an_image_larger_than_tensorflow_decodes_is_refused() -> None:
    data = bytearray(DECODABLE["rgb"])
    frame = data.index(b"\xff\xc0") + 5
    data[frame : frame + 4] = (20_000).to_bytes(2) * 2
    with pytest.raises(Undecodable, match="more than TensorFlow decodes"):
        image_codec.decode(bytes(data))


@pytest.mark.parametrize("quality", [1, 50, 85, 100])
def test_encoded_pixels_are_those_that_pillow_encodes(quality: int) -> None:
    pixels = noise(75, 100)
    reference = Image.open(io.BytesIO(encoded(Image.fromarray(pixels), quality=quality, subsampling="4:2:0")))
    ours = Image.open(io.BytesIO(jpeg.encode(pixels, quality)))
    assert psnr(np.asarray(ours), np.asarray(reference)) > 50


def test_encoding_gives_a_baseline_jpeg_with_420_subsampling() -> None:
    stored = Image.open(io.BytesIO(jpeg.encode(noise(40, 40), 85)))
    assert stored.mode == "RGB"
    assert "progressive" not in stored.info
    assert [component[1:3] for component in stored.layer] == [(2, 2), (1, 1), (1, 1)]  # type: ignore[attr-defined]


def test_every_unusual_image_of_the_demo_can_be_decoded() -> None:
    for image in synthetic.odd_kinds(random.Random(1)):
        assert image_codec.decode(image.data).shape == (image.height, image.width, 3)


@pytest.mark.parametrize(("dtype", "mode"), [(np.int32, "I"), (np.float32, "F")])
def test_32_bit_samples_are_refused_because_their_range_is_unknown(dtype: type[np.generic], mode: str) -> None:
    picture = Image.fromarray(np.arange(480, dtype=dtype).reshape(20, 24))
    assert picture.mode == mode
    with pytest.raises(Undecodable, match="32 bits per sample"):
        image_codec.decode(encoded(picture, "TIFF"))


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
        (b"\xff\x0a" + bytes(20), "JPEG XL"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b"\n<!DOCTYPE html>", "web page"),
        (b"something else", "it is not an image"),
    ],
)
def test_files_that_are_not_images_are_named_in_the_error(head: bytes, what: str) -> None:
    with pytest.raises(Undecodable, match=what):
        image_codec.read_header(head)
