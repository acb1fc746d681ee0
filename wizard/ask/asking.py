"""Asking a question until its answer is accepted, and all of a draft's: loops that several conversations share."""

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from wizard.ask.draft import Draft
from wizard.ask.prompt import Back, Prompter, Value
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


def ask_all(prompter: Prompter, draft: Draft[C]) -> Draft[C]:
    """Asks the questions of a draft that are open, each refused only by its own rules; returns the complete draft.

    Raises:
        Back: from the first question.
        KeyboardInterrupt: the person leaves.
    """
    while (question := draft.next) is not None:
        refusal = partial(question.error_for, answers=draft.answered)
        try:
            draft = draft.with_answer(question, ask(prompter, draft, question, refusal))
        except Back:
            before = draft.back()
            if before is None:
                raise
            draft = before
    return draft


def _absolute(question: Question[C], answer: Value) -> Value:
    """A path that does not depend on the folder in which it was typed; ~ may stay, for it does not either."""
    path = str(answer)
    if question.kind != "path" or not path.strip() or path.startswith("~"):
        return answer
    # Not resolved: a person knows a folder by the name of the link to it.
    return os.path.normpath(Path(path).absolute())
