"""Answers in progress, in layers: chosen, then derived from the facts, then other values of a replayed profile."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Generic, Self

from wizard.ask.prompt import Prompt, Value
from wizard.ask.question import Answers, C, Question


@dataclass(frozen=True, kw_only=True)
class Draft(Generic[C]):
    """Immutable: an answer makes a new draft, so an old one can be restored.

    Attributes:
        questions: in the order in which they are asked; a question's rules look at the answers before it.
        context: what is known besides the answers.
        chosen: answers that differ from what was offered, by key. The others follow their facts.
        profile: values that no question was asked about, by key: of a profile or a command line.
        asked: keys of the questions that were answered, in the questions' order.
        given: those of them that were answered in advance, by a profile or a command line. Back does not lead to them,
            and they are not counted.
    """

    questions: tuple[Question[C], ...]
    context: C
    chosen: Mapping[str, Value] = field(default_factory=dict)
    profile: Mapping[str, Any] = field(default_factory=dict)
    asked: tuple[str, ...] = ()
    given: tuple[str, ...] = ()

    @cached_property
    def answers(self) -> Answers[C]:
        """Every answer, resolved; unanswered questions count with their defaults."""
        # Filled in the order of the questions, so that each one's rules see exactly the answers before it.
        values: dict[str, Value] = dict(self.profile)
        answers = Answers(values=values, context=self.context)
        for question in self.questions:
            key = question.key
            if question.advanced and key not in self.asked:
                continue  # left out, so that the profile's own default holds
            value = self.offered(question, answers) if question.applies(answers) else None
            if value is not None:
                values[key] = value
            # A replayed profile's value outlasts an implied one, such as its shards while image files are chosen.
            elif key not in values and (implied := question.implied(answers)) is not None:
                values[key] = implied
        return answers

    @property
    def answered(self) -> Answers[C]:
        """The same, without mere defaults."""
        given = {key: value for key, value in self.answers.values.items() if key in self.asked or key in self.profile}
        return Answers(values=given, context=self.context)

    def offered(self, question: Question[C], answers: Answers[C] | None = None) -> Value | None:
        """The answer when nothing is typed: what was chosen before, if it still can be, else what the facts say."""
        answers = answers or self.answers
        chosen = _still_possible(question, self.chosen.get(question.key), answers)
        return question.default(answers) if chosen is None else chosen

    @cached_property
    def applying(self) -> tuple[Question[C], ...]:
        """The questions that apply, if unanswered ones get their defaults."""
        return tuple(question for question in self.questions if question.applies(self.answers))

    @property
    def next(self) -> Question[C] | None:
        """The first question that applies and was not answered; None where all were."""
        return next((each for each in self.applying if self._is_put(each) and each.key not in self.asked), None)

    @property
    def total(self) -> int:
        """How many questions the conversation has at most; 0 where that cannot be told yet."""
        return len(self._to_put)

    @property
    def can_shorten(self) -> bool:
        """Whether another answer than the one that is offered leads to fewer questions than `total`."""
        return False

    def note(self, question: Question[C]) -> str:
        """Whence the answer comes that is offered, in a few words; empty where the facts say it."""
        del question
        return ""

    def with_answer(self, question: Question[C], value: Value) -> Self:
        """The draft after an answer, without those that no longer hold."""
        key, default = question.key, question.default(self.answers)
        changed = value != self.answers.get(key)
        # What a recipe says of the raw data is not about another folder, as long as none was named.
        outdated = question.governs if changed and key in {*self.asked, *self.chosen} else ()
        reopened = question.reopens if changed else ()
        chosen = {name: answer for name, answer in self.chosen.items() if name != key}
        # One that was only accepted is not kept: it follows when its reasons change.
        if value != default or question.stays:
            chosen[key] = value
        after = replace(
            self, chosen=chosen, profile={name: said for name, said in self.profile.items() if name not in outdated}
        )
        return after._with_asked({*self.asked, key} - {*reopened}).settled()

    def settled(self) -> Self:
        """The draft without answers that no longer apply or can no longer be chosen: those are asked again.

        Only up to the first open question; later ones may depend on its answer.
        """
        asked = set(self.asked)
        for question in self.questions:
            key = question.key
            applies = question in self.applying
            if not applies or (key in self.chosen and self.offered(question) != self.chosen[key]):
                asked.discard(key)
            if applies and key not in asked and self._is_put(question):
                break
        return self._with_asked(asked)

    def back(self) -> Self | None:
        """The draft before the last answer, which is asked again; None where there is none. What was chosen stays."""
        keys = [question.key for question in self._to_put]
        place = len(keys) if self.next is None else keys.index(self.next.key)
        return None if place == 0 else self.without(keys[place - 1])

    def without(self, key: str) -> Self:
        """The draft with a question to be asked again."""
        return self._with_asked({*self.asked} - {key})

    def unchosen(self, key: str) -> Self:
        """The same, and what the facts say is offered again."""
        chosen = {name: answer for name, answer in self.chosen.items() if name != key}
        return replace(self, chosen=chosen).without(key)

    def prompt(self, question: Question[C]) -> Prompt:
        """A question, ready to be put; its number is 0 where it is put out of turn."""
        keys = [each.key for each in self._to_put]
        in_turn = self.next is not None and self.next.key == question.key
        return Prompt(
            key=question.key,
            kind=question.kind,
            text=question.text,
            help=question.help,
            default=self.offered(question),
            choices=question.choices(self.answers),
            number=keys.index(question.key) + 1 if in_turn else 0,
            of=self.total if in_turn else 0,
            at_most=in_turn and self.can_shorten,
            note=self.note(question),
        )

    @property
    def _to_put(self) -> list[Question[C]]:
        """The questions of the conversation, answered or not."""
        return [each for each in self.applying if self._is_put(each) and each.key not in self.given]

    def _is_put(self, question: Question[C]) -> bool:
        """Whether a question that applies is put without being asked for."""
        return not question.advanced and not question.on_request(self.answers)

    def _with_asked(self, asked: Set[str]) -> Self:
        return replace(
            self,
            asked=tuple(each.key for each in self.questions if each.key in asked),
            given=tuple(key for key in self.given if key in asked),
        )


def _still_possible(question: Question[C], value: Value | None, answers: Answers[C]) -> Value | None:
    if value is None or question.kind == "path":  # whose choices are proposals
        return value
    possible = [choice.value for choice in question.choices(answers)]
    if not possible:
        return value
    if isinstance(value, list):
        return [each for each in value if each in possible] or None
    return value if value in possible else None
