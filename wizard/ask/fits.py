"""Whether an answer can be taken: by the profile's own rules, and by what lies at a path."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from wizard.ask.asked import Value
from wizard.ask.draft import plain
from wizard.ask.facts import Facts
from wizard.ask.question import Question
from wizard.errors import ProfileError, UsageError
from wizard.folders import expanded
from wizard.preflight.checks import refusal
from wizard.profile import Profile, check


def misfit(question: Question, value: Value, facts: Facts) -> str:
    """Why an answer cannot be taken, in a sentence; empty where it can.

    Args:
        question: that it answers.
        value: the answer.
        facts: what is known of the raw data.
    """
    if isinstance(value, list) and not value:
        return "Choose one at least."
    if question.kind == "path" and (why := _unspeakable(str(value))):
        return why
    if question.kind == "number" and isinstance(value, int):
        return _beyond(question, value) or _too_many_shards(question, value, facts)
    if question.key == "output.path":
        return _bad_output(str(value), facts.folder)
    if question.key == "name" and not str(value):
        return "A name is needed."
    return _refused(question, value)


def _beyond(question: Question, value: int) -> str:
    section, _, key = question.key.partition(".")
    model = Profile.model_fields[section].annotation
    assert isinstance(model, type)
    assert issubclass(model, BaseModel)
    bounds: dict[str, int] = {}
    for rule in model.model_fields[key].metadata:
        bounds |= {name: getattr(rule, name) for name in ("ge", "le") if hasattr(rule, name)}
    low, high = bounds["ge"], bounds["le"]
    if value < low:
        return f"{value:,} is below {low:,}; {question.label} can be {low:,} to {high:,}."
    if value > high:
        return f"{value:,} is above {high:,}; {question.label} can be {low:,} to {high:,}."
    return ""


def _too_many_shards(question: Question, value: int, facts: Facts) -> str:
    for split, survey in facts.surveys.items():
        if question.key == f"output.{split}_shards" and value > survey.images:
            return f"{split} has {survey.images:,} images; {value:,} shards would leave some empty."
    return ""


def _unspeakable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return "The folder's name is no UTF-8, which a profile cannot hold. Name another one, or a link to it."
    return ""


def _bad_output(text: str, source: Path | None) -> str:
    try:
        path = expanded(text).absolute()
    except UsageError as error:
        return error.what
    with suppress(OSError):  # a closed folder, of which the rights say more
        if path.exists() and not path.is_dir():
            return f"{path} is a file. Name a folder; it is made where it is missing."
    if source is not None and path.resolve() == source.resolve():
        return "That is the raw data's own folder. Give the dataset another one."
    seen, mend = refusal(path)
    return f"{seen}. {mend}, or name another folder." if seen else ""


def _refused(question: Question, value: Value) -> str:
    dotted = question.key
    section, dot, key = dotted.partition(".")
    table: dict[str, Any] = {"source": {"path": "raw"}, "output": {"path": "out"}}
    if dot:
        table.setdefault(section, {})[key] = plain(question, value)
    else:
        table[section] = plain(question, value)
    try:
        check(table, "")
    except ProfileError as error:
        return next((problem for problem in error.problems if problem.startswith(dotted)), "")
    return ""
