"""The command under way: its command line and its output."""

import shlex
from dataclasses import dataclass, field
from typing import Annotated

from cyclopts import Parameter

from wizard.errors import UsageError
from wizard.output import Mode, Output


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


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class OutputFlags:
    """The flags of every command that choose its output."""

    json: Annotated[bool, Parameter(help="One JSON object per line on stdout.")] = False
    plain: Annotated[bool, Parameter(help="Lines without control codes.")] = False
    quiet: Annotated[bool, Parameter(help="Only results and errors.")] = False

    def output(self) -> Output:
        """The output that was asked for.

        Raises:
            UsageError: more than one mode was asked for.
        """
        asked: dict[Mode, bool] = {"json": self.json, "plain": self.plain, "quiet": self.quiet}
        chosen = [mode for mode in asked if asked[mode]]
        if len(chosen) > 1:
            raise UsageError(f"--{' and --'.join(chosen)} cannot go together.")
        session.output = Output(chosen[0] if chosen else "human")
        return session.output


DEFAULT = OutputFlags()
