"""The only module that prints: results to stdout, messages to stderr, or one JSON object per line."""

import json
import os
import re
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.style import Style
from rich.text import Text

from wizard.errors import ReaderGone, SetupError
from wizard.folders import shortened
from wizard.machine.remote_access import over_ssh
from wizard.terminal_echo import discard_typed_keys, echo_off
from wizard.wrapping import wrapped

Mode = Literal["human", "plain", "json", "quiet"]

_ASCII = str.maketrans({"✓": "[ok]", "✗": "[no]", "→": "->", "·": "-", "…": "...", "×": "x"})
_WITHOUT_LINKS = re.compile(r"linux|cons25|eterm|vt\d|ansi")
"""Values of $TERM of terminals that may show the code of a link (OSC 8) as text; most that know no links ignore it."""
_COLORS = {"✓": "green", "!": "yellow", "✗": "red"}


class _Console(Console):
    """A console that lets this program handle a closed pipe."""

    def on_broken_pipe(self) -> None:
        """Called by rich; its own version ends the process with exit code 1, and this one is not to fail."""
        raise BrokenPipeError


class Output:
    """Prints in one of four modes.

    They are human (colors and bars on a terminal), plain (lines without control codes), json (stdout is NDJSON), and
    quiet (only results and errors).

    Attributes:
        rows: of the terminal, that messages have taken so far.
    """

    def __init__(self, mode: Mode = "human") -> None:
        # Emacs' shell and some CI systems: a terminal that shows control codes as text.
        self.mode: Mode = "plain" if mode == "human" and os.environ.get("TERM") == "dumb" else mode
        color = None if self.mode == "human" else True  # None: rich obeys $NO_COLOR and looks for a terminal
        self.console: Console = _Console(stderr=True, no_color=color, highlight=False)
        self._results: Console = _Console(no_color=color, highlight=False)
        self.rows = 0

    @property
    def live(self) -> bool:
        """Whether bars can be drawn: in human mode, on a terminal."""
        return self.mode == "human" and self.console.is_terminal

    @property
    def interactive(self) -> bool:
        """Whether questions can be asked: stdin and stdout are terminals."""
        return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()

    def converse(self) -> None:
        """Has messages, from now on, go where questions are shown: to stdout, if that is a person's terminal.

        Else a person who discards stderr would be asked without being told what was found.
        """
        if self.mode in ("human", "plain") and self.interactive:
            self.console = self._results

    @property
    def unicode(self) -> bool:
        """Whether characters beyond ASCII can be printed."""
        return self.mode != "plain" and _can_draw(self.console)

    @property
    def columns(self) -> int | None:
        """How wide the terminal is that shows results to a person; None where there is none."""
        return self._results.width if self.mode == "human" and self._results.is_terminal else None

    @property
    def lines(self) -> int | None:
        """How many lines it has, without two for what follows a result; None where there is none."""
        return None if self.columns is None else self._results.height - 2

    def result(self, text: str, *, wrap: bool = False) -> None:
        """Prints what the command was run for; `wrap` if it is sentences, which a terminal is not to break in words."""
        if self.mode != "json":
            self._print(self._results, text, wrap=wrap and self.columns is not None)

    def say(self, text: str) -> None:
        """Prints a message about progress; silent with --json and --quiet."""
        if self.mode in ("human", "plain"):
            self._print(self.console, text, wrap=self.live)

    def prompt(self, text: str) -> None:
        """Prints a prompt; what is typed follows on the same line."""
        # Without markup: brackets in a path would be taken for a style.
        self.console.print(text, end="", markup=False, soft_wrap=True)
        self.console.file.flush()

    def answered(self, question: str, answer: str) -> None:
        """Prints the line that remains of an answered question."""
        if self.mode == "human":
            line = Text.assemble(("? ", "bold cyan"), (question, "bold"), "  ", (answer, "cyan"))
            self._print_line(self.console, line)

    def take_back(self, rows: int) -> None:
        """Removes the last rows of messages from a terminal, as far as they have not left the screen."""
        if self.live and rows > 0:
            self.console.file.write(f"\x1b[{min(rows, self.console.height - 1)}A\r\x1b[J")
            self.console.file.flush()
            self.rows -= rows

    @contextmanager
    def busy(self, text: str) -> Iterator[Callable[[int, int], None]]:
        """Shows a spinner while the block runs, on a terminal; yields a function for how much of how much is done."""
        if not self.live:
            yield lambda _done, _total: None
            return
        shown = f"{text}{'…' if self.unicode else '...'}"
        with echo_off(), self.console.status(shown) as status:
            yield lambda done, total: status.update(f"{shown} {100 * done // max(1, total)} %")
            discard_typed_keys()  # they were not typed as an answer to the next question

    def copyable(self, text: str) -> None:
        """Prints a message whose long lines are left to the terminal, so that a command in it can be copied whole."""
        if self.mode in ("human", "plain"):
            self._print(self.console, text, wrap=False)

    def link(self, text: str, path: Path) -> None:
        """Prints where a file is; the path is a link on a terminal that has links."""
        if self.mode == "human" and self.console.is_terminal:
            known = not _WITHOUT_LINKS.match(os.environ.get("TERM", ""))
            style = Style(link=_file_url(path)) if known else Style()
            self._print_line(self.console, Text.assemble(f"  {text} ", (shortened(path), style)))
        else:
            self.copyable(f"  {text} {path}")

    def event(self, name: str, fields: Mapping[str, Any]) -> None:
        """Prints a line of NDJSON, in json mode only."""
        if self.mode == "json":
            with _closed_pipe_as_error():
                sys.stdout.write(json.dumps({"event": name, **fields}, default=str) + "\n")
                sys.stdout.flush()  # a program reads line by line, and a pipe is block buffered

    def error(self, error: SetupError) -> None:
        """Prints the error that ends a command."""
        self.event("failed", {"error": error.what, "hint": error.hint, "exit_code": error.exit_code})
        if self.mode != "json":
            self._print(self.console, f"✗ {error}", wrap=self.live)

    def _print(self, console: Console, text: str, *, wrap: bool) -> None:
        """Prints line by line. What is not wrapped is left to the terminal, as a program that is to be copied is."""
        keep_glyphs = _can_draw(console) and self.mode != "plain"
        with _closed_pipe_as_error():
            for line in text.split("\n"):
                for part in wrapped(line, console.width) if wrap else [line]:
                    # As Text, not as escaped markup, which doubles a backslash at the end of a line.
                    self._print_line(console, _marked(part) if keep_glyphs else Text(_in_ascii(part)))
            console.file.flush()

    def _print_line(self, console: Console, line: Text) -> None:
        console.print(line, soft_wrap=True)
        self.rows += max(1, -(-line.cell_len // console.width))


@contextmanager
def _closed_pipe_as_error() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115  what is left in buffers is dropped silently
        raise ReaderGone("The reader of the output has closed it.") from error


def _can_draw(console: Console) -> bool:
    return console.encoding.lower().startswith("utf")


def _file_url(path: Path) -> str:
    """With this machine's name where the terminal is on another one, which must not open a file of its own instead."""
    host = socket.gethostname() if over_ssh() else ""
    return f"file://{host}{path.absolute().as_uri().removeprefix('file://')}"


def _in_ascii(line: str) -> str:
    """The same in ASCII; a warning's mark at the start of a line becomes as wide as the other marks."""
    text = line.lstrip()
    if text.startswith("! "):
        line = f"{line[: len(line) - len(text)]}[!!]{text[1:]}"
    return line.translate(_ASCII)


def _marked(line: str) -> Text:
    glyph = line.lstrip()[:1]
    color = _COLORS.get(glyph) if line.lstrip()[1:2] == " " else None
    if color is None:
        return Text(line)
    head, _, tail = line.partition(glyph)
    return Text.assemble(head, (glyph, color), tail)
