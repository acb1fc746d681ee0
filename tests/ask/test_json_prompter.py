import io
import json
from typing import Any

import pytest

from wizard.ask.json_prompter import JsonPrompter
from wizard.ask.prompt import Back, Choice, Prompt, Value
from wizard.output import Output

SIZE = Prompt(key="image.size", kind="number", text="Shortest side", help="In pixels.", default=480, number=6, of=12)


SECRET = Prompt(key="download.secret", kind="secret", text="Access key", default="")


def put(capsys: pytest.CaptureFixture[str], *lines: str, asked: Prompt = SIZE) -> tuple[Value, list[dict[str, Any]]]:
    answer = JsonPrompter(Output("json"), io.StringIO("".join(f"{line}\n" for line in lines))).ask(asked)
    return answer, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_question_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    answer, (question,) = put(capsys, "256")
    assert answer == 256
    assert question == {
        "event": "question",
        "key": "image.size",
        "kind": "number",
        "text": "Shortest side",
        "help": "In pixels.",
        "default": 480,
        "choices": [],
        "number": 6,
        "of": 12,
        "at_most": False,
        "note": "",
        "error": "",
        "typed": None,
    }


@pytest.mark.parametrize(("line", "meant"), [("null", 480), ('"256"', 256), ("256", 256), ("", 480)])
def test_an_answer_is_json_or_text(capsys: pytest.CaptureFixture[str], line: str, meant: Value) -> None:
    assert put(capsys, line)[0] == meant


@pytest.mark.parametrize(("line", "meant"), [('"/elsewhere"', "/elsewhere"), ("2", "/b"), ("null", "/a"), ("/b", "/b")])
def test_a_path_is_any_or_one_of_those_proposed(capsys: pytest.CaptureFixture[str], line: str, meant: str) -> None:
    choices = (Choice("/a", "/a", "the official archives"), Choice("/b", "/b", "TFRecords"))
    asked = Prompt(key="source.path", kind="path", text="Where?", default="/a", choices=choices)
    answer, (question,) = put(capsys, line, asked=asked)
    assert answer == meant
    assert question["choices"][1] == {"value": "/b", "title": "/b", "about": "TFRecords", "words": ""}


@pytest.mark.parametrize("line", ["true", "1.5", '{"answer": 1}', "many"])
def test_what_is_no_answer_comes_back_as_the_questions_error(capsys: pytest.CaptureFixture[str], line: str) -> None:
    answer, questions = put(capsys, line, "1")
    assert answer == 1
    assert [bool(question["error"]) for question in questions] == [False, True]


def test_commands_go_back_ask_again_and_leave(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Back):
        put(capsys, '{"command": "back"}')
    capsys.readouterr()
    answer, questions = put(capsys, '{"command": "help"}', "9")
    assert (answer, len(questions), questions[1]["help"]) == (9, 2, "In pixels.")
    for lines in (['{"command": "quit"}'], []):
        with pytest.raises(KeyboardInterrupt):
            put(capsys, *lines)


@pytest.mark.parametrize(
    ("line", "meant"),
    [('"12"', "12"), ("1e5", "1e5"), ("true", "true"), ("[1]", "[1]"), ("null", ""), ('" x "', " x ")],
)
def test_a_secret_is_taken_to_the_letter(capsys: pytest.CaptureFixture[str], line: str, meant: str) -> None:
    assert put(capsys, line, asked=SECRET)[0] == meant


def test_no_question_repeats_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    answer, questions = put(capsys, '{"secret": "hunter2"}', '"hunter2"', asked=SECRET)
    assert answer == "hunter2"
    assert questions[1]["error"].startswith("That is not an answer")
    assert "hunter2" not in str(questions)
