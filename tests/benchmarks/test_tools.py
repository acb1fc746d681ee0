import io
import random
from typing import Any

import pytest
from PIL import Image

from tests.benchmarks.tools import TOOLS, Tool, with_opencv, with_pillow
from wizard import synthetic

DRAWN = synthetic.draw(random.Random(1), 0)
EXACT: dict[str, Any] = {"resize": "exact", "height": 40, "width": 56, "quality": 90}


def test_pillow_gives_the_size_that_the_profile_asks_for() -> None:
    assert Image.open(io.BytesIO(with_pillow(DRAWN.data, EXACT))).size == (56, 40)


def test_opencv_gives_the_size_that_the_profile_asks_for() -> None:
    pytest.importorskip("cv2")
    assert Image.open(io.BytesIO(with_opencv(DRAWN.data, EXACT))).size == (56, 40)


@pytest.mark.parametrize("transform", [with_pillow, with_opencv])
def test_bytes_are_kept_where_the_profile_keeps_them(transform: Any) -> None:
    assert transform(DRAWN.data, {}) is DRAWN.data


def test_a_tool_names_the_libraries_that_it_misses() -> None:
    tool = Tool(libraries=("json", "no_such_library"), about="", run=lambda _job: 0.0)
    assert tool.missing == ["no_such_library"]
    assert all(each.libraries for each in TOOLS.values())
