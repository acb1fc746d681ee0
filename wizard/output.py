"""The one place that prints: results to stdout, talk to stderr, or one JSON object a line."""

import json
import os
import sys
from collections.abc import Mapping
from typing import Any, Literal

from rich.console import Console
from rich.markup import escape

from wizard.errors import SetupError

Mode = Literal["human", "plain", "json", "quiet"]

_ASCII = str.maketrans({"✓": "[ok]", "✗": "[no]", "→": "->", "·": "-", "…": "..."})
_COLORS = {"✓": "green", "!": "yellow", "✗": "red"}


class Output:
    """Knows the mode and the terminal, so that nobody else needs to.

    Args:
        mode: human (colours and bars where there is a terminal), plain (lines without control codes), json
            (stdout is NDJSON), quiet (results and errors alone).
    """

    def __init__(self, mode: Mode = "human") -> None:
        self.mode: Mode = "plain" if mode == "human" and os.environ.get("TERM") == "dumb" else mode
        color = None if self.mode == "human" else True
        self.talk = Console(stderr=True, no_color=color, highlight=False, soft_wrap=True)
        self._results = Console(no_color=color, highlight=False, soft_wrap=True)

    @property
    def live(self) -> bool:
        """Whether bars may be drawn: a person at a terminal that can."""
        return self.mode == "human" and self.talk.is_terminal

    def result(self, text: str) -> None:
        """What the person asked for."""
        if self.mode != "json":
            self._print(self._results, text)

    def say(self, text: str) -> None:
        """What happens on the way; silent for programs and with --quiet."""
        if self.mode in ("human", "plain"):
            self._print(self.talk, text)

    def event(self, name: str, fields: Mapping[str, Any]) -> None:
        """One line of NDJSON, in json mode alone."""
        if self.mode == "json":
            sys.stdout.write(json.dumps({"event": name, **fields}, ensure_ascii=False, default=str) + "\n")
            sys.stdout.flush()

    def error(self, error: SetupError) -> None:
        """The one error that ends a command."""
        self.event("failed", {"error": error.what, "hint": error.hint, "exit_code": error.exit_code})
        if self.mode != "json":
            self._print(self.talk, f"✗ {error}")

    def _print(self, console: Console, text: str) -> None:
        for line in text.split("\n"):
            console.print(_marked(line if _can_draw(console) and self.mode != "plain" else line.translate(_ASCII)))


def _can_draw(console: Console) -> bool:
    return console.encoding.lower().startswith("utf")


def _marked(line: str) -> str:
    glyph = line.lstrip()[:1]
    color = _COLORS.get(glyph) if line.lstrip()[1:2] == " " else None
    if color is None:
        return escape(line)
    head, _, tail = line.partition(glyph)
    return f"{escape(head)}[{color}]{glyph}[/]{escape(tail)}"
