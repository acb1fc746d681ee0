"""What a path holds, as facts for a person and for a program."""

from dataclasses import dataclass
from typing import Any

from wizard.errors import InputError, SetupError
from wizard.show.at_a_glance import BETWEEN, WIDTH, folded
from wizard.sources.glance import Glance

Facts = dict[str, Any]
"""What was found, by name; values are JSON types."""


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """Result of inspecting a path.

    Attributes:
        facts: what was found.
        glance: summary of its classes, labels and images, if it has some.
        problems: why parts of it cannot be read, each with the part's name; missing parts are not problems.
    """

    facts: Facts
    glance: Glance | None = None
    problems: tuple[tuple[str, SetupError], ...] = ()

    def require_readable(self) -> None:
        """Requires that everything found can be read.

        Raises:
            SetupError: something cannot be read; the error itself if there is just one, else an InputError with all.
        """
        if len(self.problems) == 1:
            raise self.problems[0][1]
        if self.problems:
            told = [f"  {name}: {error}".replace("\n", "\n    ") for name, error in self.problems]
            raise InputError("\n".join([f"{len(self.problems)} parts cannot be read.", *told]))


def as_text(facts: Facts, width: int = WIDTH) -> str:
    """The facts as aligned lines; lists are wrapped, but paths are never broken."""
    broad = min(44, max(map(len, facts)))
    return "\n".join(f"{key:<{broad}}  {_told(value, width - broad - 2, broad + 2)}" for key, value in facts.items())


def _told(value: object, width: int, indent: int) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return folded(str(value), width, indent) if BETWEEN in str(value) else str(value)
