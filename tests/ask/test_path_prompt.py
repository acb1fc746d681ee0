"""Typing, pasting and completing a path; with keys from a pipe, as in test_terminal.py."""

import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from prompt_toolkit.buffer import Buffer, CompletionState
from prompt_toolkit.completion import CompleteEvent, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from rich.console import Console

from wizard.ask.path_prompt import PathCompleter, complete
from wizard.ask.prompt import Prompt, Value
from wizard.ask.terminal import TerminalPrompter
from wizard.output import Output
from wizard.typed_path import expanded

CTRL_U = "\x15"
ENTER, TAB, RIGHT, LEFT, UP, HOME, END, BACKSPACE = "\r", "\t", "\x1b[C", "\x1b[D", "\x1b[A", "\x1b[H", "\x1b[F", "\x7f"
Put = Callable[..., Value]


def pasted(text: str) -> str:
    """As a terminal that brackets what is pasted sends it."""
    return f"\x1b[200~{text}\x1b[201~"


@pytest.fixture
def put() -> Put:
    def ask(keys: str, default: str | None = "/data/out", typed: str | None = None) -> Value:
        prompt = Prompt(key="k", kind="path", text="Where?", help="Help.", default=default, typed=typed)
        output = Output()
        output.console = Console(file=io.StringIO(), width=60)
        with create_pipe_input() as pipe:
            pipe.send_text(keys)
            return TerminalPrompter(output, input=pipe, output=DummyOutput()).ask(prompt)

    return ask


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (ENTER, "/data/out"),
        (f"/big/x{ENTER}", "/big/x"),
        (f"{pasted('/mnt/big/my-dataset')}{ENTER}", "/mnt/big/my-dataset"),
        (f"{pasted('/mnt/a b ' + chr(10))}{ENTER}", "/mnt/a b"),
        (f"?/big{ENTER}", "/big"),
        (f"x{BACKSPACE}{ENTER}", "/data/out"),
    ],
)
def test_typing_and_pasting_replace_a_suggested_path_and_enter_takes_it(put: Put, keys: str, answer: str) -> None:
    assert put(keys) == answer


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        (END, "/data/outX"),
        (RIGHT, "/data/outX"),
        (UP, "/data/outX"),
        ("\x05", "/data/outX"),
        (LEFT, "/data/ouXt"),
        (HOME, "X/data/out"),
        (BACKSPACE, "/data/ouX"),
    ],
)
def test_keys_that_move_or_delete_begin_to_edit_a_suggested_path(put: Put, key: str, answer: str) -> None:
    assert put(f"{key}X{ENTER}") == answer


def test_a_refused_path_is_replaced_or_edited_as_a_suggested_one_is(put: Put) -> None:
    assert put(ENTER, typed="/a") == "/a"
    assert put(f"/b{ENTER}", typed="/a") == "/b"
    assert put(f"{pasted(chr(34) + '/b' + chr(34))}{ENTER}", typed="/a") == '"/b"'
    assert put(f"{END}/b{ENTER}", typed="/a") == "/a/b"
    assert put(f"{LEFT}{BACKSPACE}{ENTER}", typed="/a") == "a"


@pytest.mark.parametrize("typed", ["", "/x", f"{LEFT}/x{END}"])
def test_ctrl_u_empties_the_line_of_a_refused_path_so_that_the_default_is_offered_again(put: Put, typed: str) -> None:
    assert put(f"{typed}{CTRL_U}{ENTER}", typed="/a") == "/data/out"
    assert put(f"{typed}{CTRL_U}{ENTER}", "", typed="/a") == ""
    assert put(f"{typed}{CTRL_U}/b{ENTER}", typed="/a") == "/b"


def test_ctrl_u_keeps_what_is_behind_the_cursor_and_leaves_a_default_as_it_is(put: Put) -> None:
    assert put(f"/ab{LEFT}{CTRL_U}{ENTER}", typed="/a") == "b"
    assert put(f"/ab{CTRL_U}{ENTER}") == "/data/out"


def test_tab_completes_a_suggested_path(put: Put, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    assert put(f"{TAB}{ENTER}", f"{tmp_path}/da") == f"{tmp_path}/data/"


def test_a_second_tab_goes_on_into_the_only_folder_that_fits(put: Put, tmp_path: Path) -> None:
    (tmp_path / "data" / "imagenet" / "train").mkdir(parents=True)
    for tabs, answer in ((1, "data/"), (2, "data/imagenet/"), (3, "data/imagenet/train/"), (4, "data/imagenet/train/")):
        assert put(f"{tmp_path}/da{TAB * tabs}{ENTER}") == f"{tmp_path}/{answer}"


def test_tab_completes_below_a_variable_and_in_quoted_folders(
    put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my data" / "raw").mkdir(parents=True)
    monkeypatch.setenv("PLACE", str(tmp_path))
    assert put(f"$PLACE/m{TAB}{TAB}{ENTER}") == "$PLACE/my data/raw/"
    assert put(f"'{tmp_path}/my data'/r{TAB}{ENTER}") == f"'{tmp_path}/my data'/raw/"


def test_folders_whose_names_begin_with_a_dot_come_last(tmp_path: Path) -> None:
    for name in (".cache", "b", "a", ".ssh"):
        (tmp_path / name).mkdir()
    (tmp_path / "file").touch()
    found = PathCompleter(only_folders=True).get_completions(Document(f"{tmp_path}/"), CompleteEvent())
    assert [each.text for each in found] == ["a/", "b/", ".cache/", ".ssh/"]


def test_tab_goes_into_the_only_folder_of_an_open_list(tmp_path: Path) -> None:
    (tmp_path / "data" / "raw").mkdir(parents=True)
    buffer = Buffer(completer=PathCompleter(only_folders=True), document=Document(f"{tmp_path}/"))
    buffer.complete_state = CompletionState(buffer.document, [Completion("data/")])
    buffer.complete_next()
    complete(buffer)
    assert buffer.text == f"{tmp_path}/data/raw/"


@pytest.mark.skipif(sys.platform == "win32", reason="a backslash is between folders there")
@pytest.mark.parametrize("name", ["plain", "my data", "$HOME", "it's", 'a "b"', "~x", "back\\slash", "end "])
@pytest.mark.parametrize("begun", ["{}/", "~/"])
def test_a_completed_name_is_read_as_the_folder_that_it_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, begun: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / name).mkdir()
    text = begun.format(tmp_path)
    (completion,) = PathCompleter(only_folders=True).get_completions(Document(text), CompleteEvent())
    assert expanded(text + completion.text) == tmp_path / name
    (again,) = PathCompleter(only_folders=True).get_completions(Document(text + completion.text[:2]), CompleteEvent())
    assert completion.text[2:] == again.text
