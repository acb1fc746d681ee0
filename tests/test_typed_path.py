"""Paths as people give them, and back."""

import re
import shlex
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wizard.errors import UsageError
from wizard.typed_path import expanded, quoted

posix = pytest.mark.skipif(sys.platform == "win32", reason="backslashes are between folders there")
NAMES = st.text(
    st.one_of(
        st.sampled_from("a $'\"\\~{}?*[]&;!%#"), st.characters(exclude_characters="/\0", exclude_categories=["Cs"])
    ),
    min_size=1,
    max_size=12,
).filter(lambda name: name not in (".", ".."))
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(lambda names: Path("/nowhere-at-all", *names))


@pytest.fixture(autouse=True)
def variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA", "/big disk/me")
    monkeypatch.setenv("EMPTY", "")
    monkeypatch.setenv("IN_HOME", "~/data")
    monkeypatch.delenv("NOT_SET", raising=False)


@posix
@given(PATHS)
def test_a_path_quoted_for_a_shell_is_the_path(path: Path) -> None:
    assert expanded(shlex.quote(str(path)) + " ") == path


@posix
@given(PATHS)
def test_a_path_escaped_for_a_shell_is_the_path(path: Path) -> None:
    assert expanded(re.sub(r"([^\w/])", r"\\\1", str(path), flags=re.ASCII)) == path


@posix
@given(PATHS)
def test_an_address_of_a_file_is_its_path(path: Path) -> None:
    assert expanded(f"file://{quote(str(path))}") == path


@posix
@given(PATHS)
def test_what_is_stored_for_a_path_is_read_as_that_path(path: Path) -> None:
    assert expanded(quoted(path)) == path


@given(st.text(max_size=30))
@example("~\0")
def test_no_text_crashes(text: str) -> None:
    with suppress(UsageError):
        assert isinstance(expanded(text), Path)


@posix
@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("/data/my images", "/data/my images"),
        ("  /data/out\n", "/data/out"),
        ("'/data/out q' ", "/data/out q"),
        (r"/data/out\ q ", "/data/out q"),
        ('"/data/out q"', "/data/out q"),
        (r"'/it'\''s'", "/it's"),
        ("/data/'my images'/x", "/data/my images/x"),
        ("$DATA/x", "/big disk/me/x"),
        ("${DATA}-2/x", "/big disk/me-2/x"),
        ('"$DATA"/x', "/big disk/me/x"),
        (r'"/a/\$DATA"', "/a/$DATA"),
        ("'/a/$DATA'", "/a/$DATA"),
        ("/a/cost$", "/a/cost$"),
        ("/data/bob's", "/data/bob's"),
        ("/data/rock'n'roll", "/data/rock'n'roll"),
        ("file:///a%20b", "/a b"),
        ("'file:///a%20b'", "/a b"),
        ("file://localhost/a", "/a"),
        ("file:/a", "/a"),  # what is left where // was read as one separator
        ("file:///it's/$DATA", "/it's/$DATA"),
    ],
)
def test_paths_as_they_are_pasted_dragged_and_typed(text: str, path: str) -> None:
    assert expanded(text) == Path(path)


@pytest.mark.parametrize(("text", "below"), [("~/x", "x"), ("'~/x'", "x"), ("$IN_HOME/x", "data/x"), ("~", "")])
def test_the_home_folder_is_understood_quoted_and_in_a_variable(text: str, below: str) -> None:
    assert expanded(text) == Path.home() / below


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("$NOT_SET/x", "the variable NOT_SET is not set"),
        ("${NOT_SET}", "the variable NOT_SET is not set"),
        ("$EMPTY/x", "the variable EMPTY is empty"),
        ("${DATA:-/x}", r"\$\{DATA:-/x\} is not understood"),
        ("~nobody-of-this-name/x", "there is no user nobody-of-this-name"),
        ("file://server/data", "is on another host"),
        ("s3://bucket/data", "is an address"),
        ("'/a\0b'", "null character"),
    ],
)
def test_what_cannot_be_understood_is_an_error_and_no_folder_of_that_name(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        expanded(text)


@posix
def test_a_path_that_exists_to_the_letter_is_meant(tmp_path: Path) -> None:
    for name in ("cost$DATA", "$NOT_SET", "'a' b ", r"back\slash"):
        text = f"{tmp_path}/{name}"
        Path(text).mkdir()
        assert expanded(text) == Path(text)
        assert expanded(f"{text}/new") == Path(text, "new")


@posix
def test_a_folder_named_as_a_variable_does_not_take_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("$DATA", "~"):
        Path(name).mkdir()
    assert expanded("$DATA") == Path("/big disk/me")
    assert expanded("./$DATA") == Path("$DATA")
    assert expanded("~") == Path.home()
