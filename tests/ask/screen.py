"""A terminal without one: keys from a pipe, typed one piece after another, and the text that is drawn."""

import asyncio
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from rich.console import Console

from wizard.ask.prompt import Prompt, Value
from wizard.ask.terminal import TerminalPrompter
from wizard.output import Output

UP, DOWN, ESC, ENTER = "\x1b[A", "\x1b[B", "\x1b", "\r"
CTRL_B, TAB, BACKSPACE = "\x02", "\t", "\x7f"


def pasted(text: str) -> str:
    """As a terminal that brackets what is pasted sends it."""
    return f"\x1b[200~{text}\x1b[201~"


class _Screen(DummyOutput):
    """Types a piece whenever something is drawn, so that each is typed when the one before it is on the screen."""

    def __init__(self, pieces: Sequence[str], type_: Callable[[str], None], size: Size) -> None:
        self._pieces, self._type, self._size = list(pieces), type_, size
        self.text = ""
        self._is_drawn = False

    def get_size(self) -> Size:
        return self._size

    def write(self, data: str) -> None:
        self.text += data

    def hide_cursor(self) -> None:
        self._is_drawn = True  # as before every picture, but not before other codes

    def flush(self) -> None:
        self.text += "\n"
        if self._is_drawn and self._pieces:
            self._is_drawn = False
            # Not at once, so that the list has begun to wait for keys.
            asyncio.get_running_loop().call_later(0.005, self._type_next)

    def _type_next(self) -> None:
        if self._pieces:
            self._type(self._pieces.pop(0))


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What came of a question.

    Attributes:
        answer: to it.
        drawn: all that was drawn, in order; what stayed as it was is not drawn again.
        said: beside the question.
    """

    answer: Value
    drawn: str
    said: str


def typed(prompt: Prompt, *pieces: str, before: str = "", rows: int = 24, columns: int = 60) -> Answered:
    """Puts a question to someone who types these pieces, each once the screen shows what came of the last.

    Args:
        prompt: the question.
        pieces: what is read at once each.
        before: what waits when the question is put.
        rows: of the terminal.
        columns: of the terminal.
    """
    output = Output()
    said = io.StringIO()
    output.console = Console(file=said, width=columns)
    with create_pipe_input() as pipe:
        pipe.send_text(before)
        size = Size(rows=rows, columns=columns)
        screen = _Screen(pieces, pipe.send_text, size)
        prompter = TerminalPrompter(output, input=pipe, output=screen)
        answer = prompter.ask(prompt)
    return Answered(answer=answer, drawn=screen.text, said=said.getvalue())
