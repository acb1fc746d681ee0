"""The flags of every command that choose its output."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from wizard.commands.session import session
from wizard.errors import UsageError
from wizard.output import Mode, Output


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class OutputFlags:
    """How a command's output looks."""

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
