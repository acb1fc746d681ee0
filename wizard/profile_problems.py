"""What is wrong with a profile, as sentences for a person."""

import difflib
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel


def problem_of(item: Any, profile: type[BaseModel]) -> str:
    """One of pydantic's errors as a line that names key, value and what is allowed.

    Args:
        item: of `ValidationError.errors`.
        profile: the model that was validated, whose keys are suggested in place of unknown ones.
    """
    key = ".".join(map(str, item["loc"]))
    kind, context = item["type"], item.get("ctx", {})
    if kind == "extra_forbidden":
        return f"{key} is not a key of a profile{_suggestion(item['loc'], profile)}"
    if kind == "missing":
        return f"{key} is missing"
    return f"{key} = {item['input']!r}: allowed is {_allowed(kind, context, item['msg'])}"


def _allowed(kind: str, context: Mapping[str, Any], message: str) -> str:
    match kind:
        case "literal_error":
            return str(context["expected"])
        case "greater_than_equal":
            return f"{context['ge']} or more"
        case "less_than_equal":
            return f"{context['le']} or less"
        case "int_type":
            return "a whole number"
        case "string_pattern_mismatch":
            return "letters, digits, _ . and -, the first a letter or a digit"
        case "string_too_long":
            return f"{context['max_length']} letters at most"
        case "tuple_type":
            return "a list"
        case "model_type":
            return "a section"
        case _:
            return message.removeprefix("Input should be ")


def _suggestion(location: tuple[int | str, ...], profile: type[BaseModel]) -> str:
    fields: Any = profile.model_fields
    for part in location[:-1]:
        fields = fields[str(part)].annotation.model_fields
    close = difflib.get_close_matches(str(location[-1]), list(fields), n=1)
    meant = [".".join([*map(str, location[:-1]), name]) for name in close]
    if len(location) == 1 and not meant:
        sections = {name: field.annotation for name, field in profile.model_fields.items()}
        meant = [f"{name}.{location[0]}" for name, kind in sections.items() if location[0] in _keys(kind)]
    return f"; did you mean {' or '.join(meant)}?" if meant else ""


def _keys(kind: Any) -> Collection[str]:
    return kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else ()
