import re
from pathlib import Path

import pytest

from tests.benchmarks.cases import CASES, Case, selected
from wizard import profile_store


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_case_is_a_valid_profile(case: Case, tmp_path: Path) -> None:
    path = tmp_path / "profile.toml"
    path.write_text(case.profile(tmp_path / "raw", tmp_path / "out", splits=["train"], workers=3))

    profile = profile_store.load(str(path))

    assert profile.run.workers == 3
    assert profile.source.splits == ("train",)
    assert profile.image.model_dump(exclude_defaults=True) == case.image


def test_a_pattern_selects_whole_names() -> None:
    assert [case.name for case in selected("kept")] == ["kept"]
    assert {re.sub("-.*", "", case.name) for case in selected("folders-.*|flat-.*")} == {"folders", "flat"}


def test_only_images_that_are_decoded_are_compared_with_the_codec_loop() -> None:
    assert [case.name for case in CASES if not case.decodes] == [
        "kept-structure",
        "kept-proven",
        "kept-md5",
        "kept-official",
    ]
