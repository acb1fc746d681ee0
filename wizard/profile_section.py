"""What all sections of a profile have in common."""

import difflib
from collections.abc import Callable, Iterable

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticKnownError


class Section(BaseModel):
    """A section of a profile: no unknown keys, no values of another type."""

    # Strict, because TOML has types: quality = "90" or true is a slip. Lists become tuples only with strict=False.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def one_of(names: Callable[[], Iterable[object]]) -> BeforeValidator:
    """A literal whose values a registry has, refused as pydantic refuses a Literal."""

    def known(value: object) -> object:
        allowed = list(names())
        if any(value == each and type(value) is type(each) for each in allowed):  # 1 is not true
            return value
        *others, last = (repr(each) for each in allowed if each is not None)
        expected = f"{', '.join(others)} or {last}{_suggestion(value, allowed)}"
        raise PydanticKnownError("literal_error", {"expected": expected})

    return BeforeValidator(known)


def _suggestion(value: object, allowed: Iterable[object]) -> str:
    """A question with the names that a value may be meant for; empty if it is like none."""
    if not isinstance(value, str) or not value:
        return ""
    names, typed = [each for each in allowed if isinstance(each, str)], value.lower()
    meant = [name for name in names if typed in name.lower()]
    meant = meant or difflib.get_close_matches(typed, names, n=2)
    return f"; did you mean {' or '.join(map(repr, meant))}?" if meant else ""
