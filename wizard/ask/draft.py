"""Answers in progress, in layers: chosen, then derived from the facts, then other values of a replayed profile."""

from collections.abc import Mapping
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
        profile: values that no question was asked about, by key: of a replayed profile or a command line.
        asked: keys of the questions that were answered, in the questions' order.
    """

    questions: tuple[Question[C], ...]
    context: C
    chosen: Mapping[str, Value] = field(default_factory=dict)
    profile: Mapping[str, Any] = field(default_factory=dict)
    asked: tuple[str, ...] = ()

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
        return next((each for each in self.applying if not each.advanced and each.key not in self.asked), None)

    def with_answer(self, question: Question[C], value: Value) -> Self:
        """The draft after an answer, without those that no longer hold."""
        key, default = question.key, question.default(self.answers)
        changed = value != self.answers.get(key)
        outdated, reopened = (question.governs, question.reopens) if changed else ((), ())
        chosen = {name: answer for name, answer in self.chosen.items() if name != key}
        # One that was only accepted is not kept: it follows when its reasons change.
        if value != default or question.stays:
            chosen[key] = value
        return replace(
            self,
            chosen=chosen,
            profile={name: said for name, said in self.profile.items() if name not in outdated},
            asked=tuple(each.key for each in self.questions if each.key in {*self.asked, key} - {*reopened}),
        ).settled()

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
            if applies and key not in asked and not question.advanced:
                break
        return replace(self, asked=tuple(key for key in self.asked if key in asked))

    def back(self) -> Self | None:
        """The draft before the last answer, which is asked again; None where there is none. What was chosen stays."""
        advanced = {question.key for question in self.questions if question.advanced}
        last = next((key for key in reversed(self.asked) if key not in advanced), None)
        return None if last is None else self.without(last)

    def without(self, key: str) -> Self:
        """The draft with a question to be asked again."""
        return replace(self, asked=tuple(each for each in self.asked if each != key))

    def prompt(self, question: Question[C]) -> Prompt:
        """A question, ready to be put."""
        return Prompt(
            key=question.key,
            kind=question.kind,
            text=question.text,
            help=question.help,
            default=self.offered(question),
            choices=question.choices(self.answers),
            number=0 if question.advanced else len(self.asked) + 1,
            of=sum(not each.advanced for each in self.applying),
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
