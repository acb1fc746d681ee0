"""The keys of a list: what is typed or pasted filters it, and Enter accepts only what was on the screen."""

import string
import time
from collections.abc import Callable
from typing import Any

from prompt_toolkit.application import Application
from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from questionary.prompts.common import InquirerControl

from wizard.ask.prompt import Kind, Value

_BURST = 0.03
"""Seconds after a letter in which Enter belongs to the same paste, as a network may send it in pieces."""


def list_in(application: Application[Any]) -> InquirerControl:
    """The control that holds a list's state, which is not in the buffer; questionary does not expose it."""
    controls = application.layout.find_all_controls()
    return next(each for each in controls if isinstance(each, InquirerControl))


def is_without_match(control: InquirerControl) -> bool:
    """Whether a list is filtered by what no choice has; questionary shows all of them then."""
    wanted = (control.search_filter or "").lower()
    return not any(wanted in str(choice.title).lower() for choice in control.choices)


def set_filter(control: InquirerControl, text: str, chosen: Value | None = None) -> None:
    """Filters a list, and points at a choice if it is left, else at the first one; at none if none is left."""
    control.search_filter = text or None
    values = [choice.value for choice in control.filtered_choices]
    control.pointed_at = values.index(chosen) if chosen in values else 0
    if is_without_match(control):
        control.pointed_at = -1  # questionary shows all of them


class ListFilter:
    """What is typed into a list while it is shown.

    Args:
        application: shows the list.
        kind: choice or choices.
        elsewhere: makes the exception that ends the question when Enter is pressed and no choice has what was typed;
            None if the question goes on.
    """

    def __init__(
        self, application: Application[Any], kind: Kind, elsewhere: Callable[[str], Exception] | None = None
    ) -> None:
        self._control = list_in(application)
        self._kind = kind
        self._elsewhere = elsewhere
        self._typed_at, self._is_shown = float("-inf"), True
        application.after_render += self._shown

    def _shown(self, _application: Application[Any]) -> None:
        self._is_shown = True

    def _is_in_burst(self) -> bool:
        """Whether a key comes with text before it, so that it was pasted, and the person has not seen the list yet."""
        return not self._is_shown or time.monotonic() - self._typed_at < _BURST

    def _is_filtered(self) -> bool:
        return bool(self._control.search_filter)

    def _is_without_match(self) -> bool:
        return is_without_match(self._control)

    def _add(self, text: str) -> None:
        set_filter(self._control, (self._control.search_filter or "") + text)
        self._typed_at, self._is_shown = time.monotonic(), False

    def _type(self, event: KeyPressEvent) -> None:
        if event.data.isprintable():
            self._add(event.data)

    def _paste(self, event: KeyPressEvent) -> None:
        lines = ("".join(filter(str.isprintable, line)) for line in event.data.strip().splitlines())
        self._add(" ".join(lines))

    def _shorten(self, _event: KeyPressEvent) -> None:
        set_filter(self._control, (self._control.search_filter or "")[:-1])

    def _end(self, _event: KeyPressEvent) -> None:
        set_filter(self._control, "")

    def _accept_none(self, event: KeyPressEvent) -> None:
        if self._elsewhere is None:
            event.app.output.bell()
        else:
            event.app.exit(exception=self._elsewhere(self._control.search_filter or ""))

    def _ignore(self, _event: KeyPressEvent) -> None:
        """An Enter at the end of what was pasted."""

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
