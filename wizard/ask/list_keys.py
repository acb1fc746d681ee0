"""The keys of a list: what is typed or pasted filters it, and Enter accepts only what was on the screen.

Most terminals mark what is pasted. Of those that do not, a paste is read in one go, its Enter too; so an Enter is
ignored as long as the list was not drawn since the last letter. Who types faster than it is drawn presses Enter again.
"""

import string
from collections.abc import Callable
from typing import Any

from prompt_toolkit.application import Application
from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys

from wizard.ask.filtered_list import FilteredList
from wizard.ask.prompt import Kind


class ListFilter:
    """What is typed into a list while it is shown.

    Args:
        application: shows the list.
        shown: the list.
        kind: choice or choices.
        elsewhere: makes the exception that ends the question when Enter is pressed and no choice has what was typed;
            None if the question goes on.
    """

    def __init__(
        self,
        application: Application[Any],
        shown: FilteredList,
        kind: Kind,
        elsewhere: Callable[[str], Exception] | None,
    ) -> None:
        self._shown = shown
        self._kind = kind
        self._elsewhere = elsewhere
        self._is_drawn = True
        application.after_render += self._drawn

    def _drawn(self, _application: Application[Any]) -> None:
        self._is_drawn = True

    def _is_in_burst(self) -> bool:
        """Whether text that was read just now has not been drawn yet, so that what follows it belongs to it."""
        return not self._is_drawn

    def _is_filtered(self) -> bool:
        return bool(self._shown.text)

    def _is_without_match(self) -> bool:
        return self._shown.is_without_match

    def _add(self, text: str) -> None:
        self._shown.filter(self._shown.text + text)
        self._is_drawn = False

    def _type(self, event: KeyPressEvent) -> None:
        if event.data.isprintable():
            self._add(event.data)

    def _paste(self, event: KeyPressEvent) -> None:
        lines = ("".join(filter(str.isprintable, line)) for line in event.data.strip().splitlines())
        self._add(" ".join(lines))

    def _shorten(self, _event: KeyPressEvent) -> None:
        self._shown.filter(self._shown.text[:-1])

    def _end(self, _event: KeyPressEvent) -> None:
        self._shown.filter("")

    def _accept_none(self, event: KeyPressEvent) -> None:
        if self._elsewhere is None:
            event.app.output.bell()
        else:
            event.app.exit(exception=self._elsewhere(self._shown.text))

    def _ignore(self, _event: KeyPressEvent) -> None:
        """An Enter in one go with text before it."""

    def bindings(self) -> KeyBindings:
        """The keys, to come after all others: questionary has letters move, tick all or tick the others."""
        keys = KeyBindings()
        in_burst, is_filtered = Condition(self._is_in_burst), Condition(self._is_filtered)
        without_match = Condition(self._is_without_match)
        keys.add(Keys.Any)(self._type)
        for letter in string.printable.strip().replace("?", ""):
            keys.add(letter, eager=True)(self._type)
        # These have another meaning in a list, but not within a text that is pasted.
        keys.add("?", eager=True, filter=in_burst)(self._type)
        keys.add(" ", eager=True, filter=in_burst if self._kind == "choices" else True)(self._type)
        keys.add(Keys.BracketedPaste, eager=True)(self._paste)
        keys.add(Keys.Backspace, eager=True)(self._shorten)
        for key in (Keys.Escape, Keys.ControlB, Keys.ControlU):
            keys.add(key, eager=True, filter=is_filtered)(self._end)
        for key in (Keys.Up, Keys.Down, Keys.ControlP, Keys.ControlN):
            keys.add(key, eager=True, filter=without_match)(self._end)
        if self._kind == "choices":  # those that are ticked may be among the others
            keys.add(Keys.ControlM, eager=True, filter=is_filtered)(self._end)
            keys.add(" ", eager=True, filter=without_match & ~in_burst)(self._type)
        keys.add(Keys.ControlM, eager=True, filter=without_match)(self._accept_none)
        keys.add(Keys.ControlM, eager=True, filter=in_burst)(self._ignore)
        return keys
