"""Option: a key of a profile's [output] section that some output formats have and others do not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple


class Allowed(NamedTuple):
    """A value that an option may have: as the wizard lists it, and as the review names it if it is not the default.

    `formats` are those that it is for; empty if it is for all that have the key.
    """

    value: bool | str
    title: str
    about: str = ""
    review: str = ""
    formats: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Option:
    """A key that some formats have; targets that share one name the same object.

    Attributes:
        allowed: the values, in the order in which they are offered; the first is the default, unless `many`.
        description: what it means, for saved files and docs/profile.md.
        text: the question, which is asked on request; empty if it is never asked.
        label: the question in a word or two.
        help: a paragraph on what to choose; the description, unless given.
        many: whether the key is a list of these values; the default is the empty one.
    """

    allowed: tuple[Allowed, ...]
    description: str
    text: str = ""
    label: str = ""
    help: str = ""
    many: bool = False

    @property
    def values(self) -> tuple[bool | str, ...]:
        """The values that it, or each of its list, may have."""
        return tuple(each.value for each in self.allowed)

    def allowed_in(self, form: str) -> tuple[Allowed, ...]:
        """The values that there are in an output format."""
        return tuple(each for each in self.allowed if not each.formats or form in each.formats)

    @property
    def default(self) -> Any:
        """In effect where a profile leaves it out."""
        return () if self.many else self.allowed[0].value

    @property
    def is_switch(self) -> bool:
        """Whether it is on or off."""
        return set(self.values) == {True, False}

    def reviewed(self, value: Any) -> str:
        """A value in the review's words; empty for the default."""
        if value == self.default:
            return ""
        chosen = tuple(value) if self.many else (value,)
        return ", ".join(each.review or each.title for each in self.allowed if each.value in chosen)


def switch(*, default: bool, description: str, text: str, label: str, review: str) -> Option:
    """An option that is on or off; `review` names it where it is not as usual."""
    usual = Allowed(default, "Yes" if default else "No")
    other = Allowed(not default, "No" if default else "Yes", review=review)
    return Option(allowed=(usual, other), description=description, text=text, label=label)


def given(options: Mapping[str, Option], output: Mapping[str, Any]) -> dict[str, Any]:
    """What a profile's [output] section says about these options, lists as tuples."""
    found = {key: output[key] for key in options if output.get(key) is not None}
    return {key: tuple(value) if options[key].many else value for key, value in found.items()}
