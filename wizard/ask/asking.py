"""Asking one question until its answer is accepted: the loop that setup and download share."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from wizard.ask.draft import Draft
from wizard.ask.prompt import Prompter, Value
from wizard.ask.question import Answers, C, Question
from wizard.errors import SetupError, UsageError


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


def error_for(question: Question[C], value: Value, answers: Answers[C]) -> str:
    """Why an answer is refused, in a sentence; empty where it is accepted."""
    if isinstance(value, list) and not value:
        return "Choose one at least."
    if question.kind == "path":
        try:
            str(value).encode()
        except UnicodeEncodeError:
            return "The folder's name is no UTF-8, which a profile cannot hold. Name another one, or a link to it."
    try:
        question.require(value, answers)
    except SetupError as error:
        return f"{error.what}\n  → {error.hint}" if error.hint else error.what
    return ""


def require_folder(path: Path) -> None:
    """Refuses a file where a folder will be made or written to.

    Raises:
        UsageError: it is one.
    """
    with suppress(OSError):  # of a closed folder the check of rights says more
        if path.exists() and not path.is_dir():
            raise UsageError(f"{path} is a file. Name a folder; it is made where it is missing.")


def _absolute(question: Question[C], answer: Value) -> Value:
    """A path that does not depend on the folder in which it was typed; ~ may stay, for it does not either."""
    path = str(answer)
    if question.kind != "path" or not path.strip() or path.startswith("~"):
        return answer
    return os.path.normpath(Path(path).absolute())
