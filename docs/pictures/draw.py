"""Draws the README's pictures from the program itself: it runs in a terminal, and what that shows becomes an SVG.

    python docs/pictures/draw.py [RAW]

RAW is a folder with archives; a drawn ILSVRC2012 takes its place where it is left out. Needs the extra `dev`.
"""

import itertools
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pexpect
import pyte
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import MONOKAI
from rich.text import Text

from wizard import synthetic

COLUMNS, LINES = 100, 34
PICTURES = Path(__file__).parent
_ENTER = "\r"
_COLORS = {"brown": "yellow", "brightblack": "bright_black"}


class Terminal:
    """The program in a terminal of its own, and what is on its screen."""

    def __init__(self, home: Path) -> None:
        self.screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.Stream(self.screen)
        env = {**os.environ, "HOME": str(home), "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}
        for name in ("NO_COLOR", "COLUMNS", "LINES", "IMAGENET_SETUP_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
            env.pop(name, None)
        self._child = pexpect.spawn(
            sys.executable, ["-m", "wizard"], env=env, cwd=str(home), dimensions=(LINES, COLUMNS), encoding="utf-8"
        )

    @property
    def text(self) -> str:
        """The screen without colours."""
        return "\n".join(self.screen.display)

    @property
    def question(self) -> str:
        """The line of the question that was put last."""
        return next((line for line in reversed(self.screen.display) if re.match(r"(\?|\d+( of \d+)? ·) ", line)), "")

    def wait(self, seen: Callable[[], bool], seconds: float = 30.0) -> None:
        """Reads until the screen shows something.

        Raises:
            TimeoutError: it does not.
        """
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with suppress(pexpect.TIMEOUT):
                self._stream.feed(self._child.read_nonblocking(1 << 16, timeout=0.1))
            if seen():
                return
        raise TimeoutError(f"What was waited for is not on the screen:\n{self.text}")

    def answer(self, question: str, *keys: str) -> None:
        """Waits for a question, and types."""
        self.wait(lambda: question in self.question)
        time.sleep(0.2)
        for key in keys:
            self._child.send(key)

    def save(self, name: str) -> None:
        """Writes the screen as an SVG."""
        console = Console(record=True, width=COLUMNS, file=open(os.devnull, "w"), force_terminal=True)  # noqa: PTH123, SIM115
        rows = [self._row(number) for number in range(LINES)]
        while rows and not rows[-1].plain.strip():
            rows.pop()
        rows.append(Text())  # else the last line's descenders are cut off
        for row in rows:
            console.print(row, no_wrap=True, overflow="crop")
        form = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)  # it would be fetched
        console.save_svg(str(PICTURES / name), title="imagenet-setup", theme=MONOKAI, code_format=form)

    def close(self) -> None:
        """Ends the program."""
        self._child.close(force=True)

    def _row(self, number: int) -> Text:
        cells = [self.screen.buffer[number][column] for column in range(COLUMNS)]
        runs = itertools.groupby(cells, lambda cell: _style(cell.fg, cell.bold, cell.underscore, cell.reverse))
        return Text.assemble(*(("".join(cell.data for cell in run), style) for style, run in runs))


def _style(color: str, bold: bool, underline: bool, reverse: bool) -> Style:
    named = None if color == "default" else _COLORS.get(color, color)
    if named is not None and re.fullmatch(r"[0-9a-f]{6}", named):
        named = f"#{named}"
    return Style(color=named, bold=bold, underline=underline, reverse=reverse)


def main() -> None:
    """Holds one conversation, takes a picture of its review, starts the build and takes one of the dashboard."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home" / "me"
        raw = home / "imagenet" / "raw-data"
        home.mkdir(parents=True)
        if len(sys.argv) > 1:
            raw.parent.mkdir()
            raw.symlink_to(Path(sys.argv[1]).resolve())
        else:
            synthetic.make(raw, classes=100, per_class=500, validation=2500)
        terminal = Terminal(home)
        terminal.answer("What will open the result", _ENTER)
        terminal.answer("Which way", _ENTER)
        terminal.answer("Where is the raw data", _ENTER)
        terminal.answer("Which splits", _ENTER)
        terminal.answer("Which bounding boxes", _ENTER)
        terminal.answer("Where does the result go", _ENTER)
        terminal.answer("What should the images become", "")
        terminal.save("questions.svg")
        terminal.answer("What should the images become", _ENTER)
        terminal.answer("Shortest side in pixels", "256", _ENTER)  # drawn images are at most 320 px
        terminal.answer("JPEG quality", _ENTER)
        terminal.answer("Which splits are resized", _ENTER)
        terminal.answer("Name of this profile", _ENTER)
        terminal.answer("What next", "")
        terminal.save("wizard.svg")
        terminal.answer("What next", _ENTER)
        terminal.wait(lambda: re.search(r"All\s+\S+\s+[5-6]\d %[^╰]*╰ Ctrl-C", terminal.text) is not None)
        terminal.save("dashboard.svg")
        terminal.close()


if __name__ == "__main__":
    main()
