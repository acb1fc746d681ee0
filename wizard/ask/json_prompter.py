"""Questions for a program: one JSON object per line out, one answer per line in."""

import json
from dataclasses import asdict, replace
from typing import IO

from wizard.ask.prompt import Back, InvalidAnswer, Prompt, Prompter, Value, parse_answer
from wizard.output import Output


class JsonPrompter(Prompter):
    """Puts a question as {"event": "question", ...} and reads its answer from a line.

    A line is JSON: a string, a number or a list is the answer, null takes the default, {"command": "back"} goes back,
    {"command": "help"} has the question put again and {"command": "quit"} leaves. What is no JSON counts as a string.
    So does a number or a list that answers a question of kind secret, to the letter.
    """

    def __init__(self, output: Output, answers: IO[str]) -> None:
        self._output = output
        self._answers = answers

    def ask(self, prompt: Prompt) -> Value:
        """See Prompter."""
        error = prompt.error
        while True:
            self._output.event("question", asdict(replace(prompt, error=error)))
            line = self._answers.readline()
            if not line:  # the end of input, for an empty line has its line feed
                raise KeyboardInterrupt
            error = ""
            try:
                answer = _answer(prompt, line.strip())
            except InvalidAnswer as invalid:
                error = str(invalid)
                continue
            if answer is not None:
                return answer

    def say(self, text: str) -> None:
        """See Prompter."""
        self._output.event("said", {"text": text})


def _answer(prompt: Prompt, line: str) -> Value | None:
    """The answer; None if the question is to be asked again, with its help."""
    try:
        value = json.loads(line)
    except ValueError:
        value = line
    if prompt.kind == "secret" and not isinstance(value, str | dict | None):
        value = line
    match value:
        case {"command": "back"}:
            raise Back
        case {"command": "quit"}:
            raise KeyboardInterrupt
        case {"command": "help"}:
            return None
        case None:
            return parse_answer(prompt, "")
        case bool() | float() | dict():
            seen = "That" if prompt.kind == "secret" else line
            raise InvalidAnswer(f"{seen} is not an answer: a string, a whole number, a list, null or a command is.")
        case list():
            # A comma alone stands for no choice at all; an empty text would be the default.
            return parse_answer(prompt, ",".join(map(str, value)) or " , ")
        case _:
            return parse_answer(prompt, str(value))
