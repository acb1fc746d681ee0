"""Whether an answer can be taken: by the profile's own rules, and by what lies at a path."""

from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from wizard.ask.context import Facts
from wizard.ask.defaults import Answers
from wizard.ask.draft import plain
from wizard.ask.prompt import Value
from wizard.ask.question import Question
from wizard.errors import ProfileError, UsageError
from wizard.folders import expanded
from wizard.preflight.checks import refusal
from wizard.profile import Profile, check
from wizard.sources.overlap import overlap
from wizard.targets.registry import DEFAULT_FORMAT, written_folders


def misfit(question: Question, value: Value, facts: Facts, answers: Answers = MappingProxyType({})) -> str:
    """Why an answer cannot be taken, in a sentence; empty where it can.

    Args:
        question: that it answers.
        value: the answer.
        facts: what is known of the raw data.
        answers: to other questions.
    """
    if isinstance(value, list) and not value:
        return "Choose one at least."
    if question.kind == "path" and (why := _unspeakable(str(value))):
        return why
    if question.kind == "number" and isinstance(value, int):
        return _beyond(question, value) or _too_many_shards(question, value, facts)
    if question.key == "output.path":
        return _bad_output(str(value), facts, answers)
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


def _bad_output(text: str, facts: Facts, answers: Answers) -> str:
    try:
        path = expanded(text).absolute()
    except UsageError as error:
        return error.what
    with suppress(OSError):  # a closed folder, of which the rights say more
        if path.exists() and not path.is_dir():
            return f"{path} is a file. Name a folder; it is made where it is missing."
    if facts.folder is not None and path.resolve() == facts.folder.resolve():
        return "That is the raw data's own folder. Give the dataset another one."
    if among := intrusion(path, facts, answers):
        return among
    seen, mend = refusal(path)
    return f"{seen}. {mend}, or name another folder." if seen else ""


def intrusion(output: Path, facts: Facts, answers: Answers) -> str:
    """Why a dataset in this folder would be written among the raw data, in a sentence; empty where it would not."""
    asked = {"format": answers.get("output.format", DEFAULT_FORMAT)}
    written = written_folders(asked | {"split_folders": answers.get("output.split_folders") == "yes"})
    among = overlap(facts.raw, output, written) if facts.raw is not None else None
    if among is None:
        return ""
    return f"That would write into {among}, which is read as raw data. Give the dataset a folder of its own."


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
