"""Helps of questions with choices; those asked in conversations are looked at by the script that answers them."""

from collections.abc import Iterator

import pytest

from tests.ask.conftest import known
from tests.ask.help_of_choices import unknown_names
from wizard.ask.context import Context
from wizard.ask.prompt import Choice, Prompt
from wizard.ask.question import Question
from wizard.ask.questions import QUESTIONS
from wizard.targets.registry import TARGETS

NEED_RAW_DATA = {"source.splits", "image.splits", "source.labels", "output.shards"}
"""Whose choices are those of raw data; conversations put them."""
OF_CHOICES = [each for each in QUESTIONS if each.kind in ("choice", "choices") and each.key not in NEED_RAW_DATA]


def put(question: Question[Context]) -> Iterator[Prompt]:
    """A question as it is put for every format."""
    for name in TARGETS:
        answers = known(Context(), {"output.format": name, "family": "pytorch", "image.resize": "shortest"})
        choices = question.choices(answers)
        yield Prompt(key=question.key, kind=question.kind, text=question.text, help=question.help, choices=choices)


@pytest.mark.parametrize("question", OF_CHOICES, ids=lambda each: each.key)
def test_a_help_names_choices_by_their_titles(question: Question[Context]) -> None:
    prompts = list(put(question))
    assert all(prompt.choices for prompt in prompts)
    assert [unknown_names(prompt) for prompt in prompts] == [[]] * len(prompts)


@pytest.mark.parametrize(
    ("help_", "unknown"),
    [
        ("Stop ends the build; skip leaves it out.", ["skip"]),
        ("Stop: it ends. Skipping: it goes on.", ["Skipping"]),
        ("Stop: it ends. Leave it out: it goes on.", []),
    ],
)
def test_values_and_other_words_are_found(help_: str, unknown: list[str]) -> None:
    choices = (Choice("stop", "Stop"), Choice("skip", "Leave it out"))
    assert unknown_names(Prompt(key="k", kind="choice", text="What?", help=help_, choices=choices)) == unknown
