"""What a question is, before it is put."""

from collections.abc import Callable
from dataclasses import dataclass

from wizard.ask.context import Facts
from wizard.ask.defaults import Answers
from wizard.ask.prompt import Choice, Kind, Value

_Look = Callable[[Answers, Facts], bool]


def _always(_answers: Answers, _facts: Facts) -> bool:
    return True


def _nothing(_answers: Answers, _facts: Facts) -> Value | None:
    return None


def _no_choices(_answers: Answers, _facts: Facts) -> tuple[Choice, ...]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question before it is put.

    Attributes:
        key: the profile's key that it answers.
        kind: of answer.
        text: the question.
        label: the same in a word or two, for the review.
        help: a paragraph on what it is for and what to take.
        default: from the answers so far and the facts.
        choices: of kind choice and choices.
        applies: whether it is asked at all.
        implied: the profile's value where it is not asked; None leaves the key out.
        on_request: asked only when the person wants to change it in the review.
        image: whether it changes what images become, so that size and time are told after it.
    """

    key: str
    kind: Kind
    text: str
    label: str
    help: str
    default: Callable[[Answers, Facts], Value | None]
    choices: Callable[[Answers, Facts], tuple[Choice, ...]] = _no_choices
    applies: _Look = _always
    implied: Callable[[Answers, Facts], Value | None] = _nothing
    on_request: bool = False
    image: bool = False
