"""Progress in the title of the terminal's window and, where there is one, in its progress bar (OSC 9;4).

Sequences: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html (OSC 2, and XTWINOPS 22 and 23, which keep a title
and bring it back) and https://conemu.github.io/en/AnsiEscapeCodes.html (OSC 9;4). Terminals ignore those they lack, but
for OSC 9: some show its text as a notification. So a bar is only sent to those that are known to have one.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from wizard.formatting import duration
from wizard.show.build_view import BuildView
from wizard.show.progress import Progress
from wizard.show.rows import printable

_KEEP_TITLE, _BRING_TITLE_BACK = "\x1b[22;2t", "\x1b[23;2t"
_TITLE = "\x1b]2;{}\x07"
_BAR = "\x1b]9;4;{};{}\x1b\\"
_NONE, _NORMAL, _ERROR = 0, 1, 2
"""States of a bar."""
_WITHOUT_TITLE = ("dumb", "linux")
_PTYXIS = 48
"""The first version of Ptyxis, GNOME's terminal, that has a bar."""


class Headline(NamedTuple):
    """What is most worth knowing: how much is done, and of what."""

    percent: int
    text: str


def headline(progress: Progress) -> Headline | None:
    """The headline of a command; None while nothing is under way."""
    file = next(iter(progress.transfers.under_way.values()), None)
    if file is None:
        return build_headline(BuildView.of(progress.build))
    row = file.row()
    return Headline(row.percent if row.total else 0, row.name)


def build_headline(build: BuildView) -> Headline | None:
    """The headline of a build and its preparations."""
    if build.splits:
        name = Path(build.output).name or build.output
        left = "" if build.seconds_left is None else f" · {duration(build.seconds_left)} left"
        return Headline(100 * build.reached // max(1, build.images), name + left)
    if build.preparing:
        step = build.preparing[0]
        return Headline(min(100, 100 * step.done // max(1, step.total)), step.step)
    return None


def has_bar(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is known to take OSC 9;4 as progress; as the crate anstyle-progress, which cargo uses."""
    if "TMUX" in environ or "STY" in environ or environ.get("TERM", "").startswith(("tmux", "screen")):
        return False  # the variables may be those of the terminal outside
    features = re.match(r"[A-Za-z0-9]*", environ.get("TERM_FEATURES", ""))  # iTerm2 from 3.6.6 on says P
    ptyxis = environ.get("PTYXIS_VERSION", "").partition(".")[0]
    return (
        "WT_SESSION" in environ
        or environ.get("ConEmuANSI") == "ON"
        or environ.get("TERM_PROGRAM") in ("WezTerm", "ghostty")
        or (features is not None and "P" in re.findall(r"[A-Z][a-z0-9]*", features[0]))
        or (ptyxis.isdecimal() and int(ptyxis) >= _PTYXIS)
    )


class WindowProgress:
    """The window of a console; does nothing where that is no terminal."""

    def __init__(self, console: Console, environ: Mapping[str, str] = os.environ) -> None:
        self._console = console
        self._has_title = console.is_terminal and environ.get("TERM") not in _WITHOUT_TITLE
        self._has_bar = console.is_terminal and has_bar(environ)
        self._shown: Headline | None = None

    def show(self, news: Headline | None) -> None:
        """Shows a headline; the last one stays where there is none."""
        if news is None or news == self._shown:
            return
        title = f"{news.percent} % · {printable(news.text)}"
        if not self._console.encoding.lower().startswith("utf"):
            title = title.replace("·", "-").encode("ascii", "replace").decode()
        self._write(
            _KEEP_TITLE if self._has_title and self._shown is None else "",
            _TITLE.format(title) if self._has_title else "",
            _BAR.format(_NORMAL, news.percent) if self._has_bar else "",
        )
        self._shown = news

    def close(self, *, failed: bool = False) -> None:
        """Brings the window's own title back, and removes the bar, which was red for a moment if something failed."""
        if self._shown is None:
            return
        red = _BAR.format(_ERROR, self._shown.percent) if failed else ""
        self._write(
            red + _BAR.format(_NONE, 0) if self._has_bar else "",
            # Emptied first, for terminals that cannot bring it back.
            _TITLE.format("") + _BRING_TITLE_BACK if self._has_title else "",
        )
        self._shown = None

    def _write(self, *sequences: str) -> None:
        if text := "".join(sequences):
            self._console.file.write(text)
            self._console.file.flush()
