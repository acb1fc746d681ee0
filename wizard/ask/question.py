"""A question as data, before it is put, and the answers that its rules may look at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from wizard.ask.hints import as_error
from wizard.ask.prompt import Choice, Kind, Value
from wizard.errors import SetupError
from wizard.typed_path import expanded

C = TypeVar("C")


@dataclass(frozen=True, kw_only=True)
class Answers(Generic[C]):
    """Everything that a question's rules may read.

    Attributes:
        values: the answers by key; while they are resolved, those to the questions before.
        context: what is known besides: of the raw data, the disks, saved profiles.
    """

    values: Mapping[str, Value]
    context: C

    def __getitem__(self, key: str) -> Value:
        return self.values[key]

    def get(self, key: str) -> Value | None:
        """The answer; None where there is none."""
        return self.values.get(key)

    def path(self, key: str) -> Path | None:
        """The path that the answer to a question of kind path or file means; None where there is none."""
        text = str(self.get(key) or "")
        return expanded(text).absolute() if text.strip() else None


@dataclass(frozen=True, kw_only=True)
class Question(Generic[C]):
    """A question before it is put.

    Attributes:
        key: the profile's key that it answers, or the conversation's own.
        kind: of answer.
        text: the question.
        help: a paragraph on what it is for and what to choose.
        label: the question in a word or two, for the review.
        default: what is offered; None for nothing.
        choices: of kind choice and choices; of a path, proposals.
        applies: whether it is asked at all.
        implied: the answer where it is not asked; None leaves the key out.
        require: raises SetupError where an answer cannot be accepted.
        meant: the answer in whose place another was given, and a sentence on that; empty where it is the same.
        instead: for an answer that was refused, others that may be meant.
        remark: what is said about an answer that is accepted, in a sentence; empty for most.
        left_out: the answer for which a profile leaves the key out; None where there is none.
        stored: whether a profile has the answer; else it only leads to others.
        switch: whether yes and no are true and false in a profile.
        optional: whether none of the choices may be chosen.
        stays: whether an answer stays when what it was offered for changes, even if it was only accepted.
        governs: keys of a replayed profile that no longer hold once this answer changes.
        reopens: keys of questions that are asked again once this answer changes, even if theirs was only accepted.
        advanced: asked only when the person wants to change the answer in the review; else the profile has no value.
        on_request: whether the answers before it settle it: it has its default then, and is asked in the review alone.
        affects_images: whether it changes what images become, so that size and time are shown after it.
        may_hold_password: whether a refused answer with an @ in it must not be shown again.
    """

    key: str
    kind: Kind
    text: str
    help: str
    default: Callable[[Answers[C]], Value | None]
    label: str = ""
    choices: Callable[[Answers[C]], tuple[Choice, ...]] = lambda _: ()
    applies: Callable[[Answers[C]], bool] = lambda _: True
    implied: Callable[[Answers[C]], Value | None] = lambda _: None
    require: Callable[[Value, Answers[C]], None] = lambda _value, _answers: None
    meant: Callable[[Value], tuple[Value, str]] = lambda value: (value, "")
    instead: Callable[[Value], tuple[Choice, ...]] = lambda _value: ()
    remark: Callable[[Value, Answers[C]], str] = lambda _value, _answers: ""
    left_out: Value | None = None
    stored: bool = True
    switch: bool = False
    optional: bool = False
    stays: bool = False
    governs: tuple[str, ...] = ()
    reopens: tuple[str, ...] = ()
    advanced: bool = False
    on_request: Callable[[Answers[C]], bool] = lambda _: False
    affects_images: bool = False
    may_hold_password: bool = False

    def error_for(self, value: Value, answers: Answers[C]) -> str:
        """Why an answer is refused, in a sentence; empty where it is accepted."""
        if isinstance(value, list) and not value and not self.optional:
            return "Choose at least one."
        if self.kind == "path":
            try:
                str(value).encode()
            except UnicodeEncodeError:
                return "The folder's name is not UTF-8, which a profile cannot hold. Name another one, or a link to it."
        try:
            self.require(value, answers)
        except SetupError as error:
            return as_error(error)
        return ""

    def in_profile(self, value: Value) -> Value | bool | None:
        """The value to store in a profile: a bool for yes and no, an int for a number; None leaves the key out."""
        if value == self.left_out:
            return None
        if self.switch and value in ("yes", "no"):
            return value == "yes"
        # Typed as text, since "auto" may stand there too.
        return int(value) if self.key == "run.workers" and isinstance(value, str) and value.isdigit() else value


def yes_or_no(_answers: object) -> tuple[Choice, ...]:
    """Choices for a switch; true and false in a profile."""
    return Choice("yes", "Yes"), Choice("no", "No")
