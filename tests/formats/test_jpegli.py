import io
from importlib.metadata import version

import numpy as np
import pytest
import simplejpeg
import tensorflow as tf
from PIL import Image

from tests.helpers import noise, psnr
from wizard.formats import encoding, jpegli
from wizard.formats.image_codec import CODECS
from wizard.formats.jpeg_markers import check_structure

pytest.importorskip("ajpegli", reason="an extra without wheels for this Python")

SOF0, SOS, EOI = 0xC0, 0xDA, b"\xff\xd9"
SIZES = [(1, 1), (3, 5), (16, 16), (17, 33), (100, 75), (8, 1000)]


def segments(data: bytes) -> dict[int, list[bytes]]:
    """The contents of a JPEG's segments up to its first scan, by marker."""
    found: dict[int, list[bytes]] = {}
    at = 2
    while True:
        assert data[at] == 0xFF
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        found.setdefault(marker, []).append(data[at + 4 : at + 2 + length])
        if marker == SOS:
            return found
        at += 2 + length


@pytest.mark.parametrize("quality", [1, 50, 85, 100])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_files_are_baseline_with_three_components_and_420(height: int, width: int, quality: int) -> None:
    data = jpegli.encode(noise(height, width), quality)
    found = segments(data)
    assert {marker for marker in found if 0xC0 <= marker <= 0xCF and marker != 0xC4} == {SOF0}
    depth, *size, components = found[SOF0][0][:6]
    assert (depth, int.from_bytes(size[:2]), int.from_bytes(size[2:]), components) == (8, height, width, 3)
    assert [found[SOF0][0][at : at + 2] for at in (6, 9, 12)] == [b"\1\x22", b"\2\x11", b"\3\x11"]
    assert data.count(b"\xff\xda") == 1
    assert data.endswith(EOI)
    check_structure(data)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_every_reader_decodes_the_same_pixels(height: int, width: int) -> None:
    data = jpegli.encode(noise(height, width), 85)
    ours = simplejpeg.decode_jpeg(data, "RGB", fastdct=False, fastupsample=False)
    tensorflows = tf.io.decode_jpeg(data, dct_method="INTEGER_ACCURATE").numpy()
    pillows = np.asarray(Image.open(io.BytesIO(data)))
    assert ours.shape == (height, width, 3)
    assert np.array_equal(ours, tensorflows)
    assert np.array_equal(ours, pillows)


def test_a_picture_survives_and_takes_fewer_bytes_than_by_the_default_encoder() -> None:
    waves = 127 + 100 * np.sin(np.arange(300)[:, None] / 11 + np.arange(400)[None, :] / 17)
    pixels = np.clip(waves[..., None] + noise(300, 400) / 16.0, 0, 255).astype(np.uint8)
    files = {name: encoding.encode(pixels, 90, name) for name in ("libjpeg-turbo", "jpegli")}
    for data in files.values():
        assert psnr(pixels, simplejpeg.decode_jpeg(data)) > 30
    assert len(files["jpegli"]) < len(files["libjpeg-turbo"])


def test_the_same_pixels_give_the_same_bytes_and_another_quality_gives_others() -> None:
    pixels = noise(64, 64)
    assert jpegli.encode(pixels, 85) == jpegli.encode(pixels.copy(), 85) != jpegli.encode(pixels, 86)


def test_the_codec_is_named_with_its_version_and_this_processors_arithmetic(monkeypatch: pytest.MonkeyPatch) -> None:
    here = jpegli.codec()
    assert here.startswith(f"ajpegli {version('ajpegli')} (arithmetic ")
    jpegli.codec.cache_clear()
    assert jpegli.codec() == here
    jpegli.codec.cache_clear()
    monkeypatch.setattr(jpegli, "encode", lambda _pixels, quality: bytes([quality]))  # as if it rounded otherwise
    assert jpegli.codec() != here
    jpegli.codec.cache_clear()


def test_only_a_build_that_uses_it_depends_on_its_version() -> None:
    assert encoding.codecs({"libjpeg-turbo"}) == CODECS
    assert encoding.codecs({"libjpeg-turbo", "jpegli"}) == f"{CODECS}, {jpegli.codec()}"
