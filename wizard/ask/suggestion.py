"""A suggested answer, which stands where one is typed: Enter takes it, typing replaces it, and some keys edit it."""

from prompt_toolkit.application import get_app
from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

_EDITING = ("left", "right", "home", "end", "up", "down", "c-a", "c-e", "c-f", "c-p", "c-n", "c-h", "c-w", "tab")
"""Keys that only make sense with a text. Esc Left and its like are not among them, since Esc goes back."""


class Emptied(Exception):
    """The person emptied the line, and wants what stands there as a suggestion gone too."""


def suggestion_bindings(suggestion: str, *, refused: bool = False) -> KeyBindings:
    """The keys that begin to edit what is suggested while nothing is typed.

    If the suggestion is an answer that was `refused`, Ctrl-U raises Emptied where it leaves nothing of what is typed.
    """
    keys = KeyBindings()

    @Condition
    def is_suggested() -> bool:
        return bool(suggestion) and not get_app().current_buffer.text

    def _edit(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text(suggestion)
        event.app.key_processor.feed(event.key_sequence[0], first=True)  # now to what the key does in a text

    @Condition
    def leaves_nothing() -> bool:
        return refused and not get_app().current_buffer.document.text_after_cursor

    @keys.add("c-u", eager=True, filter=leaves_nothing)
    def _empty(event: KeyPressEvent) -> None:
        event.app.exit(exception=Emptied())

    for key in _EDITING:
        keys.add(key, eager=True, filter=is_suggested)(_edit)
    return keys
