"""Questions as numbered lines, without control codes: for screen readers and simple terminals."""

import getpass
import warnings
from collections.abc import Callable

from wizard.ask.prompt import Back, InvalidAnswer, Prompt, Prompter, Value, parse_answer, title
from wizard.output import Output


class PlainPrompter(Prompter):
    """Puts a question as lines of text and reads a line.

    Args:
        output: where the lines go.
        read: returns the next line typed, without its line feed; EOFError at the end of input.
        read_unseen: the same for a line that is not shown while it is typed; it is given what invites to type. Warns
            with GetPassWarning before it reads a line that would be seen.
    """

    def __init__(
        self, output: Output, read: Callable[[], str] = input, read_unseen: Callable[[str], str] = getpass.getpass
    ) -> None:
        self._output = output
        self._read = read
        self._read_unseen = read_unseen

    def ask(self, prompt: Prompt) -> Value:
        """See Prompter."""
        try:
            return self._ask(prompt)
        except EOFError:
            raise KeyboardInterrupt from None

    def _ask(self, prompt: Prompt) -> Value:
        error = prompt.error
        position = f"Question {prompt.position}. " if prompt.position else ""
        whence = f", {prompt.note}" if prompt.note else ""
        self._output.say(f"\n{position}{prompt.text}")
        for number, choice in enumerate(prompt.choices, start=1):
            default = f" (default{whence})" if choice.value in prompt.defaults else ""
            about = f": {choice.about}" if choice.about else ""
            # A line may be of any length, so paths are not shortened.
            shown = title(prompt, choice.value) if prompt.kind == "path" else choice.title
            self._output.say(f"  {number}. {shown}{default}{about}")
        while True:
            if error:
                self._output.say(f"✗ {error}")
            if prompt.kind == "secret":
                return parse_answer(prompt, self._unseen())
            self._output.prompt(f"{_invitation(prompt)} ")
            words = self._read()
            match words.strip().lower():
                case "back" | "b":
                    raise Back
                case "help" | "?":
                    error = ""
                    self._output.say(prompt.help or "There is no help for this question.")
                case "quit" | "q":
                    raise KeyboardInterrupt
                case _:
                    try:
                        return parse_answer(prompt, words)
                    except InvalidAnswer as invalid:
                        error = str(invalid)

    def say(self, text: str) -> None:
        """See Prompter."""
        self._output.say(text)

    def _unseen(self) -> str:
        """A secret may be a word like back, so no commands here; empty if the terminal would echo it."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", getpass.GetPassWarning)
                # It prints its own prompt, after the terminal has turned echo off.
                return self._read_unseen("Type it; it is not shown. Enter alone continues without: ")
        except getpass.GetPassWarning:
            self._output.say("! This terminal would show what you type, so it is not asked for here.")
            return ""


def _invitation(prompt: Prompt) -> str:
    kinds = {
        "choice": "Answer with a number",
        "choices": "Answer with numbers, separated by commas",
        "number": "Type a number",
        "path": "Type a path",
        "file": "Type a path",
        "text": "Type it",
    }
    whence = f", {prompt.note}" if prompt.note else ""
    default = "" if prompt.default in (None, "") else f" [{_shown_default(prompt)}{whence}]"
    wanted = "Answer with a number, or type a path" if prompt.kind == "path" and prompt.choices else kinds[prompt.kind]
    return f'{wanted}, "back", "help" or "quit"{default}:'


def _shown_default(prompt: Prompt) -> str:
    if prompt.default is None:
        return ""
    if not prompt.choices:
        return title(prompt, prompt.default)
    values = [str(choice.value) for choice in prompt.choices]
    # Labels from 0 or 1: the number of a choice would be read as its value.
    if any(value.isdigit() for value in values):
        return title(prompt, prompt.default)
    return ",".join(str(values.index(each) + 1) for each in map(str, prompt.defaults) if each in values)
