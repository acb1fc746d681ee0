"""The one place that prints: results to stdout, talk to stderr, or one JSON object a line."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

from rich.console import Console
from rich.markup import escape

from wizard.errors import ReaderGone, SetupError

Mode = Literal["human", "plain", "json", "quiet"]

_ASCII = str.maketrans({"✓": "[ok]", "✗": "[no]", "→": "->", "·": "-", "…": "..."})
_COLORS = {"✓": "green", "!": "yellow", "✗": "red"}


class _Console(Console):
    """A console that leaves it to this program what happens when its reader goes away."""

    def on_broken_pipe(self) -> None:
        """Called by rich while it handles the error; rich itself would end the process with code 1."""
        raise BrokenPipeError


class Output:
    """Knows the mode and the terminal, so that nobody else needs to.

    Args:
        mode: human (colours and bars where there is a terminal), plain (lines without control codes), json
            (stdout is NDJSON), quiet (results and errors alone).
    """

    def __init__(self, mode: Mode = "human") -> None:
        self.mode: Mode = "plain" if mode == "human" and os.environ.get("TERM") == "dumb" else mode
        color = None if self.mode == "human" else True
        self.talk: Console = _Console(stderr=True, no_color=color, highlight=False)
        self._results: Console = _Console(no_color=color, highlight=False)

    @property
    def live(self) -> bool:
        """Whether bars may be drawn: a person at a terminal that can."""
        return self.mode == "human" and self.talk.is_terminal

    def result(self, text: str) -> None:
        """What the person asked for."""
        if self.mode != "json":
            self._print(self._results, text, wrap=False)

    def say(self, text: str) -> None:
        """What happens on the way; silent for programs and with --quiet."""
        if self.mode in ("human", "plain"):
            self._print(self.talk, text, wrap=self.live)

    def event(self, name: str, fields: Mapping[str, Any]) -> None:
        """One line of NDJSON, in json mode alone."""
        if self.mode == "json":
            with _to_a_reader():
                sys.stdout.write(json.dumps({"event": name, **fields}, default=str) + "\n")
                sys.stdout.flush()

    def error(self, error: SetupError) -> None:
        """The one error that ends a command."""
        self.event("failed", {"error": error.what, "hint": error.hint, "exit_code": error.exit_code})
        if self.mode != "json":
            self._print(self.talk, f"✗ {error}", wrap=False)

    def _print(self, console: Console, text: str, *, wrap: bool) -> None:
        """Prints line by line; what a person may want to copy is never wrapped here but by the terminal."""
        as_it_is = _can_draw(console) and self.mode != "plain"
        with _to_a_reader():
            for line in text.split("\n"):
                console.print(_marked(line if as_it_is else line.translate(_ASCII)), soft_wrap=not wrap)
            console.file.flush()


@contextmanager
def _to_a_reader() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115  what is left in buffers goes nowhere, in silence
        raise ReaderGone("The reader of the output has gone away.") from error


def _can_draw(console: Console) -> bool:
    return console.encoding.lower().startswith("utf")


def _marked(line: str) -> str:
    glyph = line.lstrip()[:1]
    color = _COLORS.get(glyph) if line.lstrip()[1:2] == " " else None
    if color is None:
        return escape(line)
    head, _, tail = line.partition(glyph)
    return f"{escape(head)}[{color}]{glyph}[/]{escape(tail)}"
