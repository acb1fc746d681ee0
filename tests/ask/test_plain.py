import getpass
import io
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from rich.console import Console

from wizard.ask.plain import PlainPrompter
from wizard.ask.prompt import Back, Choice, Prompt, Value
from wizard.output import Output

MODE = Prompt(
    key="image.resize",
    kind="choice",
    text="What should the images become?",
    help="Smaller ones are faster.",
    default="original",
    choices=(
        Choice(value="shortest", title="Shrink", about="aspect ratio kept"),
        Choice(value="original", title="Keep"),
    ),
    number=4,
    of=11,
)


SECRET = Prompt(key="download.secret", kind="secret", text="Access key", default="")


def unasked(_invitation: str) -> str:
    raise AssertionError


def put(asked: Prompt, lines: Sequence[str], read_unseen: Callable[[str], str] = unasked) -> tuple[Value, str]:
    output = Output("plain")
    file = io.StringIO()
    output.console = Console(file=file, force_terminal=True, width=60, no_color=True, highlight=False)
    waiting = list(lines)

    def read() -> str:
        if not waiting:
            raise EOFError
        return waiting.pop(0)

    try:
        return PlainPrompter(output, read, read_unseen).ask(asked), file.getvalue()
    finally:
        assert "\x1b" not in file.getvalue()
        assert file.getvalue().isascii()


def test_a_question_is_numbered_lines() -> None:
    answer, shown = put(MODE, [""])
    assert answer == "original"
    assert shown.splitlines() == [
        "",
        "Question 4 of 11. What should the images become?",
        "  1. Shrink: aspect ratio kept",
        "  2. Keep (default)",
        'Answer with a number, "back", "help" or "quit" [2]: ',
    ]


def test_proposed_paths_are_numbered_and_any_other_can_be_typed() -> None:
    choices = (Choice("/data/a/b", "/…/b", "TFRecords"), Choice("/c", "/c"))
    where = Prompt(key="k", kind="path", text="Where?", default="/data/a/b", choices=choices)
    answer, shown = put(where, ["2"])
    assert answer == "/c"
    assert shown.splitlines()[1:] == [
        "Where?",
        "  1. /data/a/b (default): TFRecords",
        "  2. /c",
        'Answer with a number, or type a path, "back", "help" or "quit" [1]: ',
    ]
    assert put(where, [""])[0] == "/data/a/b"
    assert put(where, ["/elsewhere"])[0] == "/elsewhere"


def test_an_invalid_answer_is_explained_and_asked_again() -> None:
    answer, shown = put(MODE, ["7", "1"])
    assert answer == "shortest"
    assert "[no] '7' is not one of the choices: shortest, original." in shown


def test_help_is_a_paragraph_and_the_question_stays() -> None:
    answer, shown = put(MODE, ["help", "?", "2"])
    assert answer == "original"
    assert shown.count("Smaller ones are faster.") == 2


def test_back_and_quit_are_words() -> None:
    with pytest.raises(Back):
        put(MODE, ["back"])
    for words in (["quit"], []):
        with pytest.raises(KeyboardInterrupt):
            put(MODE, words)


def test_several_are_shown_by_their_numbers() -> None:
    many = Prompt(key="k", kind="choices", text="Which?", default=["a", "b"], choices=(
        Choice(value="a", title="A"), Choice(value="b", title="B")))  # fmt: skip
    answer, shown = put(many, [""])
    assert answer == ["a", "b"]
    assert "[1,2]:" in shown


def test_an_empty_default_is_not_shown() -> None:
    answer, shown = put(Prompt(key="k", kind="text", text="User name", default=""), [""])
    assert answer == ""
    assert shown.endswith('Type it, "back", "help" or "quit": ')


def test_a_secret_is_read_unseen_and_no_word_of_it_is_a_command() -> None:
    for typed in ("back", "quit", " ?", ""):
        answer, shown = put(SECRET, [], lambda _invitation, typed=typed: typed)  # type: ignore[misc]
        assert answer == typed
        assert shown.splitlines() == ["", "Access key"]


def test_a_secret_that_would_be_seen_is_not_asked_for() -> None:
    def seen(_invitation: str) -> str:
        warnings.warn("Can not control echo on the terminal.", getpass.GetPassWarning, stacklevel=2)
        return "typed and seen"

    answer, shown = put(SECRET, [], seen)
    assert answer == ""
    assert "[!!] This terminal would show what you type" in shown


def test_the_end_of_input_leaves_a_secret_prompt() -> None:
    def ended(_invitation: str) -> str:
        raise EOFError

    with pytest.raises(KeyboardInterrupt):
        put(SECRET, [], ended)


def test_whence_a_default_comes_is_said_and_a_total_only_if_it_is_known() -> None:
    _, shown = put(replace(MODE, of=0, note="as last time"), [""])
    assert "Question 4. What should" in shown
    assert "2. Keep (default, as last time)" in shown
    _, shown = put(Prompt(key="k", kind="number", text="Size", default=480, note="as in mine"), [""])
    assert "[480, as in mine]:" in shown
