import pickle
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.engine.test_worker import task
from tests.helpers import encoded, noise
from wizard.engine import process_image
from wizard.engine.dry_run import dry_run, memory_of_largest
from wizard.engine.image_memory import needed
from wizard.engine.transform import Check, Recipe
from wizard.engine.worker import build_shard
from wizard.errors import MachineError
from wizard.formats import jpegli_package
from wizard.formats.decoding import is_too_large
from wizard.formats.resize import Resize

KEPT = Recipe(resize=Resize(mode="original"), quality=None)
SAME_SIZE = Recipe(resize=Resize(mode="original"), quality=85)
SMALL = Recipe(resize=Resize(mode="shortest", size=240), quality=85)
BY_JPEGLI = Recipe(resize=Resize(mode="original"), quality=85, encoder="jpegli")
TINY = Recipe(resize=Resize(mode="shortest", size=64), quality=85)
HEIGHT, WIDTH = 2400, 3000
PIXELS = HEIGHT * WIDTH
MB = 1_000_000

KINDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "baseline": ("RGB", "JPEG", {}),
    "progressive": ("RGB", "JPEG", {"progressive": True, "subsampling": 0}),
    "gray, progressive": ("L", "JPEG", {"progressive": True}),
    "CMYK": ("CMYK", "JPEG", {}),
    "PNG": ("RGB", "PNG", {}),
    "WebP": ("RGB", "WEBP", {}),
}


def image(kind: str, height: int = HEIGHT, width: int = WIDTH) -> bytes:
    mode, form, options = KINDS[kind]
    flat = Image.fromarray(np.full((height, width, 3), 90, np.uint8))
    return encoded(flat.convert(mode), form, **options)


def peak(data: bytes, recipe: Recipe) -> int:
    """Bytes by which putting an image through makes a process grow."""
    program = (
        "import pickle, resource, sys; from wizard.engine.transform import transform\n"
        "small, data, first, recipe = pickle.load(sys.stdin.buffer)\n"
        "most = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "transform(small, first); before = most(); transform(data, recipe); print(most() - before)"
    )
    small = encoded(Image.fromarray(noise(64, 64)))
    # From a shell of its own: a process that is forked begins with its parent's peak.
    words = ["sh", "-c", '"$@"; exit $?', "sh", sys.executable, "-c", program]
    given = pickle.dumps((small, data, SMALL, recipe))
    return int(subprocess.run(words, input=given, capture_output=True, check=True).stdout) * 1024


@pytest.mark.parametrize("check", ["structure", "md5"])
def test_an_image_that_is_not_decoded_needs_no_memory(check: Check) -> None:
    data = image("gray, progressive")
    assert needed(data, KEPT) > 0 == needed(data, replace(KEPT, check=check))
    assert needed(image("CMYK"), replace(KEPT, check=check)) == needed(image("CMYK"), KEPT)


@pytest.mark.skipif(sys.platform != "linux", reason="peaks are in other units elsewhere")
@pytest.mark.parametrize(("kind", "recipe"), [*((kind, SMALL) for kind in KINDS), ("baseline", TINY)])
def test_the_estimate_is_within_15_percent_of_the_measured_peak(kind: str, recipe: Recipe) -> None:
    data = image(kind)
    grown, estimate = peak(data, recipe), needed(data, recipe)
    assert estimate == pytest.approx(grown, rel=0.15, abs=3 * MB)


@pytest.mark.skipif(sys.platform != "linux", reason="peaks are in other units elsewhere")
@pytest.mark.skipif(not jpegli_package.is_installed(), reason="an extra without wheels for this Python")
def test_the_estimate_has_room_for_jpegli_to_encode_noise() -> None:
    random = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(random), quality=90)
    estimate = needed(data, BY_JPEGLI)
    assert needed(data, SAME_SIZE) < estimate
    assert estimate == pytest.approx(peak(data, BY_JPEGLI), rel=0.15, abs=3 * MB)


