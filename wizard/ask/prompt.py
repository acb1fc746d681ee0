"""A prompt: one question, ready for a terminal, a screen reader or a program."""

import re
from dataclasses import dataclass
from typing import Literal, Protocol

from wizard.errors import UsageError
from wizard.folders import as_typed
from wizard.typed_path import expanded

Value = str | int | list[str]
"""An answer; a list for a prompt of kind choices."""
Kind = Literal["path", "file", "text", "secret", "number", "choice", "choices"]
"""Of an answer; a path is a folder's. A secret is never shown, stored or passed on to anyone who does not need it."""
PATHS: tuple[Kind, ...] = ("path", "file")
"""Kinds whose answers are paths, written as `typed_path` reads them."""
_PIXELS = re.compile(r"\s*(px|pixels?)$", re.IGNORECASE)
"""What may follow a number."""


class Back(Exception):
    """The person wants the previous question again."""


class InvalidAnswer(ValueError):
    """What was typed does not answer the question; the message says why."""


@dataclass(frozen=True)
class Choice:
    """One of the possible answers.

    Attributes:
        value: the answer, as a profile says it.
        title: what a person reads.
        about: a description.
        words: further ones by which it is found in a list, as what a profile says of the same.
    """

    value: str | int
    title: str
    about: str = ""
    words: str = ""

    def has(self, text: str) -> bool:
        """Whether each word of a text occurs in it, even in what a list has no room to show."""
        searched = f"{self.value}\n{self.title}\n{self.about}\n{self.words}".casefold()
        return all(word in searched for word in text.casefold().split())


def with_need(about: str, lacking: str) -> str:
    """A choice's description, with the command that installs what it lacks before it, as its end may be cut."""
    return about if not lacking else f"needs {lacking}" + (f" · {about}" if about else "")


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """A question with everything needed to put it.

    Attributes:
        key: the profile's key that it answers, or a name that only the conversation uses.
        kind: of answer.
        text: the question.
        help: a paragraph for whoever asks for it.
        default: the answer when nothing is typed; None where there is none, empty where an empty answer is valid.
        choices: of kind choice and choices; of a path, proposals.
        number: its position among the questions, from 1; 0 where it has none.
        of: how many questions there are at most; 0 where that is not known yet.
        at_most: whether an answer may still make them fewer.
        note: whence the default comes, as "as last time"; empty where it follows from what was found.
        error: why the previous answer was refused; empty the first time.
        typed: that answer, to be corrected.
    """

    key: str
    kind: Kind
    text: str
    help: str = ""
    default: Value | None = None
    choices: tuple[Choice, ...] = ()
    number: int = 0
    of: int = 0
    at_most: bool = False
    note: str = ""
    error: str = ""
    typed: Value | None = None

    @property
    def position(self) -> str:
        """Which question it is: "6 of 9", "3 of at most 9", "2" while no number of them is known, or nothing."""
        if not (self.number and self.of):
            return str(self.number or "")
        return f"{self.number} of {'at most ' if self.at_most else ''}{self.of}"

    @property
    def defaults(self) -> list[str] | list[str | int]:
        """The default as values of choices."""
        if isinstance(self.default, list):
            return self.default
        return [] if self.default is None else [self.default]


class Prompter(Protocol):
    """Asks questions of a person or a program."""

    def ask(self, prompt: Prompt) -> Value:
        """The answer, of the prompt's kind; whether it is acceptable is for the caller to decide.

        Raises:
            Back: the previous question is wanted.
            KeyboardInterrupt: the person leaves.
        """

    def accepted(self, prompt: Prompt, answer: Value) -> None:
        """Shows an accepted answer, unless it is on the screen already."""
        del prompt, answer

    def say(self, text: str) -> None:
        """Shows a text between two questions."""


def ended(question: str) -> str:
    """A question that an answer can follow in the same line: it ends with a question mark or a colon.

    >>> ended("Shortest side in pixels")
    'Shortest side in pixels:'
    """
    return question if question.endswith(("?", ":")) else f"{question}:"


def put(prompter: Prompter, prompt: Prompt) -> Value:
    """The answer to a prompt that accepts every answer of its kind; raises what `Prompter.ask` does."""
    answer = prompter.ask(prompt)
    prompter.accepted(prompt, answer)
    return answer


def agrees(prompter: Prompter, prompt: Prompt) -> bool:
    """Whether a prompt is answered with yes; to go back is no.

    Raises:
        KeyboardInterrupt: the person leaves.
    """
    try:
        return put(prompter, prompt) == "yes"
    except Back:
        return False


def parse_answer(prompt: Prompt, text: str) -> Value:
    """What was typed, as an answer of the prompt's kind; nothing typed is the default.

    Choices may be given by number, value or title, several of them with commas between; proposed paths by number. A
    secret is taken to the letter, but for the line's end.

    Raises:
        InvalidAnswer: it is none.
    """
    if prompt.kind == "secret":
        return text.rstrip("\r\n")
    typed = text.strip()
    if not typed:
        if prompt.default is None:
            raise InvalidAnswer("An answer is needed here; there is no default.")
        return prompt.default
    match prompt.kind:
        case "number":
            return _number(typed)
        case "choice":
            return _choice(prompt, typed)
        case "choices":
            return [str(_choice(prompt, part)) for part in typed.replace(",", " ").split()]
        case _:
            return _proposed(prompt, typed)


def title(prompt: Prompt, value: Value) -> str:
    """An answer as a person reads it; of a secret, only whether there is one."""
    if prompt.kind == "secret":
        return "given" if value else "not given"
    if prompt.kind in PATHS:
        return as_shown(prompt, str(value))
    titles = {choice.value: choice.title for choice in prompt.choices}
    if isinstance(value, list):
        return ", ".join(titles.get(each, each) for each in value)
    return titles.get(value, str(value))


def as_shown(prompt: Prompt, text: str) -> str:
    """What a person typed or is offered, as it is shown: a path, however it was given, with ~ for the home folder."""
    if prompt.kind not in PATHS:
        return text
    try:
        path = expanded(text)
    except UsageError:  # it is shown with what is wrong
        return text
    return as_typed(path) if path.is_absolute() else text


def _number(typed: str) -> int:
    try:
        return int(_PIXELS.sub("", typed).replace(",", ""))
    except ValueError:
        raise InvalidAnswer(f"{typed!r} is not a whole number.") from None


def _proposed(prompt: Prompt, typed: str) -> str:
    """The proposal of a number; anything else is an answer of its own, as ./1 is for a folder named 1."""
    numbers = {str(number): str(choice.value) for number, choice in enumerate(prompt.choices, start=1)}
    return numbers.get(typed, typed)


def _choice(prompt: Prompt, typed: str) -> str | int:
    # Values come before titles and numbers: "0" must mean label base 0, and names may differ in case alone.
    for choice in prompt.choices:
        if typed == str(choice.value):
            return choice.value
    for place, choice in enumerate(prompt.choices, start=1):
        if typed.lower() in (str(choice.value).lower(), choice.title.lower(), str(place)):
            return choice.value
    raise InvalidAnswer(
        f"{typed!r} is not one of the choices: {', '.join(str(choice.value) for choice in prompt.choices)}."
    )
