"""A list of which only the choices are shown that have what is typed."""

from collections.abc import Sequence
from typing import Any

from prompt_toolkit.application import Application
from questionary.prompts.common import InquirerControl

from wizard.ask.prompt import Choice, Value


class FilteredList:
    """The choices of a list on the screen, and what they are filtered by.

    questionary's own filter looks at titles alone, as they are cut for the screen.

    Attributes:
        control: shows the choices that are left, and knows the one that is pointed at and those that are ticked.
        text: what was typed.
    """

    def __init__(self, application: Application[Any], choices: Sequence[Choice]) -> None:
        # It is not in the buffer, and questionary does not expose it.
        self.control = next(c for c in application.layout.find_all_controls() if isinstance(c, InquirerControl))
        self.text = ""
        self._choices = choices
        self._lines = list(self.control.choices)

    @property
    def is_without_match(self) -> bool:
        """Whether no choice has what was typed; all of them are shown then, and none is pointed at."""
        return not self._matching()

    def filter(self, text: str, chosen: Value | None = None) -> None:
        """Filters by a text, and points at a choice if it is left; at none if none is left.

        Else it points at the first one that has the text in its title, or the first one of all where none has.
        """
        self.text = text
        matching = self._matching()
        self.control.choices = [self._lines[place] for place in matching] or self._lines
        left = [self._choices[place] for place in matching]
        values = [choice.value for choice in left]
        in_title = (place for place, choice in enumerate(left) if text.casefold() in choice.title.casefold())
        self.control.pointed_at = values.index(chosen) if chosen in values else next(in_title, 0 if left else -1)

    def _matching(self) -> list[int]:
        return [place for place, choice in enumerate(self._choices) if choice.has(self.text)]
