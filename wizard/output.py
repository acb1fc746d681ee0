"""The one place that prints: results to stdout, talk to stderr, or one JSON object a line."""

import json
import os
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.markup import escape

from wizard.errors import ReaderGone, SetupError
from wizard.folders import shortened
from wizard.terminal_echo import discard_typed_keys, echo_off

Mode = Literal["human", "plain", "json", "quiet"]

_ASCII = str.maketrans({"✓": "[ok]", "✗": "[no]", "→": "->", "·": "-", "…": "...", "×": "x"})
_HANGING = 4
"""Columns that the rest of a wrapped line is set in by."""
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

    @property
    def asks(self) -> bool:
        """Whether somebody can be asked: both ends are a terminal."""
        return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()

    @property
    def draws(self) -> bool:
        """Whether glyphs beyond ASCII may be used."""
        return self.mode != "plain" and _can_draw(self.talk)

    @property
    def width(self) -> int:
        """Columns of the person's terminal."""
        return self.talk.width

    def result(self, text: str) -> None:
        """What the person asked for."""
        if self.mode != "json":
            self._print(self._results, text, wrap=False)

    def say(self, text: str) -> None:
        """What happens on the way; silent for programs and with --quiet."""
        if self.mode in ("human", "plain"):
            self._print(self.talk, text, wrap=self.live)

    def prompt(self, text: str) -> None:
        """Invites a person to type, on the same line."""
        self.talk.print(text, end="", markup=False, soft_wrap=True)
        self.talk.file.flush()

    def answered(self, question: str, answer: str) -> None:
        """The line that an answered question leaves behind."""
        if self.mode == "human":
            self.talk.print(f"[bold cyan]?[/] [bold]{escape(question)}[/]  [cyan]{escape(answer)}[/]")

    @contextmanager
    def busy(self, text: str) -> Iterator[Callable[[int, int], None]]:
        """Says what is waited for while it is open, where something that moves may be drawn.

        Gives a function that is told how much of how much is done. What is typed meanwhile counts for nothing.
        """
        if not self.live:
            yield lambda _done, _total: None
            return
        shown = f"{text}{'…' if self.draws else '...'}"
        with echo_off(), self.talk.status(shown) as status:
            yield lambda done, total: status.update(f"{shown} {100 * done // max(1, total)} %")
            discard_typed_keys()

    def link(self, text: str, path: Path) -> None:
        """Says where a file is; a terminal that can opens it with a click."""
        if self.mode == "human" and self.talk.is_terminal:
            self.talk.print(f"  {escape(text)} [link={path.as_uri()}]{escape(shortened(path))}[/link]", soft_wrap=True)
        else:
            self.say(f"  {text} {path}")

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
                for part in _wrapped(line, console.width) if wrap else [line]:
                    shown = _marked(part) if as_it_is else escape(_in_ascii(part))
                    console.print(shown, soft_wrap=True)
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


def _wrapped(line: str, width: int) -> list[str]:
    """The line in parts that fit, what follows the first under its text."""
    indent = " " * (len(line) - len(line.lstrip()) + _HANGING)
    parts = textwrap.wrap(
        line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False, tabsize=4
    )
    return parts or [""]


def _in_ascii(line: str) -> str:
    """The same without glyphs; a warning's mark at the line's beginning becomes as broad as the others."""
    text = line.lstrip()
    if text.startswith("! "):
        line = f"{line[: len(line) - len(text)]}[!!]{text[1:]}"
    return line.translate(_ASCII)


def _marked(line: str) -> str:
    glyph = line.lstrip()[:1]
    color = _COLORS.get(glyph) if line.lstrip()[1:2] == " " else None
    if color is None:
        return escape(line)
    head, _, tail = line.partition(glyph)
    return f"{escape(head)}[{color}]{glyph}[/]{escape(tail)}"
