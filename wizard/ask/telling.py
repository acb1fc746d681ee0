"""What is told of answers: those given before, those that are not used, and what else one of them has changed."""

from collections.abc import Collection, Iterator
from typing import Any

from wizard.ask.context import Context
from wizard.ask.lines import Row, as_lines
from wizard.ask.prompt import Choice, title
from wizard.ask.question import Question
from wizard.ask.questions import BY_KEY
from wizard.ask.setup_draft import SetupDraft


def given_before(draft: SetupDraft) -> Iterator[str]:
    """The answers that were given before, by the person or in advance."""
    values = draft.answers.values
    answered = [question for question in draft.applying if question.key in draft.asked and question.key in values]
    # What is asked on request alone is worth a line only where it is unusual.
    shown = [each for each in answered if not each.advanced or values[each.key] != each.default(draft.answers)]
    if shown:
        yield "Answered so far:"
        yield from as_lines([Row(each.label, _said(draft, each.key, values[each.key])) for each in shown])


def unused(opened: SetupDraft, draft: SetupDraft) -> Iterator[str]:
    """Answers from the command line that the other answers have no use for.

    Args:
        opened: the draft before the first question.
        draft: the draft at its end.
    """
    applying = {question.key for question in draft.applying}
    for key in opened.given if not opened.origin else ():
        if key not in applying and BY_KEY[key].stored:
            value = opened.chosen.get(key, opened.profile.get(key))
            yield f"! {BY_KEY[key].label}: {_said(opened, key, value)} is not used with these answers."


def changes(before: SetupDraft, after: SetupDraft, answered: Collection[str]) -> Iterator[str]:
    """A line for each value that is another one, new, or there no more, but for the answers that were just given."""
    old, new = _values(before), _values(after)
    for key in dict.fromkeys([*BY_KEY, *old, *new]):
        if key in answered or old.get(key) == new.get(key):
            continue
        label = BY_KEY[key].label if key in BY_KEY else key.rpartition(".")[2].replace("_", " ").capitalize()
        was = f" (was {_said(before, key, old[key])})" if key in old else ""
        yield f"  · {label}: {_said(after, key, new[key]) if key in new else 'no longer applies'}{was}"


def as_choice(draft: SetupDraft, question: Question[Context]) -> Choice:
    """A question as one of the answers that can be changed, with its answer."""
    value = draft.offered(question)
    return Choice(question.key, question.label, "none" if value is None else _said(draft, question.key, value))


def _values(draft: SetupDraft) -> dict[str, Any]:
    """What a profile says, but for the parts that image files are built in, which no dataset shows."""
    parts = {key for key in BY_KEY if key.endswith("_shards")} - {question.key for question in draft.applying}
    return {key: value for key, value in draft.answers.values.items() if key not in parts}


def _said(draft: SetupDraft, key: str, value: Any) -> str:
    return (title(draft.prompt(BY_KEY[key]), value) if key in BY_KEY else str(value)) or "none"
