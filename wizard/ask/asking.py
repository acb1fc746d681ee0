"""Asking one question until its answer is accepted: the loop that setup and download share."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from wizard.ask.draft import Draft
from wizard.ask.prompt import Prompter, Value
from wizard.ask.question import C, Question


def ask(prompter: Prompter, draft: Draft[C], question: Question[C], error_for: Callable[[Value], str]) -> Value:
    """The answer to a question, put again with the reason for as long as `error_for` gives one.

    Raises:
        Back: the previous question is wanted.
        KeyboardInterrupt: the person leaves.
    """
    prompt = draft.prompt(question)
    while True:
        answer = _absolute(question, prompter.ask(prompt))
        error = error_for(answer)
        if not error:
            prompter.accepted(prompt, answer)
            return answer
        hidden = question.may_hold_password and "@" in str(answer)
        prompt = replace(prompt, error=error, typed=None if hidden else answer)


def _absolute(question: Question[C], answer: Value) -> Value:
    """A path that does not depend on the folder in which it was typed; ~ may stay, for it does not either."""
    path = str(answer)
    if question.kind != "path" or not path.strip() or path.startswith("~"):
        return answer
    # Not resolved: a person knows a folder by the name of the link to it.
    return os.path.normpath(Path(path).absolute())
