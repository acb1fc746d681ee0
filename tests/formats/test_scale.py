import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import noise, psnr
from wizard.formats import image_codec
from wizard.formats.scale import SCALER, by_pillow, scale

SIDES = st.integers(1, 70)


@pytest.mark.parametrize("after", [(1500, 1000), (256, 341), (97, 130), (30, 40), (11, 12), (3, 4), (1, 1)])
def test_scaling_by_any_factor_differs_from_pillows_bicubic_by_rounding_alone(after: tuple[int, int]) -> None:
    before = noise(375, 500)
    assert psnr(scale(before, *after), by_pillow(before, *after)) > 50


@given(SIDES, SIDES, SIDES, SIDES, st.integers(0, 255))
def test_a_uniform_image_stays_uniform_at_any_scale(h: int, w: int, height: int, width: int, gray: int) -> None:
    scaled = scale(np.full((h, w, 3), gray, np.uint8), height, width)
    assert scaled.shape == (height, width, 3)
    assert (scaled == gray).all()


def test_the_longest_image_that_a_jpeg_can_hold_is_scaled() -> None:
    assert scale(noise(1, 65_500), 1, 3).shape == (1, 3, 3)
    assert scale(noise(65_500, 1), 3, 1).shape == (3, 1, 3)


def test_the_codecs_of_a_plan_name_what_scales() -> None:
    assert SCALER in image_codec.CODECS.split(", ")


def test_without_the_fast_scaler_pillow_scales_and_the_plan_says_so() -> None:
    program = """
import sys
sys.modules["cykooz_resizer"] = None  # as if it were not installed
from importlib import util
find = util.find_spec
util.find_spec = lambda name, *more: None if name == "cykooz_resizer" else find(name, *more)
import numpy as np
from tests.helpers import noise
from wizard.formats import image_codec, scale
before = noise(60, 80)
print(np.array_equal(scale.scale(before, 30, 20), scale.by_pillow(before, 30, 20)), image_codec.CODECS)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    equal, codecs = done.stdout.strip().split(" ", 1)
    assert equal == "True"
    assert "cykooz" not in codecs
    assert codecs.count("Pillow") == 1
