"""The widgets, with keys from a pipe; the whole program in a real terminal is test_wizard.py's."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import questionary
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from rich.console import Console

from tests.ask.screen import typed
from wizard.ask.prompt import Back, Choice, Prompt, Value
from wizard.ask.terminal import TerminalPrompter, _in_lines
from wizard.output import Output

DOWN, ESC, ENTER, CTRL_B, CTRL_C, CTRL_D, BACKSPACE = "\x1b[B", "\x1b", "\r", "\x02", "\x03", "\x04", "\x7f"
END = "\x1b[F"
CHOICES = (Choice(value="train", title="Train", about="10 images"), Choice(value="validation", title="Validation"))
Put = Callable[[Prompt, str], Value]


def asked(kind: str, default: Value | None) -> Prompt:
    choices = CHOICES if kind.startswith("choice") else ()
    return Prompt(key="k", kind=kind, text="Which?", help="Some help.", default=default, choices=choices)  # type: ignore[arg-type]


@pytest.fixture
def said() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def put(said: io.StringIO) -> Put:
    def ask(question: Prompt, keys: str) -> Value:
        output = Output()
        output.console = Console(file=said, width=60)
        with create_pipe_input() as pipe:
            pipe.send_text(keys)
            return TerminalPrompter(output, input=pipe, output=DummyOutput()).ask(question)

    return ask


@pytest.mark.parametrize(
    ("kind", "default", "keys", "answer"),
    [
        ("text", "a", ENTER, "a"),
        ("text", "a", f"b{ENTER}", "b"),
        ("number", 480, f"256{ENTER}", 256),
        ("number", 480, f"\x1b[D6{ENTER}", 4860),
        ("number", 480, f"\x7f\x7f\x7f256{ENTER}", 256),
        ("path", "/tmp", f"/x{ENTER}", "/x"),
        ("file", "", f"/x.txt{ENTER}", "/x.txt"),
        ("text", "", ENTER, ""),
        ("secret", "", ENTER, ""),
        ("secret", "", f" a?{ENTER}", " a?"),
        ("choice", "train", f"{DOWN}{ENTER}", "validation"),
        ("choice", "validation", ENTER, "validation"),
        ("choices", ["train", "validation"], ENTER, ["train", "validation"]),
        ("choices", ["train", "validation"], f" {ENTER}", ["validation"]),
    ],
)
def test_enter_takes_what_is_typed_or_pointed_at(put: Put, kind: str, default: Value, keys: str, answer: Value) -> None:
    assert put(asked(kind, default), keys) == answer


@pytest.mark.parametrize("kind", ["text", "number", "path", "file", "secret", "choice", "choices"])
@pytest.mark.parametrize("key", [ESC, CTRL_B])
def test_a_key_goes_back_from_every_kind(put: Put, kind: str, key: str) -> None:
    with pytest.raises(Back):
        put(asked(kind, ["train"] if kind == "choices" else "train"), key)


@pytest.mark.parametrize("kind", ["text", "path", "file", "secret", "choice", "choices"])
def test_ctrl_c_leaves_every_kind(put: Put, kind: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        put(asked(kind, ["train"] if kind == "choices" else "train"), CTRL_C)


def test_the_end_of_input_leaves(put: Put) -> None:
    with pytest.raises(KeyboardInterrupt):
        put(asked("text", None), CTRL_D)


@pytest.mark.parametrize("kind", ["text", "path", "choice", "choices"])
def test_a_question_mark_explains_and_asks_again(put: Put, said: io.StringIO, kind: str) -> None:
    put(asked(kind, ["train"] if kind == "choices" else "train"), f"?{ENTER}")
    assert "Some help." in said.getvalue()


def test_the_same_help_is_not_printed_twice_in_a_row(put: Put, said: io.StringIO) -> None:
    put(asked("text", "a"), f"??{ENTER}")
    assert said.getvalue().count("Some help.") == 1


def test_what_was_typed_outlasts_the_help(put: Put) -> None:
    assert put(asked("text", "a"), f"b?c{ENTER}") == "bc"


def test_what_was_ticked_and_pointed_at_outlasts_the_help(put: Put) -> None:
    assert put(asked("choices", ["train", "validation"]), f" ?{ENTER}") == ["validation"]
    assert put(asked("choice", "train"), f"{DOWN}?{ENTER}") == "validation"


def test_ctrl_d_leaves_where_nothing_is_typed(put: Put) -> None:
    for kind in ("choice", "choices"):
        with pytest.raises(KeyboardInterrupt):
            put(asked(kind, ["train"] if kind == "choices" else "train"), CTRL_D)


def test_tab_completes_a_path_at_once(put: Put, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    assert put(asked("path", f"{tmp_path}/da"), f"\t{ENTER}") == f"{tmp_path}/data/"
    (tmp_path / "data-2").mkdir()
    assert put(asked("path", f"{tmp_path}/d"), f"\t{ENTER}") == f"{tmp_path}/data"


def test_tab_completes_files_only_where_one_is_asked_for(put: Put, tmp_path: Path) -> None:
    (tmp_path / "cookies.txt").touch()
    assert put(asked("file", f"{tmp_path}/coo"), f"\t{ENTER}") == f"{tmp_path}/cookies.txt"
    assert put(asked("path", f"{tmp_path}/coo"), f"\t{ENTER}") == f"{tmp_path}/coo"


PROPOSED = Prompt(
    key="k",
    kind="path",
    text="Where?",
    help="Some help.",
    default="/data/a",
    choices=(Choice("/data/a", "/data/a", "the official archives"), Choice("/data/b", "/…/b", "TFRecords")),
)


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (ENTER, "/data/a"),
        (f"{DOWN}{ENTER}", "/data/b"),
        (f"{DOWN}{DOWN}{ENTER}/data/c{ENTER}", "/data/c"),
        (f"{DOWN}?{ENTER}", "/data/b"),
    ],
)
def test_a_path_is_chosen_from_the_proposals_or_typed(put: Put, keys: str, answer: str) -> None:
    assert put(PROPOSED, keys) == answer


def test_back_leads_from_typing_to_the_proposals_and_from_there_to_the_question_before(put: Put) -> None:
    elsewhere = f"{DOWN}{DOWN}{ENTER}"
    assert put(PROPOSED, f"{elsewhere}/x{CTRL_B}{ENTER}") == "/data/a"
    with pytest.raises(Back):
        put(PROPOSED, f"{elsewhere}{CTRL_B}{CTRL_B}")


def test_a_refused_path_is_corrected_where_it_was_typed_and_a_refused_proposal_among_them(
    put: Put, said: io.StringIO
) -> None:
    assert put(replace(PROPOSED, error="There is no /nope.", typed="/nope"), f"{END}/a{ENTER}") == "/nope/a"
    assert put(replace(PROPOSED, error="It is empty.", typed="/data/b"), ENTER) == "/data/b"
    assert said.getvalue() == "✗ There is no /nope.\n✗ It is empty.\n"


def test_back_from_a_refused_path_leads_to_the_proposals_and_another_is_typed_afresh(put: Put) -> None:
    refused = replace(PROPOSED, error="There is no /nope.", typed="/nope")
    assert put(refused, f"{CTRL_B}{DOWN}{ENTER}") == "/data/b"
    assert put(refused, f"{CTRL_B}{DOWN}{DOWN}{ENTER}/c{ENTER}") == "/c"


def test_nothing_ticked_is_an_empty_list_and_not_the_default(put: Put) -> None:
    assert put(asked("choices", ["train"]), f" {ENTER}") == []


def test_a_wrong_answer_is_shown_and_can_be_corrected(put: Put, said: io.StringIO) -> None:
    question = Prompt(key="k", kind="number", text="Size", default=480, error="1,200 is above 100.", typed=1200)
    assert put(question, f"\x7f\x7f{ENTER}") == 12
    assert "✗ 1,200 is above 100." in said.getvalue()


@pytest.mark.parametrize(
    ("keys", "answer"),
    [(f"{ENTER}{BACKSPACE}{ENTER}", 25), (f"{ENTER}30{ENTER}", 30), (f"{ENTER}{ENTER}{BACKSPACE}{ENTER}", 25)],
)
def test_what_is_no_number_stays_to_be_corrected_and_is_replaced_by_typing(put: Put, keys: str, answer: int) -> None:
    assert put(asked("number", 480), f"25o{keys}") == answer


@pytest.mark.parametrize(
    ("following", "lines"),
    [
        ("", ["Which answers are", "    wanted now?"]),
        ("(ticks)", ["Which answers are", "    wanted now?"]),
        ("(space ticks)", ["Which answers are", "    wanted now?", "   "]),
        ("/a/path/longer/than/the/line", ["Which answers are", "    wanted now?"]),
    ],
)
def test_a_question_breaks_between_words_and_before_a_suggestion_that_would_not_fit(
    following: str, lines: list[str]
) -> None:
    assert _in_lines("Which answers are wanted now?", following, 4, 25).split("\n") == lines


@pytest.mark.parametrize("kind", ["text", "number", "path", "file", "secret"])
@pytest.mark.parametrize("note", ["", "as last time"])
@pytest.mark.parametrize("text", ["JPEG quality, 1 to 100", "Where is it?"])
def test_a_typed_answer_is_told_from_its_question_without_color(
    put: Put, said: io.StringIO, monkeypatch: pytest.MonkeyPatch, kind: str, note: str, text: str
) -> None:
    shown: list[str] = []

    def watch(name: str) -> None:
        widget = getattr(questionary, name)

        def watched(text: str, **more: Any) -> Any:
            shown.append(text)
            return widget(text, **more)

        monkeypatch.setattr(questionary, name, watched)

    for name in ("text", "path", "password"):
        watch(name)
    question = replace(asked(kind, "85"), text=text, note=note)
    put(question, ENTER)
    assert shown[0].endswith((":", "?"))
    output = Output()
    output.console = Console(file=said, width=60)
    TerminalPrompter(output).accepted(question, "85")
    question_again, _, answer = said.getvalue().strip().rpartition("  ")
    assert answer
    assert question_again.endswith((":", "?"))


def test_a_suggested_path_is_shown_with_a_tilde_and_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("USERPROFILE", "/home/me")
    seen = typed(asked("path", "/home/me/raw"), ENTER)
    assert "~/raw" in seen.drawn
    assert "/home/me" not in seen.drawn
    assert seen.answer == "/home/me/raw"
    assert typed(asked("path", "/home/me/raw"), END, f"/x{ENTER}").answer == "~/raw/x"
