"""Chooses the prompter for a command's output mode."""

import sys

from wizard.ask.json_prompter import JsonPrompter
from wizard.ask.plain import PlainPrompter
from wizard.ask.prompt import Prompter
from wizard.output import Output


def prompter_for(output: Output) -> Prompter:
    """JSON for a program, numbered lines in plain mode, arrow keys for a person at a terminal.

    Messages of the output go with the questions from then on; see `Output.converse`.
    """
    output.converse()
    match output.mode:
        case "json":
            return JsonPrompter(output, sys.stdin)
        case "plain":
            return PlainPrompter(output)
        case _:
            # importing questionary took 0.2 s, which the other modes do not need.
            from wizard.ask.terminal import TerminalPrompter

            return TerminalPrompter(output)
