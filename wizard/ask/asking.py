"""Asking a question until its answer is accepted, and all of a draft's: loops that several conversations share."""

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from wizard.ask.draft import Draft
from wizard.ask.hints import as_error
from wizard.ask.prompt import PATHS, Back, Prompter, Value
from wizard.ask.question import C, Question
from wizard.errors import UsageError
from wizard.typed_path import expanded, quoted

_OTHERS = "Choose one of those found below it"


def ask(prompter: Prompter, draft: Draft[C], question: Question[C], error_for: Callable[[Value], str]) -> Value:
    """The answer to a question, put again with the reason for as long as `error_for` gives one.

    Raises:
        Back: the previous question is wanted.
        KeyboardInterrupt: the person leaves.
    """
    prompt = draft.prompt(question)
    while True:
        answer = prompter.ask(prompt)
        try:
            answer, note = question.meant(absolute(question, answer))
        except UsageError as unclear:
            prompt = replace(prompt, error=as_error(unclear), typed=answer)
            continue
        error = error_for(answer)
        if not error:
            prompter.accepted(prompt, answer)
            if note:
                prompter.say(f"  {note}")
            if remark := question.remark(answer, draft.answered):
                prompter.say(f"! {remark}")
            return answer
        if others := question.instead(answer):
            # What was looked for does not matter to whoever sees it below.
            error = f"{error.splitlines()[0]}\n  → {_OTHERS}"
            prompt = replace(prompt, error=error, typed=None, default=others[0].value, choices=others)
            continue
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


def absolute(question: Question[C], answer: Value) -> Value:
    """A path that depends neither on the folder in which it was typed nor on variables; ~ may stay, as it does not.

    Raises:
        UsageError: it cannot be understood.
    """
    text = str(answer).strip()
    if question.kind not in PATHS or not text:
        return answer
    path = expanded(str(answer))
    if text.startswith("~") and Path(text).expanduser() == path:
        return text
    # Not resolved: a person knows a folder by the name of the link to it.
    return quoted(Path(os.path.normpath(path.absolute())))
