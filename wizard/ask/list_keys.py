"""The keys of a list: what is typed or pasted filters it, and Enter accepts what a person typed."""

import asyncio
import string
import time
from collections.abc import Callable
from typing import Any

from prompt_toolkit.application import Application
from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys

from wizard.ask.filtered_list import FilteredList
from wizard.ask.prompt import Kind

_now = time.monotonic
_APART = 0.03
"""Seconds that are between two keys that a person types. What comes faster was pasted, also where a network sends it in
pieces."""
_TICK = 0.01
"""Seconds between two looks at whether keys could be read."""


class _Pace:
    """Tells typing from pasting where the terminal does not mark what is pasted, by the time that the keys took.

    Keys wait in the terminal until they are read. If this process was late, they were typed at any time since it could
    read last; so it is noted again and again when that was.

    Args:
        application: reads the keys.
        read_at: when the keys were read that were typed before it, by `time.monotonic`.

    Attributes:
        read_at: when all keys were read that had been typed by then.
    """

    def __init__(self, application: Application[Any], read_at: float) -> None:
        self.read_at = read_at
        self._letters = 0
        self._typed_at = float("-inf")
        self._application = application
        self._timer: asyncio.TimerHandle | None = None
        application.after_render += self._drawn

    def typed(self) -> None:
        """A letter was read."""
        self._stop()
        self._letters += 1
        self._typed_at = _now()

    @property
    def is_pasted(self) -> bool:
        """Whether a key that is read now comes sooner after the letters before it than a person types."""
        now = _now()
        if self._letters:
            return now - self.read_at < self._letters * _APART
        return now - self._typed_at < _APART

    def _drawn(self, _application: Application[Any]) -> None:
        self._stop()
        self._timer = asyncio.get_running_loop().call_later(0, self._tick)

    def _tick(self) -> None:
        if self._application.is_done:  # keys that were read behind the last one are for the next question
            return
        # Keys that wait are read before this is called: of a turn of the loop, timers come last.
        self.read_at, self._letters = _now(), 0
        self._timer = asyncio.get_running_loop().call_later(_TICK, self._tick)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


class ListFilter:
    """What is typed into a list while it is shown.

    Args:
        application: shows the list.
        shown: the list.
        kind: choice or choices.
        elsewhere: makes the exception that ends the question when Enter is pressed and no choice has what was typed;
            None if the question goes on.
        read_at: when the keys were read that were typed before it, by `time.monotonic`.
    """

    def __init__(
        self,
        application: Application[Any],
        shown: FilteredList,
        kind: Kind,
        elsewhere: Callable[[str], Exception] | None,
        read_at: float,
    ) -> None:
        self._shown = shown
        self._kind = kind
        self._elsewhere = elsewhere
        self._pace = _Pace(application, read_at)

    @property
    def read_at(self) -> float:
        """When all keys were read that had been typed by then; what is left for the next question was typed since."""
        return self._pace.read_at

    def _is_in_burst(self) -> bool:
        return self._pace.is_pasted

    def _is_filtered(self) -> bool:
        return bool(self._shown.text)

    def _is_without_match(self) -> bool:
        return self._shown.is_without_match

    def _add(self, text: str) -> None:
        self._shown.filter(self._shown.text + text)
        self._pace.typed()

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
