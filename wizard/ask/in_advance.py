"""Answers that the command line gives before the questions, as section.key=value."""

from collections.abc import Sequence
from typing import Any

from wizard.ask.asking import absolute
from wizard.ask.holdout import is_usual_holdout
from wizard.ask.prompt import PATHS, Value
from wizard.ask.questions import BY_KEY
from wizard.ask.setup_draft import as_answer
from wizard.ask.trainers import OTHER, family_of
from wizard.profile_keys import flat
from wizard.profile_override import table_of


def layers(settings: Sequence[str]) -> dict[str, Any]:
    """The layers of a new draft in which these settings are answered; the rest is open.

    Raises:
        UsageError: a setting is not section.key=value, or a path in it cannot be understood.
        ProfileError: lists every unknown key, and every value that is not allowed.
    """
    values = flat(table_of(settings))
    if trainer := values.get("output.trainer"):
        values["family"] = family_of(trainer)
    elif "output.format" in values:
        values["family"] = OTHER  # else a trainer is asked for, which may want another format
    if "image.size" in values:
        values.setdefault("image.resize", "shortest")  # nothing else has one
    asked = tuple(key for key in BY_KEY if key in values)
    # A rule that is not always offered is offered while it stands in the layer below.
    kept = "source.holdout" if not is_usual_holdout(values.get("source.holdout")) else ""
    chosen = {key: _answer(key, values.pop(key)) for key in asked if key != kept}
    return {"chosen": chosen, "profile": values, "asked": asked, "given": asked}


def _answer(key: str, value: Any) -> Value:
    question, answer = BY_KEY[key], as_answer(value)
    if question.kind not in PATHS:
        return answer
    meant, _ = question.meant(absolute(question, answer))
    return meant
