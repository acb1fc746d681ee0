from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.sources.names import unsafe


@pytest.mark.parametrize(
    "name",
    ["n01440764_1.JPEG", "cats/old/1.png", "a..b.jpg", "...", ".hidden", "ünï/猫.jpg", "a b.jpg", "-rf", "./a.jpg"],
)
def test_an_ordinary_name_may_be_a_files(name: str) -> None:
    assert unsafe(name) == ""


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "is empty"),
        ("..", "has .. in it"),
        ("a/../b", "has .. in it"),
        ("a/..", "has .. in it"),
        ("a\\..\\b", "has .. in it"),
        ("/etc/passwd", "is an absolute path"),
        ("//host/share", "is an absolute path"),
        ("\\\\host\\share\\x", "is an absolute path"),
        ("\\x", "is an absolute path"),
        ("C:\\x", "is an absolute path"),
        ("c:x", "is an absolute path"),
        ("a/", "ends in /, as a folder's does"),
        ("a\0b", "has a control character in it"),
        ("a\nb", "has a control character in it"),
        ("a\rb", "has a control character in it"),
        ("a\udcff", "is not UTF-8"),
    ],
)
def test_an_unusable_name_is_refused_with_the_reason(name: str, why: str) -> None:
    assert unsafe(name) == why


@given(st.text())
def test_a_name_that_passes_never_leads_out_of_a_folder(name: str) -> None:
    if not unsafe(name):
        folder = Path("/out/train")
        assert Path("/out/train", name).is_relative_to(folder)
        assert ".." not in Path("/out/train", name).parts
