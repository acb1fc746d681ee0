"""The keys of a list: letters filter a long one, and do nothing in a short one."""

import string
from typing import Any, cast

from prompt_toolkit.application import Application
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from questionary.prompts.common import InquirerControl


def list_in(application: Application[Any]) -> InquirerControl:
    """The control that holds a list's state, which is not in the buffer; questionary does not expose it."""
    controls = application.layout.find_all_controls()
    return next(each for each in controls if isinstance(each, InquirerControl))


def filter_bindings() -> KeyBindings:
    """Letters that no choice has are not taken; questionary would show all choices again."""
    keys = KeyBindings()

    def _narrow(event: KeyPressEvent) -> None:
        control = list_in(event.app)
        letter = event.key_sequence[0].key
        if any(f"{control.search_filter or ''}{letter}".lower() in str(each.title).lower() for each in control.choices):
            control.add_search_character(cast(Keys, letter))
        else:
            event.app.output.bell()

    for letter in string.printable.strip() + " ":
        keys.add(letter, eager=True)(_narrow)
    return keys


def without_letters() -> KeyBindings:
    """A short list has no use for letters; questionary would move, tick all or tick the others."""
    keys = KeyBindings()
    for letter in string.ascii_letters:
        keys.add(letter, eager=True)(lambda event: event.app.output.bell())
    return keys
