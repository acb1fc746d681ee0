"""The command under way: its command line and its output."""

import shlex
from dataclasses import dataclass, field

from wizard.output import Output


@dataclass(kw_only=True)
class Session:
    """What `main` needs to report how the command ended.

    Attributes:
        words: the command line, without the program's name.
        resume: the command that continues after an interruption; the same command line if empty.
    """

    words: list[str] = field(default_factory=list)
    output: Output = field(default_factory=Output)
    resume: str = ""

    def begin(self, words: list[str]) -> None:
        """Starts a new command."""
        # Before the command line is parsed: a mistake in it is reported as JSON too.
        json = any(word == "--json" or word.startswith("--json=") for word in words)
        self.words, self.output, self.resume = words, Output("json" if json else "human"), ""

    @property
    def command(self) -> str:
        """The command line as it was typed."""
        return shlex.join(["imagenet-setup", *self.words])


session = Session()
"""One process runs one command."""