def test_an_image_that_keeps_its_bytes_for_its_size_needs_what_its_check_needs() -> None:
    kept = replace(SMALL, resize=Resize(mode="shortest", size=HEIGHT), keep_small=True)
    data = image("progressive")
    assert needed(data, kept) == needed(data, KEPT) < needed(data, replace(kept, keep_small=False))
    assert needed(data, replace(kept, check="md5")) == 0
    assert needed(data, replace(SMALL, keep_small=True)) == needed(data, SMALL)


def test_a_kept_progressive_jpeg_needs_its_coefficients_and_a_baseline_one_next_to_nothing() -> None:
    assert needed(image("progressive"), KEPT) == pytest.approx(6 * PIXELS, rel=0.02)
    assert needed(image("baseline"), KEPT) < PIXELS / 50


def test_enlarging_needs_the_memory_of_the_enlarged_image() -> None:
    enlarged = Recipe(resize=Resize(mode="shortest", size=2 * HEIGHT, upscale=True), quality=85)
    assert needed(image("baseline"), enlarged) >= 3 * 5 * PIXELS


@given(
    st.integers(1, 60_000),
    st.integers(1, 60_000),
    st.sampled_from(["baseline", "progressive", "gray, progressive", "PNG"]),
)
def test_the_size_is_read_from_the_header_alone(height: int, width: int, kind: str) -> None:
    data = bytearray(image(kind, 8, 8))
    if kind == "PNG":
        data[16:24] = width.to_bytes(4) + height.to_bytes(4)
        data[29:33] = zlib.crc32(data[12:29]).to_bytes(4)
    else:
        at = data.index(b"\xff\xc2" if "progressive" in kind else b"\xff\xc0") + 5
        data[at : at + 4] = height.to_bytes(2) + width.to_bytes(2)
    need = needed(bytes(data), SAME_SIZE)
    if is_too_large(height, width, 1 if "gray" in kind else 3):
        assert need == 0
    else:
        assert need >= 3 * height * width


@given(st.binary(max_size=80), st.sampled_from([b"", b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xc0", b"\x89PNG\r\n\x1a\n"]))
def test_the_estimate_of_arbitrary_bytes_never_fails(begin: bytes, rest: bytes) -> None:
    assert needed(rest + begin, SMALL) >= 0


def test_an_image_that_needs_more_memory_than_a_worker_has_stops_the_run_even_with_skip(tmp_path: Path) -> None:
    images = {"n01514668_1.JPEG": encoded(Image.fromarray(noise(30, 40))), "n01514668_2.JPEG": image("progressive")}
    with pytest.raises(
        MachineError,
        match=r"n01514668_2\.JPEG .* its 3,000 × 2,400 pixels need about 67\.2 MB of memory; a worker has 60\.0 MB",
    ) as error:
        build_shard(task(tmp_path, images, recipe=SMALL, skip_bad=True, memory=60 * MB))
    assert "--set run.workers=1" in error.value.hint
    assert build_shard(task(tmp_path, images, recipe=SMALL, memory=70 * MB)).images == 2


def test_a_dry_run_leaves_out_an_image_that_needs_too_much_memory_and_reports_its_need(tmp_path: Path) -> None:
    made = task(tmp_path, {"n01514668_2.JPEG": image("progressive")}, recipe=SMALL, memory=60 * MB)
    seen = dry_run(made)
    assert (seen.bytes_out, seen.largest) == ([0], memory_of_largest(made))
    assert seen.largest == pytest.approx(67 * MB, rel=0.01)


def test_a_memory_error_stops_the_run_with_the_images_name_even_with_skip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(process_image, "transform", refuse)
    made = task(tmp_path, {"n01514668_1.JPEG": encoded(Image.fromarray(noise(30, 40)))}, skip_bad=True)
    with pytest.raises(MachineError, match=r"n01514668_1\.JPEG .* not enough memory to decode it"):
        build_shard(made)
