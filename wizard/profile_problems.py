"""What is wrong with a profile, as sentences for a person."""

import difflib
from typing import Any

from pydantic import BaseModel

_ALLOWED = {
    "literal_error": "{expected}",
    "greater_than_equal": "{ge} or more",
    "less_than_equal": "{le} or less",
    "int_type": "a whole number",
    "string_pattern_mismatch": "letters, digits, _ . and -, the first a letter or a digit",
    "string_too_long": "{max_length} letters at most",
    "tuple_type": "a list",
    "model_type": "a section",
}
"""What pydantic's errors mean to a person, by their type; the names are of its context."""


def problem_of(item: Any, profile: type[BaseModel]) -> str:
    """One item of `ValidationError.errors` as a line that names key, value and what is allowed."""
    key = ".".join(map(str, item["loc"]))
    kind = item["type"]
    if kind == "extra_forbidden":
        return f"{key} is not a key of a profile{_suggestion(item['loc'], profile)}"
    if kind == "missing":
        return f"{key} is missing"
    if kind in _ALLOWED:
        allowed = _ALLOWED[kind].format(**item.get("ctx", {}))
    else:
        allowed = item["msg"].removeprefix("Input should be ")
    return f"{key} = {item['input']!r}: allowed is {allowed}"


def _suggestion(location: tuple[int | str, ...], profile: type[BaseModel]) -> str:
    fields: Any = profile.model_fields
    for part in location[:-1]:
        fields = fields[str(part)].annotation.model_fields
    close = difflib.get_close_matches(str(location[-1]), list(fields), n=1)
    meant = [".".join([*map(str, location[:-1]), name]) for name in close]
    if len(location) == 1 and not meant:
        sections = {name: field.annotation for name, field in profile.model_fields.items()}
        meant = [
            f"{name}.{location[0]}"
            for name, kind in sections.items()
            if location[0] in getattr(kind, "model_fields", ())
        ]
    return f"; did you mean {' or '.join(meant)}?" if meant else ""
