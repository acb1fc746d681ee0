"""Answers that are paths, however they are written, at every question of every conversation."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.ask.conftest import DEFAULT, Script
from tests.ask.test_downloading import sums_of
from wizard.ask import cluster, download_questions, questions
from wizard.ask.asking import absolute, ask_all
from wizard.ask.draft import Draft
from wizard.ask.json_prompter import JsonPrompter
from wizard.ask.plain import PlainPrompter
from wizard.ask.prompt import PATHS, Prompter, Value
from wizard.ask.question import Answers, Question
from wizard.ask.view import Outcome
from wizard.output import Output

QUESTIONS: list[Question[Any]] = [*questions.QUESTIONS, *download_questions.QUESTIONS, *cluster.QUESTIONS]
OF_PATHS = [question for question in QUESTIONS if question.kind in PATHS]
Written = Callable[[Path], str]
WRITTEN: dict[str, Written] = {
    "plain": str,
    "below home": lambda path: f"~/{path.name}",
    "with a variable": lambda path: f"$FOLDER/{path.name}",
    "in quotes, with a blank after it": lambda path: f"'{path}' ",
    "dragged": lambda path: path.as_uri(),
    "relative": lambda path: path.name,
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Is the home folder, the current one, and that of a variable."""
    folder = tmp_path / "my own"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("FOLDER", str(folder))
    monkeypatch.chdir(folder)
    return folder


def test_some_questions_of_setup_and_download_ask_for_paths() -> None:
    assert {question.key for question in OF_PATHS} >= {
        "source.path", "output.path", download_questions.CHECKSUMS, download_questions.TO,
    }  # fmt: skip


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("question", OF_PATHS, ids=lambda question: question.key)
def test_a_path_is_the_same_one_for_the_rules_of_all_questions(
    question: Question[Any], written: Written, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answer = absolute(question, written(home / "there"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FOLDER")
    assert Answers(values={question.key: answer}, context=None).path(question.key) == home / "there"


def _by_json(answers: list[Value]) -> Prompter:
    return JsonPrompter(Output("json"), io.StringIO("".join(f"{json.dumps(each)}\n" for each in answers)))


def _by_plain(answers: list[Value]) -> Prompter:
    lines = iter(" ".join(each) if isinstance(each, list) else str(each) for each in answers)
    return PlainPrompter(Output("quiet"), read=lambda: next(lines))


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("prompter", [Script, _by_json, _by_plain])
def test_a_download_goes_on_from_each_path_however_it_is_written(
    prompter: Callable[[list[Value]], Prompter], written: Written, home: Path
) -> None:
    sums = sums_of(home)
    answers: list[Value] = ["mirror", "https://example.org/", written(sums), ["validation"], written(home / "to")]
    asked = ask_all(prompter(answers), Draft(questions=download_questions.QUESTIONS, context=None))
    sizes = [choice.about for choice in _question(download_questions.WHAT).choices(asked.answers)]
    assert sizes[1].startswith("about ")  # since the file has other sums than the official ones
    assert asked.answers.path(download_questions.TO) == home / "to"


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_a_setup_goes_on_from_each_path_however_it_is_written(
    converse: Callable[..., tuple[Script, Outcome | None]], written: Written, home: Path, raw_copy: Path
) -> None:
    there = raw_copy.rename(home / "raw data")
    script, outcome = converse(
        written(there), DEFAULT, DEFAULT, DEFAULT, written(home / "out"), "original", 5, 2, "mine", "save"
    )
    assert outcome is not None, script.asked[-1]
    assert (outcome.profile.source_path, outcome.profile.output_path) == (there, home / "out")


def _question(key: str) -> Question[Any]:
    return next(question for question in QUESTIONS if question.key == key)
