"""One question as it is put: ready for a person at a terminal, a screen reader or a program."""

from dataclasses import dataclass
from typing import Literal, Protocol

Value = str | int | list[str]
"""An answer; a list for a question of kind choices."""
Kind = Literal["path", "file", "text", "secret", "number", "choice", "choices"]
"""Of an answer; a path is a folder's. What is secret is never shown, kept or told to anybody but who needs it."""


class Back(Exception):
    """The person wants the question before this one."""


class Misread(ValueError):
    """Words that are no answer to the question; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What can be chosen: the value, its title, and a line on what it is for."""

    value: str | int
    title: str
    about: str = ""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question with everything that its asking needs.

    Attributes:
        key: the profile's key that it answers, or a word of the conversation's own.
        kind: of answer.
        text: the question.
        help: a paragraph for who asks.
        default: taken when nothing is typed; None where there is none, empty where nothing is an answer too.
        choices: of kind choice and choices.
        number: its place among the questions, from 1; 0 where it has none.
        of: how many there are.
        error: why the answer before was none; empty the first time.
        typed: that answer, to be mended where it can be.
    """

    key: str
    kind: Kind
    text: str
    help: str = ""
    default: Value | None = None
    choices: tuple[Choice, ...] = ()
    number: int = 0
    of: int = 0
    error: str = ""
    typed: Value | None = None


class Prompter(Protocol):
    """Puts questions."""

    def ask(self, asked: Asked) -> Value:
        """The answer, of the question's kind; whether it fits, the interview says.

        Raises:
            Back: the question before is wanted.
            KeyboardInterrupt: the person leaves.
        """

    def took(self, asked: Asked, answer: Value) -> None:
        """The answer fits; what is left of the question may show it."""

    def say(self, text: str) -> None:
        """Tells something between two questions."""


def understood(asked: Asked, words: str) -> Value:
    """What was typed, as an answer of the question's kind; nothing typed is the default.

    Choices may be given by number, value or title; several of them with commas between. A secret is what was typed to
    the letter.

    Raises:
        Misread: it is none.
    """
    if asked.kind == "secret":
        return words.rstrip("\r\n")
    typed = words.strip()
    if not typed:
        if asked.default is None:
            raise Misread("An answer is needed here; there is no default.")
        return asked.default
    match asked.kind:
        case "number":
            return _number(typed)
        case "choice":
            return _choice(asked, typed)
        case "choices":
            return [str(_choice(asked, part)) for part in typed.replace(",", " ").split()]
        case _:
            return typed


def title(asked: Asked, value: Value) -> str:
    """An answer as a person reads it; of a secret, whether there is one."""
    if asked.kind == "secret":
        return "given" if value else "not given"
    titles = {choice.value: choice.title for choice in asked.choices}
    if isinstance(value, list):
        return ", ".join(titles.get(each, each) for each in value)
    return titles.get(value, str(value))


def _number(typed: str) -> int:
    try:
        return int(typed.replace(",", ""))
    except ValueError:
        raise Misread(f"{typed!r} is not a whole number.") from None


def _choice(asked: Asked, typed: str) -> str | int:
    exact = next((choice for choice in asked.choices if typed == str(choice.value)), None)
    if exact is not None:
        return exact.value
    places = range(1, len(asked.choices) + 1)
    for place, choice in zip(places, asked.choices, strict=True):
        if typed.lower() in (str(choice.value).lower(), choice.title.lower()):
            return choice.value
        if typed == str(place):
            return choice.value
    raise Misread(f"{typed!r} is none of the choices: {', '.join(str(choice.value) for choice in asked.choices)}.")
