"""Layout of `imagenet-setup --help`: groups beside their commands, so that all of it fits on a screen of 80 x 24."""

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:  # cyclopts imports these only where help is shown
    from cyclopts.help import HelpEntry, HelpPanel
    from rich.console import Console, ConsoleOptions

_TITLE = 7
"""Columns of the longest group's name."""


class Overview:
    """A cyclopts help formatter without boxes: a panel's title is the first column of its first row."""

    def __call__(self, console: "Console", options: "ConsoleOptions", panel: "HelpPanel") -> None:
        """Prints a group of commands or options."""
        del options
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(min_width=_TITLE, no_wrap=True, style="bold")
        table.add_column(min_width=len("free-memory"), no_wrap=True, style="cyan")
        table.add_column()
        title = panel.title
        for entry in panel.entries:
            table.add_row(title, _names(entry), entry.description)
            title = ""
        console.print(table)

    def render_usage(self, console: "Console", options: "ConsoleOptions", usage: object) -> None:
        """Prints the usage; the description follows without a blank line."""
        del options
        console.print(Text(str(usage).strip()))

    def render_description(self, console: "Console", options: "ConsoleOptions", description: object) -> None:
        """Prints what the program does, and a blank line."""
        del options
        console.print(description)


def _names(entry: "HelpEntry") -> str:
    return ", ".join([*entry.positive_shorts, *entry.positive_names])
