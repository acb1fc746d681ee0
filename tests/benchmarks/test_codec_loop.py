import random
from pathlib import Path

import pytest

from tests.benchmarks.cases import CASES, Case
from tests.benchmarks.codec_loop import codecs
from tests.helpers import job
from wizard import synthetic
from wizard.formats.decoding import Undecodable


@pytest.mark.parametrize("case", [case for case in CASES if case.decodes], ids=lambda case: case.name)
def test_the_loop_does_what_the_recipe_of_a_build_says(case: Case, raw: Path, tmp_path: Path) -> None:
    recipe = job(raw, tmp_path, image=case.image).recipes["train"]

    loop = codecs(dict(case.image))

    assert (loop.resize, loop.quality) == (recipe.resize, recipe.quality)


@pytest.mark.parametrize("name", ["480-q85", "kept"])
def test_the_loop_decodes_every_image(name: str) -> None:
    loop = codecs(next(dict(case.image) for case in CASES if case.name == name))
    whole = synthetic.draw(random.Random(1), 0).data

    loop(whole)
    with pytest.raises(Undecodable):
        loop(whole[: len(whole) // 2])
